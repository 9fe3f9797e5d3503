import { createHash } from 'node:crypto';
import { CodedError, type ErrorCode } from '../../src/errors.js';
import type { PromptClip } from '../../src/media/protocol.js';
import type { PreparedPrompt, PromptItem, PromptSource } from '../../src/speech/port.js';

/** A prompt that a test lets come, or fail. */
export interface WaitingPrompt {
  readonly items: readonly PromptItem[];
  readonly signal: AbortSignal | undefined;
  /** @param complete false = more will come by {@link FakePrompt.more} */
  ready(complete?: boolean): FakePrompt;
  fail(failure: Error): void;
}

/** A prompt that was made, of as many clips as it has items, 100 ms each. */
export class FakePrompt implements PreparedPrompt {
  readonly crossfadeMs = 0;
  readonly contentHash: string;
  readonly wording: string | undefined;
  #listener: Parameters<PreparedPrompt['onMore']>[0] | undefined;

  constructor(
    items: readonly PromptItem[],
    readonly complete: boolean,
    readonly clips: readonly PromptClip[] = items.map(() => fakeClip()),
  ) {
    this.contentHash = createHash('sha256').update(JSON.stringify(items)).digest('hex');
    const words = items.flatMap((item) => (item.type === 'speech' ? [item.text] : []));
    this.wording = words.length > 0 ? words.join(' ') : undefined;
  }

  onMore(listener: Parameters<PreparedPrompt['onMore']>[0]): void {
    if (this.#listener !== undefined) throw new Error('A prompt has one listener only.');
    this.#listener = listener;
  }

  /** Sends more of it. */
  more(clips: readonly PromptClip[], complete: boolean, failure?: unknown): void {
    this.#listener?.(clips, complete, failure);
  }
}

/** 100 ms of silence. */
export function fakeClip(): PromptClip {
  return { samples: new SharedArrayBuffer(9_600), length: 4_800 };
}

/**
 * A prompt source in memory. Prompts are ready at once, or, when `manual`, wait in `waiting` until the test lets them come.
 * Files named in `failures` cannot be had.
 */
export class FakePrompts implements PromptSource {
  manual = false;
  readonly waiting: WaitingPrompt[] = [];
  readonly failures = new Map<string, ErrorCode>([['missing', 'promptNotFound']]);
  /** Everything ever asked for, in order. */
  readonly asked: (readonly PromptItem[])[] = [];

  prepare(items: readonly PromptItem[], signal?: AbortSignal): Promise<PreparedPrompt> {
    this.asked.push(items);
    for (const item of items) {
      const failure = item.type === 'file' ? this.failures.get(item.name) : undefined;
      if (failure !== undefined) return Promise.reject(new CodedError(failure));
    }
    if (!this.manual) return Promise.resolve(new FakePrompt(items, true));
    return new Promise((resolve, reject) => {
      signal?.addEventListener('abort', () => {
        reject(new Error('aborted'));
      });
      this.waiting.push({
        items,
        signal,
        ready(complete = true) {
          const prompt = new FakePrompt(items, complete);
          resolve(prompt);
          return prompt;
        },
        fail: reject,
      });
    });
  }
}
