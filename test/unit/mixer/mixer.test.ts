import { describe, expect, it } from 'vitest';
import { limiterCeiling } from '../../../src/media/dsp/limiter.js';
import { Mixer } from '../../../src/media/mixer/mixer.js';
import type { MixerLeg } from '../../../src/media/mixer/mixer-leg.js';
import type { EncodingName, PayloadFormat } from '../../../src/media/protocol.js';
import { createKernels } from '../../support/kernels.js';
import { seededNoise } from '../../support/noise.js';
import { toneAt } from '../../support/spectrum.js';
import { frequencies, ToneRoom } from '../../support/tone-room.js';

function format(encoding: EncodingName, payloadType = 0): PayloadFormat {
  return { encoding, payloadType, clockRateHz: 8000, channels: 1, parameters: {} };
}

describe('mixer', () => {
  it('lets everybody hear the others and not itself', () => {
    const room = new ToneRoom(4);
    for (let i = 0; i < 3; i++) room.step([0, 1, 2]);
    expect([0, 1, 2, 3].map((listener) => room.hears(listener))).toEqual([
      [0, 0.1, 0.1, 0],
      [0.1, 0, 0.1, 0],
      [0.1, 0.1, 0, 0],
      [0.1, 0.1, 0.1, 0],
    ]);
  });

  it('is silent for a leg in the very tick it does not submit, whatever its frame holds', () => {
    const room = new ToneRoom(2);
    room.step([0]);
    room.step([]);
    room.legs[0]!.sourceFrame.fill(0.5);
    room.step([]);
    expect(room.legs[1]!.heard.isSilent).toBe(true);
    expect(room.legs[0]!.sourceFrame.every((value) => value === 0)).toBe(true);
    room.legs[0]!.sourceFrame.fill(0.5);
    room.legs[0]!.submit();
    room.legs[0]!.setSilent();
    room.step([]);
    expect(room.legs[1]!.heard.isSilent).toBe(true);
  });

  it('cuts a muted leg at the tick, for listeners and tools, and fades it in after', () => {
    const room = new ToneRoom(2);
    for (let i = 0; i < 3; i++) room.step([0]);
    room.legs[0]!.muted = true;
    room.step([0]);
    expect(room.legs[0]!.sourceFrame.every((value) => value === 0)).toBe(true);
    expect(room.legs[0]!.audible).toBe(false);
    expect(room.legs[1]!.heard.pcm48.every((value) => value === 0)).toBe(true);
    room.legs[0]!.muted = false;
    room.step([0]);
    const faded = room.legs[0]!.sourceFrame;
    expect(Math.max(...faded.subarray(0, 96).map(Math.abs))).toBeLessThan(0.011);
    room.step([0]);
    expect(room.hears(1)[0]).toBeGreaterThan(0.09);
  });

  it('applies a new gain over one frame, without a step', () => {
    const room = new ToneRoom(2);
    room.step([0]);
    room.legs[0]!.gain = 0.5;
    room.step([0]);
    const frame = room.legs[0]!.sourceFrame;
    expect(toneAt(frame.subarray(0, 96), 48_000, 500).amplitude).toBeCloseTo(0.0975, 2);
    expect(toneAt(frame.subarray(864), 48_000, 500).amplitude).toBeCloseTo(0.0525, 2);
    room.step([0]);
    room.step([0]);
    expect(room.hears(1)).toEqual([0.05, 0]);
  });

  it('gives a deaf leg silence, and others still hear it', () => {
    const room = new ToneRoom(3);
    room.legs[2]!.deaf = true;
    for (let i = 0; i < 3; i++) room.step([0, 2]);
    expect(room.legs[2]!.heard.isSilent).toBe(true);
    expect(room.hears(1)).toEqual([0.1, 0, 0.1]);
    room.legs[2]!.deaf = false;
    for (let i = 0; i < 2; i++) room.step([0, 2]);
    expect(room.hears(2)).toEqual([0.1, 0, 0]);
  });

  it('whispers: one leg is heard by one other only', () => {
    const room = new ToneRoom(4);
    const [agent, customer, coach, other] = room.legs as [MixerLeg, MixerLeg, MixerLeg, MixerLeg];
    room.mixer.routing.set(customer, coach, 0);
    room.mixer.routing.set(other, coach, 0);
    room.mixer.routing.set(agent, coach, 2);
    for (let i = 0; i < 3; i++) room.step([0, 1, 2]);
    expect(room.hears(0)).toEqual([0, 0.1, 0.2, 0]);
    expect(room.hears(1)).toEqual([0.1, 0, 0, 0]);
    expect(room.hears(2)).toEqual([0.1, 0.1, 0, 0]);
    expect(room.hears(3)).toEqual([0.1, 0.1, 0, 0]);
    room.mixer.removeLeg(coach);
    expect(room.mixer.routing.size).toBe(0);
  });

  it('never gives a leg its own voice back, with ten legs at full scale and the limiter at work', () => {
    const room = new ToneRoom(10);
    const everybody = frequencies.map((_, index) => index);
    for (let i = 0; i < 60; i++) room.step(everybody, 1);
    for (const leg of everybody) {
      const { pcm48 } = room.legs[leg]!.heard;
      expect(Math.max(...pcm48.map(Math.abs))).toBeLessThanOrEqual(limiterCeiling * (1 + 2 ** -22));
      const heard = everybody.map((index) => toneAt(pcm48, 48_000, frequencies[index]!).amplitude);
      const own = heard[leg]!;
      const others = heard.filter((_, index) => index !== leg);
      expect(20 * Math.log10(own / Math.min(...others))).toBeLessThan(-40);
    }
  });

  it('leaves every source readable after the mix, on the grid', () => {
    const room = new ToneRoom(3);
    room.step([0, 1]);
    for (const index of [0, 1]) {
      const { sourceFrame } = room.legs[index]!;
      expect(toneAt(sourceFrame, 48_000, frequencies[index]!).amplitude).toBeCloseTo(0.1, 4);
      expect(sourceFrame.every((value) => Number.isInteger(value * 65_536))).toBe(true);
    }
  });

  it('keeps one broken source from the others: NaN is silence, infinity is bounded', () => {
    const room = new ToneRoom(3);
    for (let i = 0; i < 3; i++) {
      room.legs[0]!.sourceFrame.fill(NaN);
      room.legs[0]!.submit();
      room.step([1]);
    }
    expect(room.hears(2)).toEqual([0, 0.1, 0]);
    room.legs[0]!.sourceFrame.fill(-Infinity);
    room.legs[0]!.submit();
    room.step([1]);
    expect(room.legs[2]!.heard.pcm48.every((value) => Math.abs(value) < 1)).toBe(true);
    for (let i = 0; i < 100; i++) room.step([1]);
    expect(room.hears(2)).toEqual([0, 0.1, 0]);
  });

  it('gives all its memory back', () => {
    const kernels = createKernels();
    new Mixer(kernels).close();
    const before = kernels.liveBytes;
    const mixer = new Mixer(kernels);
    const legs = Array.from({ length: 8 }, (_, i) => mixer.addLeg(`${i}`));
    for (const leg of legs) leg.setFormat(format('PCMU'));
    legs[0]!.setFormat(format('PCMA'));
    mixer.sum();
    mixer.render();
    for (const leg of legs.slice(0, 5)) mixer.removeLeg(leg);
    mixer.close();
    expect(kernels.liveBytes).toBe(before);
    expect(() => mixer.removeLeg(legs[0]!)).toThrow('not in the call');
  });

  it('leaves nothing behind when memory runs out', () => {
    const kernels = createKernels();
    const mixer = new Mixer(kernels);
    kernels.allocate(kernels.buffer.byteLength - kernels.liveBytes - 100_000);
    const before = kernels.liveBytes;
    const tryAll = () => {
      for (;;) mixer.addLeg('one more');
    };
    expect(tryAll).toThrow(expect.objectContaining({ code: 'capacityReached' }));
    for (const leg of [...mixer.legs]) mixer.removeLeg(leg);
    expect(kernels.liveBytes).toBe(before);
  });
});

describe('what is heard alike', () => {
  it('is rendered once for all silent legs and privately for talkers', () => {
    const room = new ToneRoom(6);
    for (let i = 0; i < 3; i++) room.step([0, 1]);
    expect(room.legs.map((leg) => leg.sharing)).toEqual([false, false, true, true, true, true]);
    expect(new Set(room.legs.slice(2).map((leg) => leg.heard)).size).toBe(1);
  });

  it('takes a talker back two ticks after it stopped, when its history is that of the others', () => {
    const room = new ToneRoom(4);
    for (let i = 0; i < 3; i++) room.step([0, 1]);
    room.step([1]);
    expect(room.legs[0]!.sharing).toBe(false);
    room.step([1]);
    expect(room.legs[0]!.sharing).toBe(true);
  });

  it('starts again after a time in which everybody talked', () => {
    const room = new ToneRoom(3);
    for (let i = 0; i < 3; i++) room.step([0, 1, 2]);
    expect(room.mixer.sharingLegs).toBe(0);
    for (let i = 0; i < 3; i++) room.step([0]);
    expect(room.mixer.sharingLegs).toBe(2);
  });

  it('encodes once per encoding, whatever the payload type number', () => {
    const room = new ToneRoom(5);
    room.legs[1]!.setFormat(format('PCMU', 0));
    room.legs[2]!.setFormat(format('PCMU', 96));
    room.legs[3]!.setFormat(format('PCMA', 8));
    for (let i = 0; i < 3; i++) room.step([0]);
    const [first, second, third] = room.legs.slice(1, 4).map((leg) => leg.payload()) as [
      { bytes: Uint8Array; length: number },
      { bytes: Uint8Array; length: number },
      { bytes: Uint8Array; length: number },
    ];
    expect(second).toBe(first);
    expect(third).not.toBe(first);
    expect([first.length, third.length]).toEqual([160, 160]);
    expect(new Set(first.bytes).size).toBeGreaterThan(5);
    const before = first.bytes.slice();
    room.step([0], 0.2);
    expect(room.legs[1]!.payload().bytes).not.toEqual(before);
  });

  it('is the ready-made payload of silence in an idle call, at next to no work', () => {
    const room = new ToneRoom(3);
    for (const leg of room.legs) leg.setFormat(format('PCMU'));
    for (let i = 0; i < 3; i++) room.step([0]);
    for (let i = 0; i < 3; i++) room.step([]);
    for (const leg of room.legs) {
      expect(leg.heard.isSilent).toBe(true);
      expect([...leg.payload().bytes.subarray(0, leg.payload().length)]).toEqual(new Array(160).fill(0xff));
    }
  });

  it('is silence for the only leg of a call, however loud', () => {
    const room = new ToneRoom(1);
    for (let i = 0; i < 3; i++) room.step([0], 1);
    expect(room.legs[0]!.heard.isSilent).toBe(true);
  });

  it('asks for a format before a payload', () => {
    const room = new ToneRoom(1);
    room.step([]);
    expect(() => room.legs[0]!.payload()).toThrow('no format');
    expect(() => room.legs[0]!.setFormat({ ...format('L16'), clockRateHz: 11_025 })).toThrow(
      expect.objectContaining({ code: 'noCommonCodec' }),
    );
  });

  it('ends a long sound with its last samples and then exact zeros', () => {
    const room = new ToneRoom(2);
    const noise = seededNoise(4, 960);
    room.legs[0]!.sourceFrame.set(noise.map((value) => value * 0.5));
    room.legs[0]!.submit();
    room.step([]);
    room.step([]);
    const { heard } = room.legs[1]!;
    expect(heard.pcm48).toEqual(new Float32Array(960));
    // What the resamplers remember of it still sounds.
    for (const [rateHz, samples] of [
      [8000, 17],
      [16_000, 23],
    ] as const) {
      expect(heard.pcm(rateHz).subarray(0, samples)).not.toEqual(new Float32Array(samples));
      expect(heard.pcm(rateHz).subarray(samples)).toEqual(new Float32Array(rateHz / 50 - samples));
    }
    expect(heard.isSilent).toBe(false);
    room.step([]);
    expect(room.legs[1]!.heard.isSilent).toBe(true);
  });
});
