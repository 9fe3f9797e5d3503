import type { Kernels } from '../../src/media/dsp/kernels.js';
import { Mixer } from '../../src/media/mixer/mixer.js';
import type { MixerLeg } from '../../src/media/mixer/mixer-leg.js';
import type { PayloadFormat } from '../../src/media/protocol.js';
import { speechLike } from './opus.js';

const voiceSeconds = 4;
const voices = [1, 2].map((seed) => speechLike(voiceSeconds, seed));

/** A call whose legs all have one format and talk when told to. */
export class StreamRoom {
  readonly mixer: Mixer;
  readonly legs: MixerLeg[] = [];
  tick = 0;

  constructor(
    readonly kernels: Kernels,
    readonly format: PayloadFormat,
    count: number,
  ) {
    this.mixer = new Mixer(kernels);
    for (let i = 0; i < count; i++) this.join();
  }

  join(): MixerLeg {
    const leg = this.mixer.addLeg(`leg-${this.legs.length}`);
    leg.setFormat(this.format);
    this.legs.push(leg);
    return leg;
  }

  /** One tick; gives every leg's payload, `undefined` for those absent. */
  step(talking: readonly number[] = [], absent: readonly number[] = []): (Uint8Array | undefined)[] {
    const at = (this.tick++ * 960) % (voiceSeconds * 48_000);
    for (const index of talking) {
      const leg = this.legs[index]!;
      leg.sourceFrame.set(voices[index]!.subarray(at, at + 960));
      leg.submit();
    }
    this.mixer.sum();
    this.mixer.render();
    const payloads = this.legs.map((leg, index) => (absent.includes(index) ? undefined : leg.payload()));
    return payloads.map((payload) => payload?.bytes.slice(0, payload.length));
  }

  steps(count: number, talking: readonly number[] = [], absent: readonly number[] = []): void {
    for (let i = 0; i < count; i++) this.step(talking, absent);
  }

  get together(): boolean[] {
    return this.legs.map((leg) => leg.encodedTogether);
  }

  /** How many encodings the last tick took. */
  get different(): number {
    return new Set(this.legs.map((leg) => leg.payload().bytes)).size;
  }
}
