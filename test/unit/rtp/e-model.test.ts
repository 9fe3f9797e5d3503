import { describe, expect, it } from 'vitest';
import { impairmentOf, mosOf, speechQuality } from '../../../src/media/rtp/e-model.js';

const perfect = { codec: impairmentOf('PCMU', true), lossRatio: 0, burstRatio: 1, delayMs: 0 };

describe('the E-model', () => {
  it.each([
    // ITU-T G.107 table B.1: limits of R and MOS-CQE.
    [90, 4.34],
    [80, 4.03],
    [70, 3.6],
    [60, 3.1],
    [50, 2.58],
    [93.2, 4.41],
    [0, 1],
    [-20, 1],
    [3, 1],
    [100, 4.5],
    [120, 4.5],
  ])('rates R = %d as MOS %d', (rating, mos) => {
    // The table is rounded, R = 80 generously.
    expect(Math.abs(mosOf(rating) - mos)).toBeLessThan(0.0075);
  });

  it('never rates more loss, longer runs or more delay better', () => {
    let last = Infinity;
    for (let percent = 0; percent <= 100; percent++) {
      const { mosListening } = speechQuality({ ...perfect, lossRatio: percent / 100 });
      expect(mosListening).toBeLessThanOrEqual(last);
      last = mosListening;
    }
    const runs = [1, 2, 4].map((burstRatio) => speechQuality({ ...perfect, lossRatio: 0.1, burstRatio }).rFactor);
    expect(runs).toEqual([...runs].sort((a, b) => b - a));
    const delays = [0, 100, 177, 178, 300, 2000].map((delayMs) => speechQuality({ ...perfect, delayMs }).rFactor);
    expect(delays).toEqual([...delays].sort((a, b) => b - a));
    expect(delays.at(-1)).toBe(0);
  });

  it.each([
    // G.113 Appendix I: G.711 without and with concealment, random loss; R = 93.2 − 95·P/(P + Bpl).
    ['PCMU', false, 1, 93.2 - 95 / 5.3],
    ['PCMU', false, 5, 93.2 - (95 * 5) / 9.3],
    ['PCMA', true, 1, 93.2 - 95 / 26.1],
    ['PCMA', true, 5, 93.2 - (95 * 5) / 30.1],
    ['PCMA', true, 20, 93.2 - (95 * 20) / 45.1],
  ] as const)('rates %s, concealed: %s, at %d percent of loss as R = %d', (encoding, conceals, percent, rating) => {
    const codec = impairmentOf(encoding, conceals);
    expect(speechQuality({ ...perfect, codec, lossRatio: percent / 100 }).rFactor).toBeCloseTo(rating, 9);
  });

  it.each([
    // Cole and Rosenbluth: Id = 0.024 d + 0.11 (d − 177.3) beyond 177.3 ms.
    [100, 2.4],
    [150, 3.6],
    [200, 7.297],
    [300, 20.697],
    [400, 34.097],
  ])('takes %d ms of delay for Id = %d, from conversing only', (delayMs, impairment) => {
    const quality = speechQuality({ ...perfect, delayMs });
    expect(quality.rFactor).toBeCloseTo(93.2 - impairment, 6);
    expect(quality.mosListening).toBeCloseTo(4.41, 2);
    expect(quality.mosConversational).toBeCloseTo(mosOf(93.2 - impairment), 9);
  });

  it('puts every codec at the top when nothing is lost', () => {
    for (const encoding of ['PCMU', 'PCMA', 'G722', 'opus', 'L16'] as const) {
      expect(speechQuality({ ...perfect, codec: impairmentOf(encoding, true) }).mosListening).toBeCloseTo(4.41, 2);
    }
  });
});
