import { describe, expect, it } from 'vitest';
import { AutomaticGain } from '../../../src/media/dsp/automatic-gain.js';
import { NoiseGate } from '../../../src/media/dsp/noise-gate.js';
import { NoiseTracker } from '../../../src/media/dsp/noise-tracker.js';
import { hearSpeaker, orderSpeakers, type Speaker } from '../../../src/media/dsp/speaker-order.js';
import { seededRandom } from '../../support/noise.js';

/** What a tracker makes of so many ticks of levels. */
function noiseOf(ticks: number, level: (tick: number) => number): number {
  const tracker = new NoiseTracker();
  for (let tick = 0; tick < ticks; tick++) tracker.step(level(tick));
  return tracker.noiseDbov;
}

describe('noise tracker', () => {
  const random = seededRandom(3);
  const jitter = (): number => random() * 2 - 1;

  it('finds the noise under speech', () => {
    const noise = noiseOf(300, (tick) => (tick % 40 < 30 ? -25 : -45) + jitter());
    expect(noise).toBeGreaterThan(-47);
    expect(noise).toBeLessThan(-44);
  });

  it.each([
    ['a tone', () => -20],
    ['speech with true silence between', (tick: number) => (tick % 40 < 30 ? -25 + jitter() : -127)],
    ['nothing', () => -127],
  ])('finds none in %s', (_name, level) => {
    expect(noiseOf(300, level)).toBe(-127);
  });

  it('says nothing before it has listened for 3 s', () => {
    expect(noiseOf(149, () => -40 + jitter())).toBe(-127);
    expect(noiseOf(150, () => -40 + jitter())).toBeGreaterThan(-42);
  });
});

describe('noise gate', () => {
  const ones = (): Float32Array => new Float32Array(960).fill(1);

  it('closes after 600 ms of what nobody can hear, fading, and opens within 2.5 ms', () => {
    const gate = new NoiseGate();
    for (let tick = 0; tick < 30; tick++) {
      const frame = ones();
      expect(gate.process(frame, -65, false)).toBe(true);
      expect(frame).toEqual(ones());
    }
    const last = ones();
    expect(gate.process(last, -65, false)).toBe(true);
    expect([last[0]! > 0.99, last[959]]).toEqual([true, 0]);
    expect(gate.process(ones(), -65, false)).toBe(false);
    expect(gate.process(ones(), -58, false)).toBe(false);
    const first = ones();
    expect(gate.process(first, -30, false)).toBe(true);
    expect([first[0], first[120], gate.closed]).toEqual([0, 1, false]);
  });

  it('stays open while somebody speaks, however softly', () => {
    const gate = new NoiseGate();
    for (let tick = 0; tick < 100; tick++) gate.process(ones(), -65, true);
    expect(gate.closed).toBe(false);
  });
});

describe('automatic gain', () => {
  const after = (ticks: number, level: number, gain = new AutomaticGain(), speaking = true, peak = 0.05): number => {
    for (let tick = 0; tick < ticks; tick++) gain.step(level, peak, speaking, -24, 0);
    return gain.gainDb;
  };

  it('brings speech to the target, up slowly and down faster, within its bounds', () => {
    expect(after(25, -36)).toBeCloseTo(2, 1);
    expect(after(500, -36)).toBeCloseTo(12, 1);
    expect(after(500, -15)).toBeCloseTo(-9, 1);
    expect(after(1000, -60)).toBe(18);
  });

  it('stands still in silence', () => {
    const gain = new AutomaticGain();
    const before = after(100, -36, gain);
    expect(after(500, -70, gain, false)).toBe(before);
  });

  it('never raises a peak above −1 dBFS', () => {
    const gain = new AutomaticGain();
    after(500, -36, gain);
    expect(0.6 * gain.step(-20, 0.6, true, -24, 0)).toBeLessThanOrEqual(10 ** (-1 / 20) + 1e-9);
  });
});

describe('order of speakers', () => {
  const talk = (speaker: Speaker, ticks: number, level: number): void => {
    for (let tick = 0; tick < ticks; tick++) hearSpeaker(speaker, level, level > -60);
  };

  it('puts the loudest recent speaker first, and does not flicker between like ones', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((legId): Speaker => ({ legId, loudness: 0 })) as [Speaker, Speaker, Speaker];
    talk(a, 50, -30);
    let order = orderSpeakers([], [a, b, c]);
    expect(order).toEqual(['a']);
    talk(b, 50, -28);
    expect((order = orderSpeakers(order, [a, b, c]))).toEqual(['a', 'b']);
    talk(b, 50, -20);
    expect((order = orderSpeakers(order, [a, b, c]))).toEqual(['b', 'a']);
    expect(orderSpeakers(order, [c, b, a])).toBe(order);
    talk(a, 2000, -127);
    expect(orderSpeakers(order, [a, b, c])).toEqual(['b']);
  });
});
