/**
 * Bounds how many packets of one leg are looked at (SAFETY M9): a steady rate and a burst on top of it.
 *
 * Tokens flow in with time up to the burst; each packet takes one; no token, no packet.
 */
export class TokenBucket {
  private tokens: number;

  /**
   * @param ratePerSecond packets per second in the long run; at least 4 times the nominal rate of a leg
   * @param burst         packets at once after a pause
   * @param lastMs        now, on the clock that {@link take} is given
   */
  constructor(
    private readonly ratePerSecond: number,
    private readonly burst: number,
    private lastMs: number,
  ) {
    this.tokens = burst;
  }

  /** Takes one token; false = this packet is to be dropped unread. A clock that steps back gives no tokens. */
  take(nowMs: number): boolean {
    if (nowMs > this.lastMs) {
      this.tokens = Math.min(this.burst, this.tokens + ((nowMs - this.lastMs) * this.ratePerSecond) / 1000);
      this.lastMs = nowMs;
    }
    if (this.tokens < 1) return false;
    this.tokens -= 1;
    return true;
  }
}
