/**
 * RTP ports of this server: even/odd pairs taken at random from a range, given back through quarantine so that late
 * packets of an old call never reach a new one (SAFETY M12; RFC 3550 §11).
 */
import { CodedError } from '../errors.js';

/** Where pairs come from. */
export interface PortRange {
  /** Lowest port; the first even port at or above it is used. */
  readonly min: number;
  /** Highest port that may be used, for RTP or RTCP. */
  readonly max: number;
  /** How long a returned pair rests before it is used again. */
  readonly quarantineMs: number;
}

/** Hands out RTP ports; the RTCP port is always the next one. Time is an argument. */
export class PortPool {
  readonly #free: number[] = [];
  readonly #used = new Set<number>();
  /** In order of release, so the head is the first to become free. */
  readonly #resting: { port: number; untilMs: number }[] = [];
  readonly #quarantineMs: number;
  readonly #random: () => number;

  /** @param random uniform in [0, 1) */
  constructor(range: PortRange, random: () => number) {
    this.#quarantineMs = range.quarantineMs;
    this.#random = random;
    for (let port = range.min + (range.min % 2); port + 1 <= range.max; port += 2) this.#free.push(port);
  }

  /** Pairs that could be taken now. */
  free(nowMs: number): number {
    this.#wake(nowMs);
    return this.#free.length;
  }

  /** Takes a pair. @returns the even RTP port @throws CodedError `portsExhausted` */
  take(nowMs: number): number {
    this.#wake(nowMs);
    const index = Math.floor(this.#random() * this.#free.length);
    const port = this.#free[index];
    if (port === undefined) throw new CodedError('portsExhausted');
    const last = this.#free.pop();
    if (last !== undefined && index < this.#free.length) this.#free[index] = last;
    this.#used.add(port);
    return port;
  }

  /** Gives a pair back; giving back what is not taken is harmless. */
  release(port: number, nowMs: number): void {
    if (!this.#used.delete(port)) return;
    this.#resting.push({ port, untilMs: nowMs + this.#quarantineMs });
  }

  #wake(nowMs: number): void {
    let awake = 0;
    for (const { port, untilMs } of this.#resting) {
      if (untilMs > nowMs) break;
      this.#free.push(port);
      awake++;
    }
    this.#resting.splice(0, awake);
  }
}
