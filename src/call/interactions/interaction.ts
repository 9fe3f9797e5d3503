/**
 * One interaction as the control plane holds it.
 *
 *     preparing ── prompt ready ──► active ── the media plane tells the outcome ──► ended
 *        │ │                          └────── leg or media gone without a word ──────▲ │
 *        │ └── cancelled · replaced · leg or call ended, never started ──────────────┘
 *        └──── prompt cannot be had ──► failed
 */
import type { CodedError } from '../../errors.js';
import type { InteractionOutcome } from '../../media/protocol.js';

/** Where an interaction is in its life; the last two are final. */
export type InteractionStatus = 'preparing' | 'active' | 'ended' | 'failed';

type Input = 'ready' | 'over' | 'promptFailed';

const transitions: Readonly<Record<InteractionStatus, Partial<Record<Input, InteractionStatus>>>> = {
  preparing: { ready: 'active', over: 'ended', promptFailed: 'failed' },
  active: { over: 'ended' },
  ended: {},
  failed: {},
};

/** What is known when an interaction begins. */
export interface InteractionBeginning {
  readonly id: string;
  readonly callId: string;
  readonly legId: string;
  readonly createdAtMs: number;
  /** Nobody but who asked is told the digits. */
  readonly secret: boolean;
}

/** What an interaction plays, as far as its record is to know it; `CallPrompt` fits. */
export interface PromptFacts {
  readonly contentHash: string;
  readonly wording: string | undefined;
  /** Set when it turned out shorter than it should be. */
  readonly failure: unknown;
}

/** State and record of one interaction; every change that means nothing in its state does nothing and returns false. */
export class Interaction {
  readonly beginning: InteractionBeginning;
  /** Resolves with the outcome, or rejects with why there was no prompt. Never an unhandled rejection. */
  readonly done: Promise<InteractionOutcome>;
  /** Resolves when it left `preparing`. */
  readonly prepared: Promise<void>;
  /** Told to stop making what will not be heard any more. */
  readonly #abort = new AbortController();
  #status: InteractionStatus = 'preparing';
  #prompt: PromptFacts | undefined;
  #started: { readonly tick: number; readonly atMs: number } | undefined;
  #outcome: InteractionOutcome | undefined;
  #failure: CodedError | undefined;
  #endedAtMs: number | undefined;
  #resolve: (outcome: InteractionOutcome) => void = () => undefined;
  #reject: (failure: CodedError) => void = () => undefined;
  #leavePreparing: () => void = () => undefined;

  constructor(beginning: InteractionBeginning) {
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
  get status(): InteractionStatus {
    return this.#status;
  }
  get over(): boolean {
    return this.#status === 'ended' || this.#status === 'failed';
  }
  /** Aborted when it is over. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }
  get prompt(): PromptFacts | undefined {
    return this.#prompt;
  }
  /** The first tick in which the leg was out of the mix for it, once the media plane told. */
  get started(): { readonly tick: number; readonly atMs: number } | undefined {
    return this.#started;
  }
  get outcome(): InteractionOutcome | undefined {
    return this.#outcome;
  }
  get failure(): CodedError | undefined {
    return this.#failure;
  }
  get endedAtMs(): number | undefined {
    return this.#endedAtMs;
  }

  /** The media plane has been told to start it. */
  activate(prompt: PromptFacts): boolean {
    if (!this.#step('ready')) return false;
    this.#prompt = prompt;
    this.#leavePreparing();
    return true;
  }

  /** The media plane has started it. */
  begun(tick: number, atMs: number): boolean {
    if (this.#status !== 'active' || this.#started !== undefined) return false;
    this.#started = { tick, atMs };
    return true;
  }

  end(outcome: InteractionOutcome, atMs: number): boolean {
    if (!this.#step('over')) return false;
    // A prompt that its synthesizer broke off was not heard to its end, even if all that was made of it was.
    const promptCompleted = outcome.promptCompleted && this.#prompt?.failure === undefined;
    this.#outcome = { ...outcome, promptCompleted };
    this.#finish(atMs);
    this.#resolve(this.#outcome);
    return true;
  }

  fail(failure: CodedError, atMs: number): boolean {
    if (!this.#step('promptFailed')) return false;
    this.#failure = failure;
    this.#finish(atMs);
    this.#reject(failure);
    return true;
  }

  #finish(atMs: number): void {
    this.#endedAtMs = atMs;
    // Only the facts: the record outlives the audio.
    if (this.#prompt !== undefined) {
      const { contentHash, wording, failure } = this.#prompt;
      this.#prompt = { contentHash, wording, failure };
    }
    this.#leavePreparing();
    this.#abort.abort();
  }

  #step(input: Input): boolean {
    const next = transitions[this.#status][input];
    if (next === undefined) return false;
    this.#status = next;
    return true;
  }
}
