/**
 * Comfort noise (RFC 3389): what a peer that sends nothing while nobody speaks says its background sounds like.
 *
 *     0                   1                   2
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |0|   level     |      k1       |      k2       | …     level: −dBov, k: reflection coefficients of an all-pole model,
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+       127 + k · 32768 / 258
 *
 * White noise goes through the lattice filter of the coefficients, scaled so that what comes out has the level whatever the
 * filter's gain:
 *
 *    white ─ Π√(1 − k²) · level ─►(+)──────────┬─►(+)──────────┬─► noise
 *                                  ▲ −k2       │   ▲ −k1       │
 *                                  └──── z⁻¹ ◄─┴───┴──── z⁻¹ ◄─┘     A(z) = 1 + k1·z⁻¹ for one coefficient
 */

/** More coefficients than any sender has; those beyond are left out, as §3.3 lets receivers do. */
const GREATEST_ORDER = 16;
/** Quieter noise than this is not made: nobody hears it, and legs that are silent cost nothing. */
const INAUDIBLE_DBOV = -78;
/** Gain follows a new level this much per sample, so that updates do not step: 20 ms at 8 kHz for most of the way. */
const GLIDE = 1 / 40;

/** Makes the noise one stream asks for. */
export class ComfortNoise {
  readonly #coefficients = new Float64Array(GREATEST_ORDER);
  readonly #memory = new Float64Array(GREATEST_ORDER + 1);
  #order = 0;
  #gain = 0;
  #wantedGain = 0;
  #state: number;

  /** @param seed of the noise; legs with the same seed would make the same noise, which adds up louder */
  constructor(seed: number) {
    this.#state = seed | 1;
  }

  /** Whether there is any noise to make. */
  get active(): boolean {
    return this.#wantedGain > 0;
  }

  /** Takes what a packet says, its first `length` bytes; an empty one is ignored. */
  update(payload: Uint8Array, length: number): void {
    if (length < 1) return;
    const levelDbov = -((payload[0] ?? 127) & 0x7f);
    const order = Math.min(GREATEST_ORDER, length - 1);
    if (levelDbov < INAUDIBLE_DBOV) return this.stop();
    let gain = 10 ** (levelDbov / 20);
    for (let index = 0; index < order; index++) {
      const coefficient = (258 * (Math.min(254, payload[index + 1] ?? 127) - 127)) / 32_768;
      this.#coefficients[index] = coefficient;
      gain *= Math.sqrt(1 - coefficient * coefficient);
    }
    this.#memory.fill(0, order + 1);
    this.#order = order;
    this.#wantedGain = gain;
  }

  /** The pause is over, or never was told to be noisy. */
  stop(): void {
    this.#wantedGain = this.#gain = 0;
    this.#memory.fill(0);
  }

  /** Adds the next `count` samples to `output`, from the first on. */
  add(output: Float32Array, count: number): void {
    if (!this.active) return;
    for (let index = 0; index < count; index++) output[index] = (output[index] ?? 0) + this.#next();
  }

  #next(): number {
    this.#gain += (this.#wantedGain - this.#gain) * GLIDE;
    let value = this.#gain * this.#white();
    for (let stage = this.#order - 1; stage >= 0; stage--) {
      const coefficient = this.#coefficients[stage] ?? 0;
      const before = this.#memory[stage] ?? 0;
      value -= coefficient * before;
      this.#memory[stage + 1] = before + coefficient * value;
    }
    this.#memory[0] = value;
    return value;
  }

  /** Three uniform numbers in −1…1, each of power ⅓: near enough to Gaussian for the ear, of power 1. */
  #white(): number {
    let sum = 0;
    for (let index = 0; index < 3; index++) {
      // xorshift32.
      let state = this.#state;
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      this.#state = state;
      sum += state / 0x8000_0000;
    }
    return sum;
  }
}
