/** Lets many phones speak in real time, each at its own phase of the 20 ms. */
const FRAME_MS = 20;

/** As much of a phone as its clock has to know. */
interface Speaker {
  /** Moment within each 20 ms at which it speaks, 0…1. */
  readonly phase: number;
  sendFrame(): void;
}

/** Sends the frames of all phones until stopped. A stall of this process is caught up without losing a frame. */
export class PhoneClock {
  readonly #due: { phone: Speaker; atMs: number }[] = [];
  #timer: NodeJS.Timeout | undefined;

  add(phone: Speaker): void {
    this.#due.push({ phone, atMs: performance.now() + phone.phase * FRAME_MS });
    this.#timer ??= setTimeout(() => this.#run(), 1);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#due.length = 0;
  }

  #run(): void {
    const nowMs = performance.now();
    let nextMs = Infinity;
    for (const entry of this.#due) {
      while (entry.atMs <= nowMs) {
        entry.phone.sendFrame();
        entry.atMs += FRAME_MS;
      }
      nextMs = Math.min(nextMs, entry.atMs);
    }
    if (this.#due.length > 0) this.#timer = setTimeout(() => this.#run(), Math.max(0, nextMs - performance.now()));
  }
}
