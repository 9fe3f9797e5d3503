import { tickMs } from './frame.js';
import { silenceDbov } from './level.js';
import { NoiseTracker } from './noise-tracker.js';

/** When speech counts as begun and ended. */
export interface SpeechDetectorOptions {
  /** Voice needed before speech starts, ms. */
  readonly startMs?: number;
  /** Quiet needed before speech ends, ms. */
  readonly endMs?: number;
}

/** Voice has to be this far above the noise floor, dB; less while speaking. */
const onsetDb = 9;
const sustainDb = 6;
/** Quieter than this is never voice, dBov. */
const leastVoiceDbov = -55;
/** Bounds of the noise floor, dBov: a quiet line is not infinitely quiet, and shouting is not noise. */
const lowestFloorDbov = -75;
const highestFloorDbov = -30;
/** Per tick: the floor falls by half of what it is too high and rises slowly, slower still while speech goes on. */
const floorFall = 0.5;
const floorRiseDb = 0.06;
const floorRiseSpeakingDb = 0.01;
/** How often the floor is lifted to the noise that is known. */
const noiseEveryTicks = 10;
/** Voice probability (RNNoise) from which a tick is voice, and down to which it stays voice while speaking. */
const onsetProbability = 0.6;
const sustainProbability = 0.5;

/**
 * Tells speech from quiet by level against an adaptive noise floor, with hysteresis in time; one step per tick.
 *
 *              enough voice (startMs, dips cost double)
 *     quiet ───────────────────────────────► speaking
 *           ◄───────────────────────────────
 *              quiet for endMs without a break
 */
export class SpeechDetector {
  readonly #startTicks: number;
  readonly #endTicks: number;
  #speaking = false;
  #evidence = 0;
  /** Ticks since the evidence for a change last began. */
  #evidenceTicks = 0;
  #changeAgeTicks = 0;
  #floorDbov = lowestFloorDbov;
  readonly #noise = new NoiseTracker();
  #sinceNoiseTicks = 0;

  constructor(options: SpeechDetectorOptions = {}) {
    this.#startTicks = Math.max(1, Math.ceil((options.startMs ?? 250) / tickMs));
    this.#endTicks = Math.max(1, Math.ceil((options.endMs ?? 300) / tickMs));
  }

  /** Whether speech goes on. */
  get speaking(): boolean {
    return this.#speaking;
  }

  /**
   * How many ticks before the one of the last change speech really began or ended: what was waited for to be sure, 12 for
   * 250 ms without a dip.
   */
  get changeAgeTicks(): number {
    return this.#changeAgeTicks;
  }

  /** What is taken for background noise now, dBov. */
  get noiseFloorDbov(): number {
    return this.#floorDbov;
  }

  /**
   * Takes one tick.
   * @param levelDbov   RMS of the frame
   * @param probability of voice, 0…1, where a voice model gives one; it then decides in the floor's place
   * @returns what changed, if anything
   */
  step(levelDbov: number, probability?: number): 'started' | 'stopped' | undefined {
    const voice = this.#isVoice(levelDbov, probability);
    this.#trackFloor(levelDbov);
    if (this.#speaking) {
      this.#evidence = voice ? 0 : this.#evidence + 1;
      this.#evidenceTicks = this.#evidence;
      if (this.#evidence < this.#endTicks) return undefined;
    } else {
      this.#evidence = Math.max(0, this.#evidence + (voice ? 1 : -2));
      this.#evidenceTicks = this.#evidence > 0 ? this.#evidenceTicks + 1 : 0;
      if (this.#evidence < this.#startTicks) return undefined;
    }
    this.#speaking = !this.#speaking;
    this.#changeAgeTicks = this.#evidenceTicks - 1;
    this.#evidence = 0;
    this.#evidenceTicks = 0;
    return this.#speaking ? 'started' : 'stopped';
  }

  /** Back to quiet, the floor forgotten. */
  reset(): void {
    this.#speaking = false;
    this.#evidence = 0;
    this.#evidenceTicks = 0;
    this.#floorDbov = lowestFloorDbov;
    this.#noise.reset();
  }

  #isVoice(levelDbov: number, probability: number | undefined): boolean {
    if (levelDbov < leastVoiceDbov) return false;
    if (probability !== undefined) return probability >= (this.#speaking ? sustainProbability : onsetProbability);
    return levelDbov >= this.#floorDbov + (this.#speaking ? sustainDb : onsetDb);
  }

  #trackFloor(levelDbov: number): void {
    // Digital silence (mute, DTX) says nothing about the room.
    if (levelDbov <= silenceDbov) return;
    const difference = levelDbov - this.#floorDbov;
    const rise = this.#speaking ? floorRiseSpeakingDb : floorRiseDb;
    this.#floorDbov += difference < 0 ? difference * floorFall : Math.min(rise, difference);
    // Noise that begins is known for noise after 3 s; by rising alone the floor would take a minute.
    this.#noise.step(levelDbov);
    if (++this.#sinceNoiseTicks >= noiseEveryTicks) {
      this.#sinceNoiseTicks = 0;
      this.#floorDbov = Math.max(this.#floorDbov, this.#noise.noiseDbov);
    }
    this.#floorDbov = Math.min(highestFloorDbov, Math.max(lowestFloorDbov, this.#floorDbov));
  }
}
