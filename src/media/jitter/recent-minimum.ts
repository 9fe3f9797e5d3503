/** The least of the last `size` values; allocation free, meant for a few dozen values. */
export class RecentMinimum {
  private readonly values: Float64Array;
  private count = 0;
  private at = 0;
  private least = Infinity;

  constructor(size: number) {
    this.values = new Float64Array(size);
  }

  /** Least value since the last `clear`, at most `size` values back; Infinity when there is none. */
  get value(): number {
    return this.least;
  }

  /** Values taken into account. */
  get size(): number {
    return this.count;
  }

  add(value: number): void {
    this.values[this.at] = value;
    this.at = (this.at + 1) % this.values.length;
    if (this.count < this.values.length) this.count++;
    if (value <= this.least) this.least = value;
    else this.search();
  }

  clear(): void {
    this.count = 0;
    this.at = 0;
    this.least = Infinity;
  }

  private search(): void {
    let least = Infinity;
    for (let index = 0; index < this.count; index++) least = Math.min(least, this.values[index] ?? Infinity);
    this.least = least;
  }
}
