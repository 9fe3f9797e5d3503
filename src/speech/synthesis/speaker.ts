/** Sentences as clips: from memory, from disk, or made by the synthesizer. */
import { createHash } from 'node:crypto';
import { CodedError } from '../../errors.js';
import type { PromptClip } from '../../media/protocol.js';
import type { Trim } from '../audio/trim.js';
import { ownCopy } from '../bounded-read.js';
import type { Decoder } from '../decoding/decode-thread.js';
import { Gate } from '../gate.js';
import type { Recent } from '../recent.js';
import { SharedWork } from '../shared-work.js';
import type { SpeechCache } from './fs-speech-cache.js';
import type { SpeechOrder, Synthesizer } from './synthesizer.js';

/** What a {@link Speaker} works with. */
export interface SpeakerOptions {
  readonly synthesizer: Synthesizer;
  readonly decoder: Decoder;
  readonly clips: Recent<PromptClip>;
  readonly cache: SpeechCache;
  /** Longest sentence, samples at 48 kHz. */
  readonly mostSamples: number;
  /** Sentences that are made at the same time. */
  readonly mostAtOnce: number;
}

/**
 * Between two sentences of speech lie about 0.3 s; synthesizers put anything from nothing to a second around theirs.
 * The edges of what they made fade, so that sentences join without a click whatever noise lies under them.
 */
const sentenceTrim: Trim = { leadMs: 30, trailMs: 260, edgeMs: 5 };
const mostWaiting = 1000;

/** Speaks sentences. */
export class Speaker {
  readonly #options: SpeakerOptions;
  readonly #gate: Gate;
  readonly #running = new SharedWork<PromptClip>();

  constructor(options: SpeakerOptions) {
    this.#options = options;
    this.#gate = new Gate(options.mostAtOnce, mostWaiting);
  }

  /** @throws CodedError `synthesisFailed` when no sentence could be spoken at all */
  checkAvailable(): void {
    const { unavailable } = this.#options.synthesizer;
    if (unavailable !== undefined) throw new CodedError('synthesisFailed', unavailable);
  }

  /**
   * Speaks one sentence.
   * @throws CodedError `synthesisFailed`, `capacityReached`, or the signal's reason
   */
  async speak(order: SpeechOrder, signal?: AbortSignal): Promise<PromptClip> {
    const { synthesizer, clips } = this.#options;
    const { text, voice, language } = order;
    const what = JSON.stringify([synthesizer.id, voice ?? null, language, text]);
    const key = createHash('sha256').update(what).digest('hex');
    return (
      clips.get(speechKey(key)) ?? (await this.#running.run(key, signal, (shared) => this.#make(key, order, shared)))
    );
  }

  async #make(key: string, order: SpeechOrder, signal: AbortSignal): Promise<PromptClip> {
    const { clips } = this.#options;
    const clip =
      (await this.#recall(key, signal)) ?? (await this.#gate.run(() => this.#synthesize(key, order, signal), signal));
    clips.set(speechKey(key), clip, clip.samples.byteLength);
    return clip;
  }

  async #recall(key: string, signal: AbortSignal): Promise<PromptClip | undefined> {
    const { cache } = this.#options;
    const bytes = await cache.get(key);
    if (bytes === undefined) return undefined;
    try {
      return await this.#decode(bytes, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      // Damaged on disk: made anew.
      await cache.delete(key);
      return undefined;
    }
  }

  async #synthesize(key: string, order: SpeechOrder, signal: AbortSignal): Promise<PromptClip> {
    const { synthesizer, cache } = this.#options;
    const bytes = await synthesizer.synthesize(order, signal);
    const kept = ownCopy(bytes);
    let clip: PromptClip;
    try {
      clip = await this.#decode(bytes, signal);
    } catch (error) {
      if (!(error instanceof CodedError) || error.code !== 'promptInvalid') throw error;
      throw new CodedError('synthesisFailed', 'The synthesizer made no audio that can be played.', { cause: error });
    }
    await cache.put(key, kept);
    return clip;
  }

  async #decode(bytes: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<PromptClip> {
    const { decoder, mostSamples } = this.#options;
    return (await decoder.decode({ type: 'file', bytes, mostSamples, trim: sentenceTrim }, signal)).clip;
  }
}

function speechKey(key: string): string {
  return `speech:${key}`;
}
