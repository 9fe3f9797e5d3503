/** Packets that are told apart behind the newest; RFC 3711 §3.3.2 asks for 64 at least. */
export const replayWindowPackets = 256;

/** Remembers which packets of one stream came already (RFC 3711 §3.3.2). */
export class ReplayWindow {
  /** The highest index noted; −1 = none yet. */
  highest = -1;
  /** Index + 1 of what was noted last at each index modulo the window. */
  readonly #seen = new Float64Array(replayWindowPackets);

  /** Whether `index` did not come yet, as far as is known: what is older than the window counts as having come. */
  isNew(index: number): boolean {
    if (index > this.highest) return true;
    if (index < 0 || index <= this.highest - replayWindowPackets) return false;
    return this.#seen[index % replayWindowPackets] !== index + 1;
  }

  /** Notes an authentic packet that {@link isNew}. */
  note(index: number): void {
    this.#seen[index % replayWindowPackets] = index + 1;
    if (index > this.highest) this.highest = index;
  }
}
