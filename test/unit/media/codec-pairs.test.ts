/** One codec to another through a whole media worker: RTP in, jitter buffer, mix, RTP out. `bench/codec-pairs.ts` prints it all. */
import { describe, expect, it } from 'vitest';
import { codecPairs, commonBandHz, connectPair, gainDb, idealGainsDb } from '../../support/codec-pair.js';
import { tone } from '../../support/codec-peer.js';
import { GlitchEar } from '../../support/glitch-ear.js';

const amplitude = 0.25;

/** Where libopus itself is not flat: below voices, which it cuts off (VOIP), and where its two coders meet. */
const notFlatInOpusHz = [50, 110, 7000, 8000];

describe('a voice from codec to codec', () => {
  it.each(codecPairs)('%s → %s: 1 kHz within 0.5 dB, and flat within 1 dB over the narrower band', async (from, to) => {
    const pair = await connectPair(from, to);
    const reference = gainDb(pair, 1000);
    expect(Math.abs(reference)).toBeLessThan(0.5);
    const hasOpus = from === 'Opus' || to === 'Opus';
    const band = commonBandHz(from, to);
    const response = band.map((hz) => [hz, gainDb(pair, hz) - reference] as const);
    const flat = response.filter(([hz]) => !(hasOpus && notFlatInOpusHz.includes(hz)));
    expect(flat.filter(([, db]) => !(Math.abs(db) < 1))).toEqual([]);
    // And where libopus is not flat, nothing is added to that.
    const [idealReference = 0, ...ideal] = idealGainsDb(from, to, [1000, ...band]);
    const added = response.map(([hz, db], i) => [hz, db - (ideal[i]! - idealReference)] as const);
    expect(added.filter(([, db]) => !(Math.abs(db) < 1))).toEqual([]);
    // Nobody hears itself; at rest G.722 is 75 dB below full scale.
    const { rig, talker } = pair;
    talker.takeHeard();
    rig.run(25);
    expect(talker.takeHeard().every((value) => Math.abs(value) < 0.001)).toBe(true);
    const { receive, playout } = await rig.statistics('call', 'talker');
    expect([receive.dropped.malformed, playout.concealed, playout.decodeErrors]).toEqual([0, 0, 0]);
  });

  it('lasts ten minutes without a glitch, PCMU and G.722 to each other at the same time', async () => {
    const { rig, talker, listener } = await connectPair('PCMU', 'G.722');
    const [low, high] = [440, 1250];
    talker.voice = tone(low, amplitude);
    listener.voice = tone(high, amplitude);
    rig.run(50);
    for (const peer of [talker, listener]) peer.takeHeard();
    const ears = [
      { peer: talker, ear: new GlitchEar(high, 8000, amplitude) },
      { peer: listener, ear: new GlitchEar(low, 16_000, amplitude) },
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
    const ear = new GlitchEar(440, 16_000, amplitude);
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
