/**
 * The life of what plays a prompt, be it an interaction or a playback, as the control plane holds it.
 *
 *     preparing ── prompt ready ──► active ── the media plane tells its end ──► ended
 *        │ │                          └── leg, call or media gone without a word ─▲ ▲
 *        │ └── over before the prompt was ready: never started ─────────────────────┘
 *        └── prompt cannot be had ──► failed
 */
import type { CodedError } from '../../errors.js';
import type { CallLog } from '../log.js';

/** Where it is; the last two are final. */
export type PromptedPhase = 'preparing' | 'active' | 'ended' | 'failed';

type Input = 'ready' | 'over' | 'promptFailed';

const transitions: Readonly<Record<PromptedPhase, Partial<Record<Input, PromptedPhase>>>> = {
  preparing: { ready: 'active', over: 'ended', promptFailed: 'failed' },
  active: { over: 'ended' },
  ended: {},
  failed: {},
};

/** What is known of any of them when it begins. */
export interface PromptedBeginning {
  readonly id: string;
  readonly callId: string;
  readonly createdAtMs: number;
}

/** What is played, as far as a record is to know it; `CallPrompt` fits. */
export interface PromptFacts {
  readonly contentHash: string;
  readonly wording: string | undefined;
  /** Set when it turned out shorter than it should be. */
  readonly failure: unknown;
}

/** State and record of one; every change that means nothing in its state does nothing and returns false. */
export abstract class Prompted<Beginning extends PromptedBeginning, Outcome> {
  readonly beginning: Beginning;
  /** Resolves with the outcome, or rejects with why there was no prompt. Never an unhandled rejection. */
  readonly done: Promise<Outcome>;
  /** Resolves when it left `preparing`. */
  readonly prepared: Promise<void>;
  /** Told to stop making what will not be heard any more. */
  readonly #abort = new AbortController();
  #phase: PromptedPhase = 'preparing';
  #prompt: PromptFacts | undefined;
  #started: { readonly tick: number; readonly atMs: number } | undefined;
  #outcome: Outcome | undefined;
  #failure: CodedError | undefined;
  #endedAtMs: number | undefined;
  #resolve: (outcome: Outcome) => void = () => undefined;
  #reject: (failure: CodedError) => void = () => undefined;
  #leavePreparing: () => void = () => undefined;

  constructor(beginning: Beginning) {
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
  get phase(): PromptedPhase {
    return this.#phase;
  }
  get over(): boolean {
    return this.#phase === 'ended' || this.#phase === 'failed';
  }
  /** Aborted when it is over. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }
  get prompt(): PromptFacts | undefined {
    return this.#prompt;
  }
  /** The first tick it had an effect in, once the media plane told. */
  get started(): { readonly tick: number; readonly atMs: number } | undefined {
    return this.#started;
  }
  get outcome(): Outcome | undefined {
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
    if (this.#phase !== 'active' || this.#started !== undefined) return false;
    this.#started = { tick, atMs };
    return true;
  }

  /** There is no prompt to play. */
  fail(failure: CodedError, atMs: number): boolean {
    if (!this.#step('promptFailed')) return false;
    this.#failure = failure;
    this.#finish(atMs);
    this.#reject(failure);
    return true;
  }

  protected endWith(outcome: Outcome, atMs: number): boolean {
    if (!this.#step('over')) return false;
    this.#outcome = outcome;
    this.#finish(atMs);
    this.#resolve(outcome);
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
    const next = transitions[this.#phase][input];
    if (next === undefined) return false;
    this.#phase = next;
    return true;
  }
}

/** Has the log told, when it is over, what of its prompt went wrong by nobody's wish. */
export function reportPrompt(
  prompted: Pick<Prompted<PromptedBeginning, unknown>, 'done' | 'prompt'>,
  log: CallLog,
): void {
  prompted.done.then(
    () => {
      const broken = prompted.prompt?.failure;
      if (broken !== undefined) log.warn({ err: broken }, 'A prompt broke off while it was played.');
    },
    (failure: CodedError) => {
      if (failure.code === 'internal') log.error({ err: failure }, 'A prompt could not be prepared.');
    },
  );
}
