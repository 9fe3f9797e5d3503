import { describe, expect, it } from 'vitest';
import { WaveformPlc } from '../../../src/media/codec/waveform-plc.js';
import { seededNoise } from '../../support/noise.js';

/** A voice-like buzz: harmonics of `pitchHz` falling by 6 dB per octave. */
function voice(rateHz: number, pitchHz: number, length: number): Float32Array {
  return Float32Array.from({ length }, (_, n) => {
    let sum = 0;
    for (let harmonic = 1; harmonic * pitchHz < 3400; harmonic++) {
      sum += Math.sin((2 * Math.PI * harmonic * pitchHz * n) / rateHz + harmonic) / harmonic;
    }
    return 0.25 * sum;
  });
}

/** Plays a signal in 20 ms frames, those in `lost` being concealed. */
function played(signal: Float32Array, rateHz: number, lost: ReadonlySet<number>): Float32Array {
  const plc = new WaveformPlc(rateHz);
  const frame = rateHz / 50;
  const output = signal.slice();
  for (let i = 0; i * frame < signal.length; i++) {
    const part = output.subarray(i * frame, (i + 1) * frame);
    if (lost.has(i)) plc.conceal(part, frame);
    else plc.received(part, frame);
  }
  return output;
}

const rms = (signal: Float32Array) => Math.sqrt(signal.reduce((sum, value) => sum + value * value, 0) / signal.length);
const error = (a: Float32Array, b: Float32Array) => rms(a.map((value, i) => value - b[i]!));
const steepest = (signal: Float32Array) =>
  signal.reduce((most, value, i) => (i ? Math.max(most, Math.abs(value - signal[i - 1]!)) : 0), 0);

describe.each([8000, 16_000, 48_000])('waveform concealment at %i Hz', (rateHz) => {
  const frame = rateHz / 50;

  it.each([70, 100, 137, 180, 250, 390])('continues a voice of %i Hz through one lost frame', (pitchHz) => {
    const signal = voice(rateHz, pitchHz, 10 * frame);
    const output = played(signal, rateHz, new Set([6]));
    const hole = [6 * frame, 7 * frame] as const;
    expect(error(output.subarray(...hole), signal.subarray(...hole))).toBeLessThan(0.4 * rms(signal));
    // Neither where the loss begins nor where it ends is there a step the voice itself does not have.
    expect(steepest(output)).toBeLessThan(1.5 * steepest(signal));
  });

  it.each([-0.03, 0.03])('goes on with a pitch that changes by %f of itself in 40 ms', (share) => {
    let phase = 0;
    const signal = Float32Array.from({ length: 10 * frame }, (_, n) => {
      phase += (140 * (1 + (share * (n - 6 * frame)) / (2 * frame))) / rateHz;
      let sum = 0;
      for (let harmonic = 1; harmonic <= 12; harmonic++) sum += Math.sin(2 * Math.PI * harmonic * phase) / harmonic;
      return 0.2 * sum;
    });
    const output = played(signal, rateHz, new Set([6]));
    const hole = [6 * frame, 7 * frame] as const;
    expect(error(output.subarray(...hole), signal.subarray(...hole))).toBeLessThan(0.3 * rms(signal));
  });

  it('follows on silence untouched once what was made up has been faded out', () => {
    const plc = new WaveformPlc(rateHz);
    const signal = voice(rateHz, 100, 5 * frame);
    plc.received(signal.slice(), 5 * frame);
    plc.conceal(new Float32Array(frame), frame);
    plc.fellSilent();
    const received = signal.slice(0, frame);
    plc.received(received, frame);
    expect(received).toEqual(signal.slice(0, frame));
  });

  it('changes nothing where nothing is lost', () => {
    const signal = voice(rateHz, 120, 20 * frame);
    expect(played(signal, rateHz, new Set())).toEqual(signal);
  });

  it('is back to the received signal 5 ms after a loss, without a step that would be heard', () => {
    const signal = voice(rateHz, 120, 20 * frame);
    const output = played(signal, rateHz, new Set([6, 7, 8]));
    const back = 9 * frame + (rateHz * 5) / 1000;
    expect(output.subarray(back)).toEqual(signal.subarray(back));
    expect(steepest(output)).toBeLessThan(3.1 * steepest(signal));
  });

  it('leaves the received signal as it is where it goes on without a step', () => {
    const signal = voice(rateHz, 100, 20 * frame);
    const output = played(signal, rateHz, new Set([6]));
    expect(output.subarray(7 * frame)).toEqual(signal.subarray(7 * frame));
  });

  it('hides a step where silence would end in full sound', () => {
    const signal = new Float32Array(20 * frame);
    for (let i = 9 * frame; i < signal.length; i++) {
      signal[i] = 0.5 * Math.cos((2 * Math.PI * 100 * (i - 9 * frame)) / rateHz);
    }
    const output = played(signal, rateHz, new Set([6, 7, 8]));
    expect(steepest(signal)).toBe(0.5);
    expect(steepest(output)).toBeLessThan(0.15);
  });

  it('doubts: as loud as the voice at first, a floor after that, digital silence from 160 ms', () => {
    const signal = voice(rateHz, 120, 20 * frame);
    const output = played(signal, rateHz, new Set([6, 7, 8, 9, 10, 11, 12, 13, 14]));
    const level = (index: number) => rms(output.subarray(index * frame, (index + 1) * frame)) / rms(signal);
    expect(level(6)).toBeGreaterThan(0.7);
    expect(level(8)).toBeLessThan(level(7));
    expect(level(11)).toBeCloseTo(0.45, 1);
    expect(level(13)).toBeLessThan(0.2);
    expect(output.subarray(14 * frame, 15 * frame).every((value) => value === 0)).toBe(true);
    expect(steepest(output)).toBeLessThan(3.1 * steepest(signal));
  });

  it('goes on falling where the voice was falling', () => {
    const signal = voice(rateHz, 100, 20 * frame).map((value, i) => value * 0.5 ** (i / frame));
    const output = played(signal, rateHz, new Set([6]));
    const level = (index: number) => rms(output.subarray(index * frame, (index + 1) * frame));
    expect(level(6)).toBeLessThan(0.7 * level(5));
  });

  it('conceals before anything was received with silence', () => {
    expect(played(new Float32Array(2 * frame).fill(1), rateHz, new Set([0, 1])).every((value) => value === 0)).toBe(
      true,
    );
  });

  it('stays within the loudness of noise', () => {
    const signal = seededNoise(5, 12 * frame);
    const output = played(signal, rateHz, new Set([5, 6, 9]));
    expect(output.reduce((most, value) => Math.max(most, Math.abs(value)), 0)).toBeLessThan(2);
    expect(rms(output.subarray(5 * frame, 6 * frame))).toBeLessThan(1.2 * rms(signal));
  });

  it('forgets the past on reset', () => {
    const plc = new WaveformPlc(rateHz);
    plc.received(voice(rateHz, 100, 5 * frame), 5 * frame);
    plc.conceal(new Float32Array(frame), frame);
    plc.reset();
    const fresh = voice(rateHz, 200, frame);
    const received = fresh.slice();
    plc.received(received, frame);
    expect(received).toEqual(fresh);
  });
});

describe('waveform concealment of a talk with 10 % bursty loss', () => {
  it('is nearer to the original than silence and than repeating the last frame', () => {
    const rateHz = 8000;
    const frame = 160;
    // A gliding voice with syllables.
    let phase = 0;
    const signal = Float32Array.from({ length: 500 * frame }, (_, n) => {
      const seconds = n / rateHz;
      phase += (110 + 30 * Math.sin(2 * Math.PI * 0.7 * seconds)) / rateHz;
      let sum = 0;
      for (let harmonic = 1; harmonic <= 20; harmonic++) sum += Math.sin(2 * Math.PI * harmonic * phase) / harmonic;
      return 0.2 * sum * (0.55 + 0.45 * Math.sin(2 * Math.PI * 3 * seconds));
    });
    const noise = seededNoise(9, 500);
    const lost = new Set<number>();
    for (let i = 10; i < 490; i++) if (noise[i]! > 0.93) for (let k = 0; k < 1 + (i % 3); k++) lost.add(i + k);
    const silent = signal.slice();
    const repeated = signal.slice();
    for (const i of [...lost].sort((a, b) => a - b)) {
      silent.fill(0, i * frame, (i + 1) * frame);
      repeated.copyWithin(i * frame, (i - 1) * frame, i * frame);
    }
    const concealed = error(played(signal, rateHz, lost), signal);
    expect(concealed).toBeLessThan(error(silent, signal));
    expect(concealed).toBeLessThan(0.8 * error(repeated, signal));
  });
});
