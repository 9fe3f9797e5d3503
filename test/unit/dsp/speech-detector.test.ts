import { describe, expect, it } from 'vitest';
import { SpeechDetector } from '../../../src/media/dsp/speech-detector.js';

/** Feeds levels (value, ticks) and tells the tick of each change. */
function changes(detector: SpeechDetector, ...stretches: [levelDbov: number, ticks: number, probability?: number][]) {
  const found: string[] = [];
  let tick = 0;
  for (const [level, ticks, probability] of stretches) {
    for (let i = 0; i < ticks; i++, tick++) {
      const change = detector.step(level, probability);
      if (change) found.push(`${change} ${tick}`);
    }
  }
  return found;
}

describe('speech detector', () => {
  it('starts after 250 ms of voice and stops after 300 ms of quiet', () => {
    expect(changes(new SpeechDetector(), [-70, 50], [-25, 50], [-70, 50])).toEqual(['started 62', 'stopped 114']);
  });

  it('takes other times', () => {
    const detector = new SpeechDetector({ startMs: 100, endMs: 60 });
    expect(changes(detector, [-70, 10], [-25, 10], [-70, 10])).toEqual(['started 14', 'stopped 22']);
  });

  it('does not start on clicks, and digital silence is no voice', () => {
    const clicks = Array.from({ length: 40 }, (_, i): [number, number] => [i % 2 ? -20 : -70, i % 2 ? 4 : 10]);
    expect(changes(new SpeechDetector(), ...clicks, [-127, 100])).toEqual([]);
  });

  it('bridges the dips between syllables', () => {
    const syllables = Array.from({ length: 20 }, (_, i): [number, number] => [i % 2 ? -50 : -22, i % 2 ? 3 : 8]);
    const detector = new SpeechDetector();
    expect(changes(detector, ...syllables)).toHaveLength(1);
    expect(detector.speaking).toBe(true);
  });

  it('learns a steady noise and hears speech above it', () => {
    const detector = new SpeechDetector();
    changes(detector, [-45, 3000]);
    expect(detector.speaking).toBe(false);
    expect(detector.noiseFloorDbov).toBeCloseTo(-45, 1);
    expect(changes(detector, [-25, 30])).toEqual(['started 12']);
  });

  it('takes noise that begins for speech no longer than 3.5 s, and hears speech above it at once', () => {
    const noise = (seconds: number) =>
      Array.from({ length: 50 * seconds }, (_, i): [number, number] => [-42 + Math.sin(7 * i), 1]);
    const detector = new SpeechDetector();
    const [started, stopped, ...more] = changes(detector, [-70, 20], ...noise(10));
    expect([started?.split(' ')[0], stopped?.split(' ')[0], more]).toEqual(['started', 'stopped', []]);
    expect(Number(stopped?.split(' ')[1])).toBeLessThan(20 + 175);
    expect(changes(detector, [-25, 30], ...noise(1))).toEqual(['started 12', 'stopped 44']);
  });

  it('goes on through a minute of speech without taking it for noise', () => {
    const minute = Array.from({ length: 300 }, (_, i): [number, number] => [i % 2 ? -48 : -24, i % 2 ? 3 : 7]);
    const detector = new SpeechDetector();
    expect(changes(detector, [-60, 100], ...minute)).toHaveLength(1);
    expect(detector.speaking).toBe(true);
  });

  it('lets a voice probability decide in place of the floor', () => {
    expect(changes(new SpeechDetector(), [-20, 50, 0.1])).toEqual([]);
    const detector = new SpeechDetector();
    expect(changes(detector, [-40, 20, 0.9], [-40, 20, 0.5], [-40, 20, 0.1])).toEqual(['started 12', 'stopped 54']);
    // Keyboard noise that a model mistakes for voice is still too quiet.
    expect(changes(new SpeechDetector(), [-60, 50, 0.9])).toEqual([]);
  });

  it('is quiet after a reset', () => {
    const detector = new SpeechDetector();
    changes(detector, [-20, 50]);
    detector.reset();
    expect(detector.speaking).toBe(false);
    expect(changes(detector, [-20, 13])).toEqual(['started 12']);
  });
});
