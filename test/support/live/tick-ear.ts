/** What a telephone heard, tick by tick: its stream has one packet per tick of the call, from the one in which it joined. */
import { partialDb, SILENCE_DB } from '../../../demo/phone/ear.js';
import type { Voice } from '../../../demo/phone/voice.js';

/** Samples per tick at 8 kHz. */
const TICK = 160;
/** Half of what a voice has in a tick in which it is there from beginning to end. */
const PRESENT_DB = -6;
/** What is left of a voice that is not there: G.711 adds noise to others, which 20 ms cannot tell from it any better. */
const ABSENT_DB = -30;

/** Ticks `[from, until)`. */
export interface Span {
  readonly from: number;
  readonly until: number;
}

/** Audio of one listener on the call's time. Voices have to be multiples of 50 Hz, 200 Hz apart, to be told apart in a tick. */
export class TickEar {
  /** @param joinedTick of its leg */
  constructor(
    private readonly samples: Int16Array,
    private readonly joinedTick: number,
  ) {}

  /** First tick that was not heard any more. */
  get endTick(): number {
    return this.joinedTick + Math.floor(this.samples.length / TICK);
  }

  /** How loud a voice was in a tick, dB relative to how loud it is spoken. */
  levelDb({ frequenciesHz, peakDbfs }: Voice, tick: number): number {
    const start = (tick - this.joinedTick) * TICK;
    return partialDb(this.samples.subarray(start, start + TICK), frequenciesHz[0] ?? 0, TICK) - peakDbfs;
  }

  /** Whether a voice was there in every tick of a span. */
  hears(voice: Voice, { from, until }: Span): boolean {
    return this.#every(from, until, (tick) => Math.abs(this.levelDb(voice, tick)) < -PRESENT_DB);
  }

  /** Share of the ticks of a span in which a voice was there. */
  share(voice: Voice, { from, until }: Span): number {
    let heard = 0;
    this.#every(from, until, (tick) => {
      if (Math.abs(this.levelDb(voice, tick)) < -PRESENT_DB) heard++;
      return true;
    });
    return heard / (until - from);
  }

  /** How loud a voice was over a span as a whole, dB relative to how loud it is spoken. */
  spanLevelDb({ frequenciesHz, peakDbfs }: Voice, { from, until }: Span): number {
    const samples = this.samples.subarray((from - this.joinedTick) * TICK, (until - this.joinedTick) * TICK);
    return partialDb(samples, frequenciesHz[0] ?? 0, samples.length) - peakDbfs;
  }

  /** How loud everything was over a span, RMS, dB of full scale. */
  totalDbfs({ from, until }: Span): number {
    const samples = this.samples.subarray((from - this.joinedTick) * TICK, (until - this.joinedTick) * TICK);
    const power = samples.reduce((sum, sample) => sum + sample ** 2, 0) / samples.length;
    return power === 0 ? SILENCE_DB : 20 * Math.log10(Math.sqrt(power) / 32_768);
  }

  /** Whether nothing of a voice was there in any tick of a span. */
  hearsNot(voice: Voice, { from, until }: Span): boolean {
    return this.#every(from, until, (tick) => this.levelDb(voice, tick) < ABSENT_DB);
  }

  #every(from: number, until: number, holds: (tick: number) => boolean): boolean {
    if (until <= from || from < this.joinedTick || until > this.endTick) throw new Error('Nothing was heard then.');
    for (let tick = from; tick < until; tick++) if (!holds(tick)) return false;
    return true;
  }
}
