/**
 * A small generator for numbers that only have to differ between legs: random starts of RTP counters (RFC 3550 §5.1)
 * and the spread of RTCP intervals (§6.3.1). Same seed, same numbers. Not for secrets.
 */
export class SeededRandom {
  private state: number;

  /** @param seed any number; its low 32 bits count */
  constructor(seed: number) {
    this.state = seed | 0;
  }

  /** The next 32 bit unsigned number (a Weyl sequence through the finaliser of MurmurHash3). */
  nextUint32(): number {
    this.state = (this.state + 0x9e3779b9) | 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return (mixed ^ (mixed >>> 16)) >>> 0;
  }

  /** The next number in [0, 1). */
  nextRatio(): number {
    return this.nextUint32() / 0x1_0000_0000;
  }
}
