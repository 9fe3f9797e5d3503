/**
 * What happens to a leg's audio between its decoder and the mixer: noise taken out, level brought to a target, the
 * inaudible made silent. Everything that is off touches no bit and costs nothing.
 */
import { AutomaticGain } from './dsp/automatic-gain.js';
import { DenoiseStage } from './dsp/denoise-stage.js';
import { frameSamples } from './dsp/frame.js';
import { type LevelMeter, silenceDbov } from './dsp/level.js';
import { NoiseGate } from './dsp/noise-gate.js';
import { NoiseTracker } from './dsp/noise-tracker.js';
import type { Rnnoise } from './dsp/rnnoise.js';
import type { LegControls } from './protocol.js';

/** `auto` denoises from this noise on, and no longer below the other, dBov. */
const noisyDbov = -55;
const cleanDbov = -60;

/** What a leg is in a tick. */
export interface VoiceConditions {
  /** Comes by a telephone codec, of which nobody has taken the noise out before. */
  readonly narrowband: boolean;
  readonly speaking: boolean;
  /** Gain set by hand, dB. */
  readonly gainDb: number;
}

/**
 * The voice stages of one leg.
 *
 *     bus frame ─ denoise ─ measure ─ gate ─► mixer (which applies the gain)
 *                              └─ automatic gain ──────────┘
 *
 * `denoise: auto` denoises G.711 and G.722 legs that are noisy (see {@link NoiseTracker}), never Opus, and closes a
 * {@link NoiseGate} on what is inaudible; `on` denoises whatever comes; `off` does neither. Denoised audio is 10 ms later.
 */
export class LegVoice {
  /** Linear gain the mixer is to apply besides the one set by hand; 1 while automatic gain is off. */
  gain = 1;
  readonly #stage: DenoiseStage | undefined;
  readonly #noise = new NoiseTracker();
  readonly #gate = new NoiseGate();
  readonly #automatic = new AutomaticGain();
  #mode: NonNullable<LegControls['denoise']> = 'off';
  #targetDbov: number | undefined;
  #noisy = false;

  /** @param rnnoise absent = nothing can be denoised */
  constructor(rnnoise: Rnnoise | undefined) {
    this.#stage = rnnoise && new DenoiseStage(rnnoise);
  }

  /** Whether noise is being taken out now. */
  get denoising(): boolean {
    return this.#stage?.active ?? false;
  }

  /** Whether the leg is being silenced because it cannot be heard anyway. */
  get gated(): boolean {
    return this.#gate.closed;
  }

  /** Gain added by automatic gain, dB. */
  get automaticGainDb(): number {
    return this.#automatic.gainDb;
  }

  /** Probability of voice in this tick, 0…1; undefined while no noise is taken out. */
  get probability(): number | undefined {
    return this.#stage?.probability;
  }

  /** Applies what the API changed. */
  control({ denoise, agc }: Partial<LegControls>): void {
    if (denoise !== undefined && denoise !== this.#mode) {
      this.#mode = denoise;
      this.#noisy = false;
      this.#noise.reset();
      this.#gate.reset();
    }
    if (agc === undefined) return;
    this.#targetDbov = agc === 'off' ? undefined : agc.targetDbov;
    if (agc !== 'off') return;
    this.#automatic.reset();
    this.gain = 1;
  }

  /** One tick with audio, in place at `pointer`. @returns false when the leg is to be silent in it */
  process(frame: Float32Array, meter: LevelMeter, conditions: VoiceConditions): boolean {
    const idle = this.#mode === 'off' && !this.denoising && this.#stage?.probability === undefined;
    if (idle && this.#targetDbov === undefined) return true;
    const pointer = frame.byteOffset;
    meter.measure(pointer, frameSamples);
    if (this.#mode === 'auto') this.#noise.step(meter.rmsDbov);
    this.#stage?.process(frame, this.#wanted(conditions.narrowband), this.#mode === 'on');
    if (this.denoising) meter.measure(pointer, frameSamples);
    const { speaking, gainDb } = conditions;
    if (this.#targetDbov !== undefined) {
      this.gain = this.#automatic.step(meter.rmsDbov, meter.peak, speaking, this.#targetDbov, gainDb);
    }
    if (this.#mode !== 'auto') return true;
    return this.#gate.process(frame, meter.rmsDbov + gainDb + this.#automatic.gainDb, speaking);
  }

  /** One tick without audio. @returns true when `frame` now holds the last of what came before */
  pause(frame: Float32Array): boolean {
    if (this.#mode === 'auto') this.#noise.step(silenceDbov);
    return this.#stage?.pause(frame, this.#mode === 'on') ?? false;
  }

  /** One tick in which nobody hears the leg. */
  rest(): void {
    this.#stage?.drop();
    this.#noisy = false;
    if (this.#mode === 'auto') this.#noise.reset();
  }

  /** Gives all memory back. */
  close(): void {
    this.#stage?.drop();
  }

  #wanted(narrowband: boolean): boolean {
    if (this.#mode !== 'auto') return this.#mode === 'on';
    this.#noisy = narrowband && this.#noise.noiseDbov >= (this.#noisy ? cleanDbov : noisyDbov);
    return this.#noisy;
  }
}
