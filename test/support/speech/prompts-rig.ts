import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../../src/config/load.js';
import { asCodedError } from '../../../src/errors.js';
import type { PromptClip } from '../../../src/media/protocol.js';
import type { PreparedPrompt, PromptItem } from '../../../src/speech/port.js';
import { createPrompts, type Prompts, type PromptsOptions } from '../../../src/speech/prompts.js';
import { InlineDecoder } from './inline-decoder.js';

/** What a prompt became in the end. */
export interface WholePrompt {
  readonly clips: readonly PromptClip[];
  readonly failure: unknown;
}

/** The speech room over a directory of its own, decoding in this thread. */
export class PromptsRig {
  readonly decoder = new InlineDecoder();
  readonly log: string[] = [];
  nowMs = Date.UTC(2026, 0, 1);
  #room: Prompts | undefined;

  private constructor(readonly dataDir: string) {}

  /** Starts it. @param settings `prompts` and `speech` of a config file */
  static async open(settings: object = {}, network: PromptsOptions['network'] = {}): Promise<PromptsRig> {
    const rig = new PromptsRig(await mkdtemp(join(tmpdir(), 'mixminus-prompts-')));
    await mkdir(join(rig.dataDir, 'prompts'));
    await rig.start(settings, network);
    return rig;
  }

  /** Starts it anew over the same directory. */
  async start(settings: object = {}, network: PromptsOptions['network'] = {}): Promise<void> {
    await this.#room?.close();
    const file = JSON.stringify({ dataDir: this.dataDir, ...settings });
    this.#room = createPrompts({
      settings: loadConfig({ CONFIG_FILE: 'c.json' }, () => file),
      log: (...line) => this.log.push(JSON.stringify(line)),
      nowMs: () => this.nowMs,
      decoder: this.decoder,
      network: network ?? {},
    });
    await this.#room.start();
  }

  get room(): Prompts {
    if (this.#room === undefined) throw new Error('The rig was not started.');
    return this.#room;
  }

  /** Puts a file into the prompt directory. */
  async put(name: string, bytes: Uint8Array): Promise<void> {
    await writeFile(join(this.dataDir, 'prompts', name), bytes);
  }

  prepare(items: readonly PromptItem[], signal?: AbortSignal): Promise<PreparedPrompt> {
    return this.room.prompts.prepare(items, signal);
  }

  /** Prepares one item or more, and waits for the rest of it. */
  async whole(...items: readonly PromptItem[]): Promise<WholePrompt> {
    return restOf(await this.prepare(items));
  }

  /** `code: detail` of the error that preparing ends with; `played` when it does not. */
  async problem(...items: readonly PromptItem[]): Promise<string> {
    try {
      await this.prepare(items);
    } catch (error) {
      const { code, detail } = asCodedError(error);
      return `${code}: ${detail}`;
    }
    return 'played';
  }

  async close(): Promise<void> {
    await this.room.close();
    await rm(this.dataDir, { recursive: true });
  }
}

/** All that comes of a prompt. */
export async function restOf(prompt: PreparedPrompt): Promise<WholePrompt> {
  const clips = [...prompt.clips];
  if (prompt.complete) return { clips, failure: undefined };
  return new Promise((resolve) => {
    prompt.onMore((more, complete, failure) => {
      clips.push(...more);
      if (complete) resolve({ clips, failure });
    });
  });
}

/** Samples of all clips together. */
export function samplesOf(clips: readonly PromptClip[]): number {
  return clips.reduce((sum, { length }) => sum + length, 0);
}
