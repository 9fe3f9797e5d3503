/** What a track holds from tick to tick, as a list of runs. */

/**
 * `audio` the leg's voice, with pauses shorter than a second or so; everything else is exact zeros in the file:
 * `silent` the leg gave digital silence · `muted` · `isolated` out of the mix · `noConsent` not to be recorded ·
 * `absent` not in the call · `dropped` lost because the disk did not keep up · `purged` was audio, and was wiped.
 */
export type SegmentState = 'audio' | 'silent' | 'muted' | 'isolated' | 'noConsent' | 'absent' | 'dropped' | 'purged';

/** A run of one state. */
export interface Segment {
  readonly fromTick: number;
  /** The first tick not in it. */
  readonly toTick: number;
  readonly state: SegmentState;
}

/** A run in a list; nobody else has it. */
type OwnSegment = { -readonly [Key in keyof Segment]: Segment[Key] };

/** Shorter pauses are not told apart from speech. */
const leastSilenceTicks = 50;
/** With more runs than this, longer pauses are not told apart either. */
const manySegments = 4096;

/**
 * Runs of one track, without gaps from its first tick on. Speech and pauses are many, so pauses are folded into speech
 * when short, and the longer the list the longer the pauses that count as short: it stays bounded, but for changes that
 * somebody commands.
 */
export class SegmentList {
  readonly #firstTick: number;
  #segments: OwnSegment[] = [];
  #leastSilenceTicks = leastSilenceTicks;
  #foldAt = manySegments;

  constructor(firstTick: number, segments: readonly Segment[] = []) {
    this.#firstTick = firstTick;
    for (const { toTick, state } of segments) this.extend(toTick, state);
  }

  /** The first tick not told yet. */
  get endTick(): number {
    return this.#segments.at(-1)?.toTick ?? this.#firstTick;
  }

  /** State of the last tick. */
  get lastState(): SegmentState | undefined {
    return this.#segments.at(-1)?.state;
  }

  /**
   * Goes on in a state up to a tick; nothing happens when that is told already.
   * @returns whether the state is another than before
   */
  extend(toTick: number, state: SegmentState): boolean {
    const last = this.#segments.at(-1);
    const fromTick = last?.toTick ?? this.#firstTick;
    if (toTick <= fromTick) return false;
    if (last?.state === state) {
      // What happens in every tick makes nothing new.
      last.toTick = toTick;
      return false;
    }
    push(this.#segments, { fromTick, toTick, state }, this.#leastSilenceTicks);
    if (this.#segments.length > this.#foldAt) this.#fold();
    return true;
  }

  /** Forgets everything from a tick on. */
  truncate(toTick: number): void {
    this.#segments = this.#segments.flatMap((segment) =>
      segment.fromTick >= toTick ? [] : [{ ...segment, toTick: Math.min(segment.toTick, toTick) }],
    );
  }

  /** Parts of a range in a state. */
  within(fromTick: number, toTick: number, state: SegmentState): Segment[] {
    return this.#segments
      .filter((segment) => segment.state === state && segment.toTick > fromTick && segment.fromTick < toTick)
      .map((segment) => ({
        fromTick: Math.max(segment.fromTick, fromTick),
        toTick: Math.min(segment.toTick, toTick),
        state,
      }));
  }

  /** Gives all parts of a range that are in one state another. */
  replace(fromTick: number, toTick: number, state: SegmentState, by: SegmentState): void {
    const replaced: OwnSegment[] = [];
    for (const segment of this.#segments) {
      const cuts = [
        segment.fromTick,
        Math.min(Math.max(fromTick, segment.fromTick), segment.toTick),
        Math.max(Math.min(toTick, segment.toTick), segment.fromTick),
        segment.toTick,
      ] as const;
      if (segment.state !== state || cuts[1] >= cuts[2]) {
        push(replaced, segment, this.#leastSilenceTicks);
        continue;
      }
      push(replaced, { fromTick: cuts[0], toTick: cuts[1], state }, this.#leastSilenceTicks);
      push(replaced, { fromTick: cuts[1], toTick: cuts[2], state: by }, this.#leastSilenceTicks);
      push(replaced, { fromTick: cuts[2], toTick: cuts[3], state }, this.#leastSilenceTicks);
    }
    this.#segments = replaced;
  }

  toJSON(): Segment[] {
    return this.#segments.map((segment) => ({ ...segment }));
  }

  #fold(): void {
    this.#leastSilenceTicks *= 2;
    const folded: OwnSegment[] = [];
    for (const segment of this.#segments) push(folded, segment, this.#leastSilenceTicks);
    this.#segments = folded;
    this.#foldAt = Math.max(manySegments, 2 * folded.length);
  }
}

function push(onto: OwnSegment[], segment: Segment, silenceTicks: number): void {
  const { fromTick, toTick, state } = segment;
  if (toTick <= fromTick) return;
  const last = onto.at(-1);
  const before = onto.at(-2);
  if (last?.state === state) {
    last.toTick = toTick;
  } else if (
    state === 'audio' &&
    last?.state === 'silent' &&
    before?.state === 'audio' &&
    last.toTick - last.fromTick < silenceTicks
  ) {
    onto.length--;
    before.toTick = toTick;
  } else {
    onto.push({ fromTick, toTick, state });
  }
}
