import type { Kernels } from '../../src/media/dsp/kernels.js';
import { Mixer } from '../../src/media/mixer/mixer.js';
import type { MixerLeg } from '../../src/media/mixer/mixer-leg.js';
import { createKernels } from './kernels.js';
import { toneAt } from './spectrum.js';

/** One tone per leg, all of whole periods in a frame. */
export const frequencies = [500, 700, 900, 1100, 1300, 1500, 1700, 1900, 2100, 2300];

/** A call whose legs each say their own tone while they talk. */
export class ToneRoom {
  readonly kernels: Kernels = createKernels();
  readonly mixer = new Mixer(this.kernels);
  readonly legs: MixerLeg[];
  tick = 0;

  constructor(count: number) {
    this.legs = Array.from({ length: count }, (_, i) => this.mixer.addLeg(`leg-${i}`));
  }

  /** One tick in which the legs of these indices talk; `programmes` runs between the sum and what is heard. */
  step(talking: readonly number[], amplitude = 0.1, programmes: () => void = () => undefined): void {
    for (const index of talking) {
      const { sourceFrame } = this.legs[index]!;
      const step = (2 * Math.PI * frequencies[index]!) / 48_000;
      for (let n = 0; n < 960; n++) sourceFrame[n] = amplitude * Math.sin(step * (this.tick * 960 + n));
      this.legs[index]!.submit();
    }
    this.mixer.sum();
    programmes();
    this.mixer.render();
    this.tick++;
  }

  /** Ticks in which the same happens. */
  steps(count: number, talking: readonly number[], amplitude = 0.1, programmes: () => void = () => undefined): void {
    for (let i = 0; i < count; i++) this.step(talking, amplitude, programmes);
  }

  /** Amplitude of each leg's tone in what leg `listener` hears now, rounded to 1/1000. */
  hears(listener: number): number[] {
    return this.legs.map((_, index) => this.amplitude(listener, frequencies[index]!));
  }

  /** Amplitude of any tone in it. */
  amplitude(listener: number, frequencyHz: number): number {
    const { pcm48 } = this.legs[listener]!.heard;
    return Math.round(toneAt(pcm48, 48_000, frequencyHz).amplitude * 1000) / 1000;
  }
}
