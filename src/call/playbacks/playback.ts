/**
 * One playback as the control plane holds it.
 *
 *     preparing ── prompt ready ──► playing ◄── pause · resume ──► paused
 *        │ │                           └── the media plane tells the end ──┴──► ended
 *        │ └── stopped · call ended, never started ─────────────────────────────▲
 *        └──── prompt cannot be had ──► failed
 */
import type { CodedError } from '../../errors.js';
import type { PlaybackEnd } from '../../media/protocol.js';
import type { PromptItem } from '../../speech/port.js';

/** Audio for participants; those in an interaction, or kept out of the mix, do not hear it. */
export interface PlaybackRequest {
  readonly prompt: readonly PromptItem[];
  /** Who hears it; absent = everybody in the mix, whoever joins while it lasts too. */
  readonly legIds?: readonly string[] | undefined;
  /** Gain on the mix of those who hear it, −60…0. Default −12. */
  readonly duckDb?: number | undefined;
  /** How often it is played; 0 = until it is stopped. Default 1. */
  readonly plays?: number | undefined;
  /** −60…+24. Default 0. */
  readonly volumeDb?: number | undefined;
  /** Of the first time round. Default 0. */
  readonly startOffsetMs?: number | undefined;
}

/** Where a playback is in its life; the last two are final. */
export type PlaybackStatus = 'preparing' | 'playing' | 'paused' | 'ended' | 'failed';

/** How a playback ended. */
export interface PlaybackOutcome {
  readonly end: PlaybackEnd;
  readonly playedMs: number;
}

type Phase = 'preparing' | 'active' | 'ended' | 'failed';
type Input = 'ready' | 'over' | 'promptFailed';

const transitions: Readonly<Record<Phase, Partial<Record<Input, Phase>>>> = {
  preparing: { ready: 'active', over: 'ended', promptFailed: 'failed' },
  active: { over: 'ended' },
  ended: {},
  failed: {},
};

/** What is known when a playback begins. */
export interface PlaybackBeginning {
  readonly id: string;
  readonly callId: string;
  readonly request: PlaybackRequest;
  readonly createdAtMs: number;
}

/** What a playback plays; `CallPrompt` fits. */
interface PromptFacts {
  readonly contentHash: string;
  readonly wording: string | undefined;
  readonly failure: unknown;
}

/** State and record of one playback; every change that means nothing in its state does nothing and returns false. */
export class Playback {
  readonly beginning: PlaybackBeginning;
  /** Resolves with how it ended, or rejects with why there was no prompt. Never an unhandled rejection. */
  readonly done: Promise<PlaybackOutcome>;
  /** Resolves when it left `preparing`. */
  readonly prepared: Promise<void>;
  readonly #abort = new AbortController();
  #phase: Phase = 'preparing';
  #paused = false;
  #prompt: PromptFacts | undefined;
  #startedTick: number | undefined;
  #ended: { readonly tick: number; readonly atMs: number } | undefined;
  #outcome: PlaybackOutcome | undefined;
  #failure: CodedError | undefined;
  #resolve: (outcome: PlaybackOutcome) => void = () => undefined;
  #reject: (failure: CodedError) => void = () => undefined;
  #leavePreparing: () => void = () => undefined;

  constructor(beginning: PlaybackBeginning) {
    this.beginning = beginning;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Whoever asked by the API looks at the record instead.
    this.done.catch(() => undefined);
    this.prepared = new Promise((resolve) => {
      this.#leavePreparing = resolve;
    });
  }

  get id(): string {
    return this.beginning.id;
  }
  get status(): PlaybackStatus {
    if (this.#phase !== 'active') return this.#phase;
    return this.#paused ? 'paused' : 'playing';
  }
  get over(): boolean {
    return this.#phase === 'ended' || this.#phase === 'failed';
  }
  get paused(): boolean {
    return this.#paused;
  }
  /** Aborted when it is over. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }
  get prompt(): PromptFacts | undefined {
    return this.#prompt;
  }
  /** The first tick it is heard in, once the media plane told. */
  get startedTick(): number | undefined {
    return this.#startedTick;
  }
  get ended(): { readonly tick: number; readonly atMs: number } | undefined {
    return this.#ended;
  }
  get outcome(): PlaybackOutcome | undefined {
    return this.#outcome;
  }
  get failure(): CodedError | undefined {
    return this.#failure;
  }

  activate(prompt: PromptFacts): boolean {
    if (!this.#step('ready')) return false;
    this.#prompt = prompt;
    this.#leavePreparing();
    return true;
  }

  begun(tick: number): boolean {
    if (this.#phase !== 'active' || this.#startedTick !== undefined) return false;
    this.#startedTick = tick;
    return true;
  }

  /** @returns whether that is a change */
  pause(paused: boolean): boolean {
    if (this.over || this.#paused === paused) return false;
    this.#paused = paused;
    return true;
  }

  end(outcome: PlaybackOutcome, tick: number, atMs: number): boolean {
    if (!this.#step('over')) return false;
    this.#outcome = outcome;
    this.#finish(tick, atMs);
    this.#resolve(outcome);
    return true;
  }

  fail(failure: CodedError, tick: number, atMs: number): boolean {
    if (!this.#step('promptFailed')) return false;
    this.#failure = failure;
    this.#finish(tick, atMs);
    this.#reject(failure);
    return true;
  }

  #finish(tick: number, atMs: number): void {
    this.#ended = { tick, atMs };
    // Only the facts: the record outlives the audio.
    if (this.#prompt !== undefined) {
      const { contentHash, wording, failure } = this.#prompt;
      this.#prompt = { contentHash, wording, failure };
    }
    this.#leavePreparing();
    this.#abort.abort();
  }

  #step(input: Input): boolean {
    const next = transitions[this.#phase][input];
    if (next === undefined) return false;
    this.#phase = next;
    return true;
  }
}
