/** How far the reading point moves before the rest is moved to the front, in lengths of history. */
const LONGEST_WAY = 3;

/**
 * Decoded samples between packets and ticks: packets bring 10…120 ms, ticks take 20 ms.
 *
 * One linear buffer. What was played last is kept in front of what waits, because lengthening repeats it; reading moves
 * an index, and every few ticks the rest is moved to the front: with thousands of legs it is memory that costs, and a
 * steady stream keeps to the same few cache lines of a buffer that is large for the worst of networks.
 *
 *     │ old │◄─ history ─►│◄─ available ─►│ free │
 *                     start             end
 */
export class SampleFifo {
  /** The samples themselves, for in-place work; valid around {@link SampleFifo.start}. */
  readonly samples: Float32Array;
  private from: number;
  private to: number;

  /**
   * @param capacity      samples that may wait
   * @param historyLength played samples that stay readable in front of `start`
   */
  constructor(
    private readonly capacity: number,
    private readonly historyLength: number,
  ) {
    this.samples = new Float32Array(2 * (capacity + historyLength));
    this.from = historyLength;
    this.to = historyLength;
  }

  /** Index of the next sample to be played. */
  get start(): number {
    return this.from;
  }

  /** Samples waiting. */
  get available(): number {
    return this.to - this.from;
  }

  /** Samples that still fit. */
  get free(): number {
    return this.capacity - this.available;
  }

  /** Appends the first `count` samples of `input`; what does not fit is left out. */
  write(input: Float32Array, count: number): void {
    const length = Math.min(count, this.free);
    this.makeRoom(length);
    if (input.length === length) this.samples.set(input, this.to);
    else for (let index = 0; index < length; index++) this.samples[this.to + index] = input[index] ?? 0;
    this.to += length;
  }

  /** Takes up to `count` samples into `output` from `offset`. @returns samples taken */
  read(output: Float32Array, offset: number, count: number): number {
    const length = Math.min(count, this.available);
    for (let index = 0; index < length; index++) output[offset + index] = this.samples[this.from + index] ?? 0;
    this.from += length;
    return length;
  }

  /** Moves the reading point: forward leaves samples out, backward plays history again. */
  shift(count: number): void {
    this.from = Math.min(this.to, Math.max(0, this.from + count));
  }

  /** Takes back up to `count` of the samples written last, as long as they wait. @returns samples taken back */
  retract(count: number): number {
    const length = Math.min(count, this.available);
    this.to -= length;
    return length;
  }

  /** Drops what waits and fills the history with silence. */
  clear(): void {
    this.samples.fill(0);
    this.from = this.historyLength;
    this.to = this.historyLength;
  }

  /** Appends what waits in another buffer at another rate, by linear interpolation: good enough for a few milliseconds. */
  writeResampled(from: SampleFifo, fromRateHz: number, toRateHz: number): void {
    const step = fromRateHz / toRateHz;
    const count = Math.min(this.free, Math.floor(from.available / step));
    this.makeRoom(count);
    for (let index = 0; index < count; index++) this.samples[this.to + index] = from.interpolated(index * step);
    this.to += count;
  }

  private interpolated(position: number): number {
    const whole = this.from + Math.floor(position);
    const before = this.samples[whole] ?? 0;
    const after = this.samples[Math.min(whole + 1, this.to - 1)] ?? before;
    return before + (after - before) * (position % 1);
  }

  private makeRoom(count: number): void {
    const isLong = this.from > LONGEST_WAY * this.historyLength;
    if (!isLong && this.to + count <= this.samples.length) return;
    const keepFrom = Math.max(0, this.from - this.historyLength);
    this.samples.copyWithin(0, keepFrom, this.to);
    this.from -= keepFrom;
    this.to -= keepFrom;
  }
}
