import type { Call } from '../call.js';

/**
 * A recording as long as the control plane has to do with it; what is on disk is the recorder's.
 *
 *     starting ── first tick known ──► recording ── stopped · call ending ──► stopping ── completed · failed ──► over
 *         │                                └── disk full, recorder or media gone: failed ─────────────────────────▲ ▲
 *         └── no ring, no disk, no call: failed ────────────────────────────────────────────────────────────────────┘
 */
export type RecordingPhase = 'starting' | 'recording' | 'stopping' | 'over';

/** State of one recording of a call that has not ended, and who waits for what. */
export class Recording {
  readonly id: string;
  readonly call: Call;
  phase: RecordingPhase = 'starting';
  /** Resolves when it is over: its files are as they will stay. */
  readonly over: Promise<void>;
  /** Resolves when the recorder gets no more, once it is being stopped. */
  stopping: Promise<void> | undefined;
  #markOver: () => void = () => undefined;

  constructor(id: string, call: Call) {
    this.id = id;
    this.call = call;
    this.over = new Promise((resolve) => {
      this.#markOver = resolve;
    });
  }

  finish(): void {
    this.phase = 'over';
    this.#markOver();
  }
}
