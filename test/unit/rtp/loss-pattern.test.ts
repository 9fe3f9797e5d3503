import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GMIN, LossPattern } from '../../../src/media/rtp/loss-pattern.js';

/** `1` received, `0` lost, `X` discarded, as RFC 3611 draws it. */
function patternOf(text: string): LossPattern {
  const pattern = new LossPattern();
  for (const packet of text) pattern.note(packet === '1' ? 'received' : packet === '0' ? 'lost' : 'discarded');
  return pattern;
}

/**
 * Densities and lengths by the transition counts of RFC 3611 §4.7.2 and its appendix, with what they leave undefined set to
 * what the counts of this server say.
 */
function byTransitions(text: string): { burst: number; gap: number; burstPackets: number } | undefined {
  let [c11, c13, c14, c22, c23, c33] = [0, 0, 0, 0, 0, 0];
  let losses = 0;
  let received = 0;
  for (const packet of text) {
    if (packet === '1') {
      received++;
      continue;
    }
    if (losses === 0 || received >= GMIN) {
      if (losses === 1) c14++;
      else if (losses > 1) c13++;
      losses = 1;
      c11 += received;
    } else {
      losses++;
      if (received === 0) c33++;
      else {
        c23++;
        c22 += received - 1;
      }
    }
    received = 0;
  }
  if (losses === 1) c14++;
  else if (losses > 1) c13++;
  c11 += received;
  if (c13 === 0) return undefined;
  const p32 = c23 / (c13 + c23 + c33);
  const p23 = c22 + c23 < 1 ? 1 : 1 - c22 / (c22 + c23);
  const inBursts = c22 + 2 * c23 + c33 + c13;
  return { burst: p23 / (p23 + p32), gap: c14 / Math.max(1, c11 + c14), burstPackets: inBursts / c13 };
}

describe('LossPattern', () => {
  it('measures the example of RFC 3611 §4.7.2: a burst of 12 packets and a third, gaps of 52 and 4 %', () => {
    const summary = patternOf('11110111111111111111111X111X1011110111111111111111111X1111111111').summary();
    expect(summary.packets).toBe(64);
    expect(summary.burstPackets * 10).toBe(120);
    expect(summary.burstDensity).toBeCloseTo(1 / 3, 10);
    expect(summary.gapPackets * 10).toBe(520);
    expect(summary.gapDensity).toBeCloseTo(2 / 52, 10);
    expect(summary.lossRatio).toBeCloseTo(3 / 64, 10);
    expect(summary.discardRatio).toBeCloseTo(3 / 64, 10);
  });

  it.each([
    ['nothing', '', { packets: 0, lossRatio: 0, burstDensity: 0, gapDensity: 0, gapPackets: 0, burstRatio: 1 }],
    ['a clean stream', '1'.repeat(50), { packets: 50, lossRatio: 0, gapPackets: 50, burstRatio: 1 }],
    ['a single loss', `${'1'.repeat(20)}0${'1'.repeat(79)}`, { burstPackets: 0, gapDensity: 0.01, gapPackets: 100 }],
    ['15 received between two losses', `0${'1'.repeat(15)}0`, { burstPackets: 17, burstDensity: 2 / 17 }],
    ['16 received between two losses', `0${'1'.repeat(16)}0`, { burstPackets: 0, gapDensity: 2 / 18 }],
    ['nothing but loss', '0000', { burstPackets: 4, burstDensity: 1, gapPackets: 0, lossRatio: 1 }],
  ])('of %s tells what is true', (_name, text, expected) => {
    expect(patternOf(text).summary()).toMatchObject(expected);
  });

  it('agrees with the transition counts of the RFC on any sequence', () => {
    const packet = fc.constantFrom('1', '1', '1', '1', '1', '1', '1', '1', '1', '1', '1', '1', '0', 'X');
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 400 }), (packets) => {
        const text = packets.join('');
        const reference = byTransitions(text);
        const summary = patternOf(text).summary();
        if (reference === undefined) {
          expect(summary.burstPackets).toBe(0);
          return;
        }
        expect(summary.burstDensity).toBeCloseTo(reference.burst, 9);
        expect(summary.gapDensity).toBeCloseTo(reference.gap, 9);
        expect(summary.burstPackets).toBeCloseTo(reference.burstPackets, 9);
      }),
      { numRuns: 500 },
    );
  });

  it('takes many losses at once as one after the other', () => {
    const pattern = patternOf('1'.repeat(20));
    pattern.note('lost', 5);
    pattern.note('received', 30);
    pattern.note('lost', 0);
    pattern.note('lost', -1);
    expect(pattern.summary()).toEqual(patternOf(`${'1'.repeat(20)}00000${'1'.repeat(30)}`).summary());
  });

  it('turns a loss that comes late into a discard', () => {
    const pattern = patternOf('1101');
    pattern.cameLate();
    pattern.cameLate();
    expect(pattern.summary()).toMatchObject({ packets: 4, lossRatio: 0, discardRatio: 0.25 });
  });

  it('finds losses three times as long as chance to be bursty, and chance not to be', () => {
    const bursty = `${'1'.repeat(97)}000`.repeat(10);
    expect(patternOf(bursty).summary().burstRatio).toBeCloseTo(3 * 0.97, 10);
    expect(patternOf(`${'1'.repeat(9)}0`.repeat(50)).summary().burstRatio).toBe(1);
  });
});
