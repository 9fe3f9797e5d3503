/** A prompt of which the rest is still being made. */
import type { PromptClip } from '../media/protocol.js';
import type { PreparedPrompt } from './port.js';

type MoreListener = Parameters<PreparedPrompt['onMore']>[0];

/** What is known of a prompt when its beginning can be played. */
export type PromptBeginning = Omit<PreparedPrompt, 'onMore'>;

/** Holds what comes until somebody listens. */
export class PromptStream implements PreparedPrompt {
  readonly clips: readonly PromptClip[];
  readonly complete: boolean;
  readonly crossfadeMs: number;
  readonly contentHash: string;
  readonly wording: string | undefined;
  #listener: MoreListener | undefined;
  #held: Parameters<MoreListener>[] = [];

  constructor(beginning: PromptBeginning) {
    this.clips = beginning.clips;
    this.complete = beginning.complete;
    this.crossfadeMs = beginning.crossfadeMs;
    this.contentHash = beginning.contentHash;
    this.wording = beginning.wording;
  }

  /** The listener is never called before this returned. */
  onMore(listener: MoreListener): void {
    queueMicrotask(() => {
      this.#listener = listener;
      for (const more of this.#held.splice(0)) listener(...more);
    });
  }

  /** Gives more of it to the listener. */
  add(clips: readonly PromptClip[], complete: boolean, failure?: unknown): void {
    const more: Parameters<MoreListener> = failure === undefined ? [clips, complete] : [clips, complete, failure];
    if (this.#listener === undefined) this.#held.push(more);
    else this.#listener(...more);
  }
}
