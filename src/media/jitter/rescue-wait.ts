/**
 * Whether it is worth a packet of delay to have the successor of a lost packet in time (in-band FEC).
 *
 *             two packets lost whose successors carried them, within 10 s
 *     ┌────────┐ ─────────────────────────────────────────────────────► ┌─────────┐
 *     │ no wait│                                                        │ waiting │ ◄─┐ another such loss
 *     └────────┘ ◄───────────────────────────────────────────────────── └─────────┘ ──┘
 *                              none for 10 s
 */

/** How long a loss speaks for more of them. */
const MEMORY_MS = 10_000;

/** Remembers losses of one stream that redundancy could have made good, or has. */
export class RescueWait {
  private lastMs = -Infinity;
  private isWaiting = false;

  /** A packet was lost, and the one after it carries it. */
  noteRescuable(nowMs: number): void {
    this.isWaiting = nowMs - this.lastMs < MEMORY_MS;
    this.lastMs = nowMs;
  }

  /** What to wait beyond the slowest packets. @param packetMs duration of the packets */
  waitMs(nowMs: number, packetMs: number): number {
    return this.isWaiting && nowMs - this.lastMs < MEMORY_MS ? packetMs : 0;
  }

  /** Forgets the stream. */
  clear(): void {
    this.lastMs = -Infinity;
    this.isWaiting = false;
  }
}
