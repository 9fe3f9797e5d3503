/**
 * The media plane's handle on the main thread: spreads calls over worker threads, owns the ports, turns commands with an
 * outcome into promises. A worker that crashes takes down its own calls only (each ends with `callFailed`) and is replaced.
 */
import { CodedError } from '../errors.js';
import { EngineCall, type Question } from './engine-call.js';
import type { CallMediaEvent, MediaCall, MediaPlane } from './plane.js';
import { PortPool, type PortRange } from './port-pool.js';
import type { MediaEvent, MediaResult, WorkerMetrics } from './protocol.js';
import type { WorkerLink } from './worker-link.js';

/** What an engine is made from. */
export interface EngineOptions {
  /** Worker threads, at least 1. */
  readonly workers: number;
  /** Local address RTP is bound to. */
  readonly host: string;
  readonly ports: PortRange;
  readonly spawn: () => WorkerLink;
  /** Monotonic, ms. */
  readonly nowMs: () => number;
  /** Uniform in [0, 1); cryptographically strong in production, since ports, SSRCs and sequence starts come from it. */
  readonly random: () => number;
  /** Told when a worker crashed, with its stack. */
  readonly onCrash?: (reason: string) => void;
}

/** One for RTP, one for RTCP. */
const PORTS_PER_LEG = 2;

/** A command that waits for its `result`. */
interface Pending {
  readonly worker: MediaWorkerSlot;
  resolve(result: MediaResult): void;
  reject(error: CodedError): void;
}

/** One worker and what runs on it. */
interface MediaWorkerSlot {
  link: WorkerLink;
  legs: number;
  readonly calls: Set<string>;
  metrics: WorkerMetrics | undefined;
  /** `dead`: it could not be started, or its replacement could not; it gets no more calls. */
  state: 'starting' | 'ready' | 'dead';
  ready: () => void;
  failed: (reason: string) => void;
}

/** {@link MediaPlane} over worker threads. */
export class MediaEngine implements MediaPlane {
  readonly #options: EngineOptions;
  readonly #ports: PortPool;
  readonly #workers: MediaWorkerSlot[] = [];
  readonly #calls = new Map<string, EngineCall>();
  readonly #pending = new Map<number, Pending>();
  #lastRequestId = 0;
  #listener: (event: CallMediaEvent) => void = () => undefined;
  #closed = false;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#ports = new PortPool(options.ports, options.random);
  }

  async start(): Promise<void> {
    const started = Array.from({ length: Math.max(1, this.#options.workers) }, () => {
      const slot: MediaWorkerSlot = {
        link: this.#options.spawn(),
        legs: 0,
        calls: new Set(),
        metrics: undefined,
        state: 'starting',
        ready: () => undefined,
        failed: () => undefined,
      };
      this.#workers.push(slot);
      return this.#attach(slot);
    });
    await Promise.all(started);
  }

  openCall(callId: string): MediaCall {
    if (this.#closed) throw new CodedError('draining');
    if (this.#calls.has(callId)) throw new CodedError('internal', `The media plane has a call ${callId} already.`);
    const slot = this.#leastLoaded();
    const call = new EngineCall(callId, {
      host: this.#options.host,
      post: (command) => slot.link.post(command),
      ask: (question) => this.#ask(slot, question),
      takePort: () => this.#ports.take(this.#options.nowMs()),
      releasePort: (port) => this.#ports.release(port, this.#options.nowMs()),
      random32: () => Math.floor(this.#options.random() * 2 ** 32),
      legsChanged: (by) => void (slot.legs += by),
      closed: () => {
        slot.calls.delete(callId);
        this.#calls.delete(callId);
      },
    });
    slot.calls.add(callId);
    this.#calls.set(callId, call);
    slot.link.post({ type: 'openCall', callId });
    return call;
  }

  onEvent(listener: (event: CallMediaEvent) => void): void {
    this.#listener = listener;
  }

  metrics(): readonly WorkerMetrics[] {
    return this.#workers.flatMap((slot) => (slot.metrics ? [slot.metrics] : []));
  }

  freePorts(): number {
    return this.#ports.free(this.#options.nowMs()) * PORTS_PER_LEG;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled([...this.#calls.values()].map((call) => call.close()));
    await Promise.all(this.#workers.map((slot) => slot.link.terminate()));
    this.#workers.length = 0;
  }

  #attach(slot: MediaWorkerSlot): Promise<void> {
    const { link } = slot;
    slot.state = 'starting';
    link.onEvent((event) => this.#receive(slot, event));
    link.onCrash((reason) => this.#onCrash(slot, reason));
    return new Promise((resolve, reject) => {
      slot.ready = resolve;
      slot.failed = (reason) => reject(new CodedError('mediaFailed', `A media worker could not be started: ${reason}`));
    });
  }

  #leastLoaded(): MediaWorkerSlot {
    const living = this.#workers.filter(({ state }) => state !== 'dead');
    const [first, ...others] = living;
    if (!first) throw new CodedError('mediaFailed', 'There is no media worker.');
    return others.reduce((least, other) => (load(other) < load(least) ? other : least), first);
  }

  #ask(slot: MediaWorkerSlot, question: Question): Promise<MediaResult> {
    const requestId = ++this.#lastRequestId;
    return new Promise((resolve, reject) => {
      this.#pending.set(requestId, { worker: slot, resolve, reject });
      slot.link.post({ ...question, requestId });
    });
  }

  #receive(slot: MediaWorkerSlot, event: MediaEvent): void {
    switch (event.type) {
      case 'ready':
        slot.state = 'ready';
        slot.ready();
        return;
      case 'metrics':
        slot.metrics = event.metrics;
        return;
      case 'result':
        this.#settle(event.requestId, event.result);
        return;
      default:
        this.#listener(event);
    }
  }

  #settle(requestId: number, result: MediaResult): void {
    const pending = this.#pending.get(requestId);
    this.#pending.delete(requestId);
    pending?.resolve(result);
  }

  #onCrash(slot: MediaWorkerSlot, reason: string): void {
    this.#options.onCrash?.(reason);
    // What dies before it was ready would die again: it is not started anew.
    const replace = slot.state === 'ready' && !this.#closed;
    slot.state = 'dead';
    slot.failed(reason);
    for (const [requestId, pending] of this.#pending) {
      if (pending.worker !== slot) continue;
      this.#pending.delete(requestId);
      pending.reject(new CodedError('mediaFailed', 'The media worker crashed.'));
    }
    const lost = [...slot.calls];
    for (const callId of lost) this.#calls.get(callId)?.abandon();
    slot.metrics = undefined;
    if (replace) {
      slot.link = this.#options.spawn();
      // If it fails too, the crash has been told and the slot is dead.
      this.#attach(slot).catch(() => undefined);
    }
    for (const callId of lost) {
      this.#listener({ type: 'callFailed', callId, tick: 0, detail: 'The media worker crashed.' });
    }
  }
}

function load(slot: MediaWorkerSlot): number {
  // A call without legs yet will have some soon.
  return slot.legs + slot.calls.size;
}
