/**
 * The 20 ms clock of a media worker: an absolute schedule that never drifts.
 *
 * A timer brings the thread close to the next tick, a blocking wait of at most a millisecond or so does the rest, and the
 * tick itself runs in the loop's check phase, so that datagrams which arrived meanwhile are filed before it. After a stall
 * at most {@link MAX_CATCH_UP} ticks run back to back and the rest are skipped: RTP time goes on, nobody gets a burst
 * (SAFETY P1).
 */

/** Ticks that may run in a row to catch up after a stall. */
const MAX_CATCH_UP = 2;

/** Length of a tick in ms. */
export const TICK_MS = 20;

/** What a ticker needs from its thread; tests give their own. */
export interface TickerThread {
  /** Monotonic time in ms, sub-millisecond resolution. */
  nowMs(): number;
  /** Calls back after about `delayMs`; may be up to a millisecond early or late. */
  after(delayMs: number, callback: () => void): { cancel(): void };
  /** Blocks the thread for up to `durationMs`. */
  block(durationMs: number): void;
  /** Calls back once what is waiting at sockets has been read. */
  afterInput(callback: () => void): void;
}

/** One turn of the clock. */
export interface TickTurn {
  /** When this tick should have begun, on the thread's clock. */
  readonly dueMs: number;
  /** How late it really begins. */
  readonly latenessMs: number;
  /** Ticks left out immediately before this one, because catching up is bounded. */
  readonly skipped: number;
}

/** Remaining time below which blocking is better than another timer, which could fire a millisecond late. */
const BLOCK_BELOW_MS = 1.6;

/** Calls `onTick` every 20 ms until stopped. */
export class Ticker {
  readonly #thread: TickerThread;
  readonly #onTick: (turn: TickTurn) => void;
  #nextDueMs = 0;
  #timer: { cancel(): void } | undefined;
  #running = false;

  constructor(thread: TickerThread, onTick: (turn: TickTurn) => void) {
    this.#thread = thread;
    this.#onTick = onTick;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#nextDueMs = this.#thread.nowMs() + TICK_MS;
    this.#wait();
  }

  stop(): void {
    this.#running = false;
    this.#timer?.cancel();
  }

  #wait(): void {
    const remainingMs = this.#nextDueMs - this.#thread.nowMs();
    if (remainingMs <= BLOCK_BELOW_MS) {
      if (remainingMs > 0) this.#thread.block(remainingMs);
      this.#thread.afterInput(() => this.#turn());
      return;
    }
    this.#timer = this.#thread.after(Math.max(1, Math.floor(remainingMs - 1)), () => this.#wait());
  }

  #turn(): void {
    // Bounded, so that input is read again even when ticks take longer than they last.
    for (let run = 0; run < MAX_CATCH_UP && this.#running; run++) {
      const skipped = this.#skipWhatIsTooLate();
      const nowMs = this.#thread.nowMs();
      if (nowMs < this.#nextDueMs) break;
      const turn = { dueMs: this.#nextDueMs, latenessMs: nowMs - this.#nextDueMs, skipped };
      this.#nextDueMs += TICK_MS;
      this.#onTick(turn);
    }
    if (this.#running) this.#wait();
  }

  #skipWhatIsTooLate(): number {
    const behind = Math.floor((this.#thread.nowMs() - this.#nextDueMs) / TICK_MS) + 1;
    const skipped = Math.max(0, behind - MAX_CATCH_UP);
    this.#nextDueMs += skipped * TICK_MS;
    return skipped;
  }
}
