/** A thread that decodes, as the main thread holds it. */
import { Worker } from 'node:worker_threads';
import { CodedError, type ErrorCode } from '../../errors.js';
import type { Decoded, DecodeJob } from './decode.js';

/** Makes clips; {@link DecodeThread} is one. */
export interface Decoder {
  /**
   * Decodes; a job that has begun goes on after an abort, one that waits is taken back.
   * @throws CodedError `promptInvalid`, `capacityReached`
   */
  decode(job: DecodeJob, signal?: AbortSignal): Promise<Decoded>;
  close(): Promise<void>;
}

/** What the thread answers. */
export type DecodeReply =
  | { readonly decoded: Decoded }
  | {
      readonly failure: { readonly code: ErrorCode; readonly detail: string; readonly because: string | undefined };
    };

/** Settings of a {@link DecodeThread}. */
export interface DecodeThreadOptions {
  /** Compiled `decode-worker.js`. */
  readonly entry: URL;
  /** Called with the reason when the thread ended in the middle of a job. */
  readonly onCrash: (reason: string) => void;
  /** A job that takes longer loses its thread, apart from what long audio may take in addition; default 30 s. */
  readonly timeLimitMs?: number;
  /** Jobs that may wait; default 200. */
  readonly mostWaiting?: number;
}

interface Task {
  readonly job: DecodeJob;
  readonly resolve: (decoded: Decoded) => void;
  readonly reject: (reason: unknown) => void;
}

/** A tenth of real time: several times what the highest rate takes on an idle core. */
const limitMsPerSample = 0.1 / 48;

/** Memory of the thread's JavaScript heap, MB; samples and files are outside of it. */
const heapMegabytes = 128;

/**
 * One thread and its queue. The thread starts with the first job; one that crashes or takes too long fails its job
 * alone, and the next job gets a new one.
 */
export class DecodeThread implements Decoder {
  readonly #options: Required<DecodeThreadOptions>;
  readonly #waiting: Task[] = [];
  #worker: Worker | undefined;
  #current: Task | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: DecodeThreadOptions) {
    this.#options = { timeLimitMs: 30_000, mostWaiting: 200, ...options };
  }

  decode(job: DecodeJob, signal?: AbortSignal): Promise<Decoded> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      if (this.#closed || this.#waiting.length >= this.#options.mostWaiting) {
        throw new CodedError('capacityReached', 'Too many prompts wait to be decoded.');
      }
      const abort = () => this.#takeBack(task, signal?.reason);
      const settle =
        <T>(then: (value: T) => void) =>
        (value: T) => {
          signal?.removeEventListener('abort', abort);
          then(value);
        };
      const task: Task = { job, resolve: settle(resolve), reject: settle(reject) };
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiting.push(task);
      this.#next();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const { reject } of this.#waiting.splice(0)) reject(stopped());
    await this.#drop(stopped());
  }

  #next(): void {
    if (this.#current !== undefined || this.#closed) return;
    const task = this.#waiting.shift();
    if (task === undefined) {
      // What waits for nothing shall not keep the process alive.
      this.#worker?.unref();
      return;
    }
    this.#current = task;
    this.#worker ??= this.#start();
    this.#worker.ref();
    const { job } = task;
    const limitMs = this.#options.timeLimitMs + (job.type === 'file' ? job.mostSamples * limitMsPerSample : 0);
    this.#timer = setTimeout(() => {
      this.#options.onCrash('a job took too long');
      void this.#drop(new CodedError('promptInvalid', 'Decoding the prompt took too long.'));
    }, limitMs);
    this.#worker.postMessage(job, job.type === 'file' ? [job.bytes.buffer] : []);
  }

  #start(): Worker {
    const worker = new Worker(this.#options.entry, { resourceLimits: { maxOldGenerationSizeMb: heapMegabytes } });
    let reason = 'the thread exited';
    worker.on('message', (reply: DecodeReply) => {
      if (this.#worker === worker) this.#finish(reply);
    });
    worker.on('error', (error) => {
      reason = error instanceof Error ? error.message : String(error);
    });
    worker.on('exit', () => {
      if (this.#worker !== worker) return;
      this.#options.onCrash(reason);
      void this.#drop(new CodedError('promptInvalid', 'The prompt could not be decoded.'));
    });
    return worker;
  }

  #finish(reply: DecodeReply): void {
    const task = this.#current;
    this.#current = undefined;
    clearTimeout(this.#timer);
    if ('decoded' in reply) task?.resolve(reply.decoded);
    else {
      const { code, detail, because } = reply.failure;
      task?.reject(new CodedError(code, detail, because === undefined ? {} : { cause: new Error(because) }));
    }
    this.#next();
  }

  /** Ends the thread and its job; the next job gets a new one. */
  async #drop(reason: CodedError): Promise<void> {
    const worker = this.#worker;
    const task = this.#current;
    this.#worker = undefined;
    this.#current = undefined;
    clearTimeout(this.#timer);
    task?.reject(reason);
    this.#next();
    await worker?.terminate();
  }

  #takeBack(task: Task, reason: unknown): void {
    const place = this.#waiting.indexOf(task);
    if (place >= 0) this.#waiting.splice(place, 1);
    // One that has begun goes on, because its result is worth keeping; only its requester does not wait for it.
    task.reject(reason);
  }
}

/**
 * Two threads: small files do not wait for large ones, so that a sentence is not late because somebody loads music.
 */
export class DecodeThreads implements Decoder {
  readonly #small: DecodeThread;
  readonly #large: DecodeThread;

  constructor(options: DecodeThreadOptions) {
    this.#small = new DecodeThread(options);
    this.#large = new DecodeThread(options);
  }

  decode(job: DecodeJob, signal?: AbortSignal): Promise<Decoded> {
    const isLarge = job.type === 'file' && job.bytes.length > smallBytes;
    return (isLarge ? this.#large : this.#small).decode(job, signal);
  }

  async close(): Promise<void> {
    await Promise.all([this.#small.close(), this.#large.close()]);
  }
}

/** About 12 s of 16-bit audio at 44.1 kHz. */
const smallBytes = 1024 * 1024;

function stopped(): CodedError {
  return new CodedError('draining', 'The server is stopping.');
}
