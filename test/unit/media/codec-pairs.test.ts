/** One codec to another through a whole media worker: RTP in, jitter buffer, mix, RTP out. */
import { describe, expect, it } from 'vitest';
import type { PayloadFormat } from '../../../src/media/protocol.js';
import { CodecPeer, tone } from '../../support/codec-peer.js';
import { MediaRig, PCMA, PCMU } from '../../support/media-rig.js';
import { toneAt } from '../../support/spectrum.js';

const G722: PayloadFormat = { encoding: 'G722', payloadType: 9, clockRateHz: 8000, channels: 1, parameters: {} };
const L16: PayloadFormat = { encoding: 'L16', payloadType: 97, clockRateHz: 16_000, channels: 1, parameters: {} };
const codecs = { PCMU, PCMA, 'G.722': G722, L16 };
type CodecName = keyof typeof codecs;
const names = Object.keys(codecs) as CodecName[];
const pairs = names.flatMap((from) => names.map((to) => [from, to] as const));

const amplitude = 0.25;
const narrowHz = [300, 420, 700, 1400, 2100, 2800, 3200, 3400];
const wideHz = [50, 110, ...narrowHz, 3900, 4100, 5000, 6000, 7000];

async function connect(from: PayloadFormat, to: PayloadFormat) {
  const rig = new MediaRig();
  rig.command({ type: 'openCall', callId: 'call' });
  const talker = await CodecPeer.join(rig, 'call', 'talker', from);
  const listener = await CodecPeer.join(rig, 'call', 'listener', to);
  return { rig, talker, listener };
}

describe('a voice from codec to codec', () => {
  it.each(pairs)('%s → %s: 1 kHz within 0.5 dB, and flat within 1 dB over the narrower band', async (from, to) => {
    const { rig, talker, listener } = await connect(codecs[from], codecs[to]);
    const gainDb = (hz: number) => {
      talker.voice = tone(hz, amplitude);
      rig.run(20);
      listener.takeHeard();
      rig.run(25);
      return 20 * Math.log10(toneAt(listener.takeHeard(), listener.rateHz, hz).amplitude / amplitude);
    };
    const reference = gainDb(1000);
    expect(Math.abs(reference)).toBeLessThan(0.5);
    const isWide = talker.rateHz === 16_000 && listener.rateHz === 16_000;
    const response = (isWide ? wideHz : narrowHz).map((hz) => [hz, gainDb(hz) - reference] as const);
    expect(response.filter(([, db]) => !(Math.abs(db) < 1))).toEqual([]);
    // Nobody hears itself; at rest G.722 is 75 dB below full scale.
    talker.takeHeard();
    rig.run(25);
    expect(talker.takeHeard().every((value) => Math.abs(value) < 0.001)).toBe(true);
    const { receive, playout } = await rig.statistics('call', 'talker');
    expect([receive.dropped.malformed, playout.concealed, playout.decodeErrors]).toEqual([0, 0, 0]);
  });

  it('lasts ten minutes without a glitch, PCMU and G.722 to each other at the same time', async () => {
    const { rig, talker, listener } = await connect(PCMU, G722);
    const [low, high] = [440, 1250];
    talker.voice = tone(low, amplitude);
    listener.voice = tone(high, amplitude);
    rig.run(50);
    for (const peer of [talker, listener]) peer.takeHeard();
    const ears = [
      { peer: talker, ear: new GlitchEar(high, 8000) },
      { peer: listener, ear: new GlitchEar(low, 16_000) },
    ];
    for (let minute = 0; minute < 10; minute++) {
      rig.run(3000);
      for (const { peer, ear } of ears) ear.listen(peer.takeHeard());
    }
    for (const legId of ['talker', 'listener']) {
      const { playout } = await rig.statistics('call', legId);
      expect(playout).toMatchObject({ concealed: 0, dropped: 0, accelerated: 0, decelerated: 0, late: 0 });
    }
    for (const { ear } of ears) {
      expect(ear.samples).toBe(600 * ear.rateHz);
      expect(ear.crest).toBeLessThan(8);
      // Quantization of G.711 is 38 dB below a tone, and taking the tone out lifts it by up to 8 dB.
      expect(ear.noiseDb).toBeLessThan(-28);
    }
  });

  it('would not pass as free of glitches with a few samples lost in five minutes', () => {
    const ear = new GlitchEar(440, 16_000);
    const clean = Float32Array.from(
      { length: 16_000 },
      (_, n) => tone(440, amplitude)(n, 16_000) + Math.sin(n * n) / 500,
    );
    for (let second = 0; second < 300; second++) ear.listen(clean);
    expect(ear.crest).toBeLessThan(8);
    ear.listen(clean.subarray(3));
    expect(ear.crest).toBeGreaterThan(8);
  });
});

/** Takes a tone out of a signal and tells how much the rest stands out anywhere. */
class GlitchEar {
  samples = 0;
  readonly #twiceCosine: number;
  #before = 0;
  #beforeThat = 0;
  #power = 0;
  #peak = 0;

  constructor(
    hz: number,
    readonly rateHz: number,
  ) {
    this.#twiceCosine = 2 * Math.cos((2 * Math.PI * hz) / rateHz);
  }

  listen(signal: Float32Array): void {
    for (const value of signal) {
      const rest = value - this.#twiceCosine * this.#before + this.#beforeThat;
      this.#beforeThat = this.#before;
      this.#before = value;
      // The first two samples have no past.
      if (this.samples++ < 2) continue;
      this.#power += rest * rest;
      this.#peak = Math.max(this.#peak, Math.abs(rest));
    }
  }

  /** Greatest rest over its RMS. */
  get crest(): number {
    return this.#peak / Math.sqrt(this.#power / this.samples);
  }

  /** RMS of the rest, relative to the tone. */
  get noiseDb(): number {
    return 10 * Math.log10(this.#power / this.samples / (amplitude ** 2 / 2));
  }
}
