import { CodedError } from '../errors.js';
import type { ToolCommand, ToolEvent } from './protocol.js';
import type { ToolLink } from './tool-link.js';

/** A command that is answered, without its number. */
export type ToolQuestion = ToolCommand extends infer Command
  ? Command extends { readonly requestId: number }
    ? Omit<Command, 'requestId'>
    : never
  : never;
type ToolStatement = Exclude<ToolCommand, { readonly requestId: number }>;
/** What tools say that is no answer. */
export type ToolNews = Exclude<ToolEvent, { readonly type: 'ready' | 'result' | 'fault' }>;

/** What the tool plane is made from. */
export interface ToolPlaneOptions {
  readonly spawn: () => ToolLink;
  /** Told when the worker crashed or a tool did, with the stack. */
  readonly onFault: (detail: string) => void;
}

/**
 * The tool worker as the main thread's rooms hold it, one for all tools. A worker that crashes is replaced; what was asked
 * of it fails, and what ran on it is lost, which its owners are told.
 *
 *     starting ── ready ──► running ── crash ──► starting again
 *        └─ crash ──► dead: it would die again
 */
export class ToolPlane {
  readonly #options: ToolPlaneOptions;
  readonly #pending = new Map<number, { resolve: () => void; reject: (error: CodedError) => void }>();
  readonly #newsListeners: ((news: ToolNews) => void)[] = [];
  readonly #lossListeners: (() => void)[] = [];
  #link: ToolLink | undefined;
  #state: 'starting' | 'running' | 'dead' = 'starting';
  #lastRequestId = 0;
  #started: { resolve: () => void; reject: (error: CodedError) => void } | undefined;

  constructor(options: ToolPlaneOptions) {
    this.#options = options;
  }

  /** Starts the worker; resolves when it is ready. @throws CodedError `recordingFailed` when it cannot start */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#started = { resolve, reject };
      this.#spawn();
    });
  }

  /** Registers a listener for what tools tell by themselves. */
  onNews(listener: (news: ToolNews) => void): void {
    this.#newsListeners.push(listener);
  }

  /** Registers a listener for the loss of everything that ran on the worker; another one is being started. */
  onLoss(listener: () => void): void {
    this.#lossListeners.push(listener);
  }

  /** Asks the worker for something. @throws CodedError what the tool says, or `recordingFailed` when the worker is gone */
  ask(question: ToolQuestion): Promise<void> {
    const link = this.#link;
    if (!link) return Promise.reject(gone());
    const requestId = ++this.#lastRequestId;
    return new Promise((resolve, reject) => {
      this.#pending.set(requestId, { resolve, reject });
      link.post({ ...question, requestId });
    });
  }

  tell(statement: ToolStatement): void {
    this.#link?.post(statement);
  }

  /** Ends the worker; what its tools were asked to finish before is finished. */
  async close(): Promise<void> {
    const link = this.#link;
    this.#link = undefined;
    this.#state = 'dead';
    await link?.terminate();
    for (const { reject } of this.#pending.values()) reject(gone());
    this.#pending.clear();
  }

  #spawn(): void {
    this.#state = 'starting';
    const link = this.#options.spawn();
    this.#link = link;
    link.onEvent((event) => this.#receive(event));
    link.onCrash((reason) => this.#onCrash(reason));
  }

  #receive(event: ToolEvent): void {
    switch (event.type) {
      case 'ready':
        this.#state = 'running';
        this.#started?.resolve();
        return;
      case 'result': {
        const pending = this.#pending.get(event.requestId);
        this.#pending.delete(event.requestId);
        if (event.error) pending?.reject(new CodedError(event.error.code, event.error.detail));
        else pending?.resolve();
        return;
      }
      case 'fault':
        this.#options.onFault(event.detail);
        return;
      default:
        for (const listener of this.#newsListeners) listener(event);
    }
  }

  #onCrash(reason: string): void {
    this.#options.onFault(reason);
    const wasRunning = this.#state === 'running';
    this.#state = 'dead';
    this.#link = undefined;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    if (wasRunning) this.#spawn();
    else this.#started?.reject(new CodedError('recordingFailed', `The tool worker could not be started: ${reason}`));
    for (const { reject } of pending) reject(gone());
    for (const listener of this.#lossListeners) listener();
  }
}

function gone(): CodedError {
  return new CodedError('recordingFailed', 'The tool worker is gone.');
}
