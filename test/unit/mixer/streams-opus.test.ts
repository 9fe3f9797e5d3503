import { describe, expect, it } from 'vitest';
import { createDecoder, createEncoder } from '../../../src/media/codec/registry.js';
import { createKernels } from '../../support/kernels.js';
import { createOpus, opusFormat, segmentalSnrDb } from '../../support/opus.js';
import { StreamRoom } from '../../support/stream-room.js';

const OPUS = opusFormat();
const opus = createOpus();
const open = (count: number) => new StreamRoom(createKernels(opus), OPUS, count);

describe('Opus for several listeners', () => {
  it('is encoded once for those who are silent', () => {
    const room = open(5);
    room.steps(52, [0]);
    expect(room.together).toEqual([false, true, true, true, true]);
    expect(room.different).toBe(2);
  });

  it('takes one who has talked back after a second, and nobody who says a word twice a second', () => {
    const room = open(4);
    room.steps(60);
    const changes: boolean[] = [];
    for (let i = 0; i < 4; i++) {
      room.steps(5, [0, 1]);
      room.steps(20, [0]);
      changes.push(room.together[1]!);
    }
    expect(changes).toEqual(new Array(4).fill(false));
    room.steps(40, [0]);
    expect(room.together[1]).toBe(true);
  });

  it('is heard through every change as well as from an encoder of its own', () => {
    const room = open(4);
    const own = createEncoder(OPUS, room.kernels);
    const [decoder, ownDecoder] = [createDecoder(OPUS, room.kernels), createDecoder(OPUS, room.kernels)];
    const ticks = 240;
    const [mix, heard, ideal] = [0, 0, 0].map(() => new Float32Array(ticks * 960)) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const bytes = new Uint8Array(1920);
    let changes = 0;
    let was = false;
    for (let tick = 0; tick < ticks; tick++) {
      // Leg 1, who listens, says something now and then.
      const payload = room.step(tick % 80 > 70 ? [0, 1] : [0])[1]!;
      const at = tick * 960;
      const leg = room.legs[1]!;
      mix.set(leg.heard.pcm48, at);
      decoder.decode(payload, payload.length, heard.subarray(at, at + 960));
      const length = own.encode(leg.heard.pcm48, bytes, 0);
      ownDecoder.decode(bytes, length, ideal.subarray(at, at + 960));
      changes += Number(leg.encodedTogether !== was);
      was = leg.encodedTogether;
    }
    expect(changes).toBeGreaterThanOrEqual(5);
    // Both are late by the look-ahead of libopus.
    const wanted = mix.subarray(0, -312);
    const best = segmentalSnrDb(wanted, ideal.subarray(312));
    expect(best).toBeGreaterThan(4);
    expect(segmentalSnrDb(wanted, heard.subarray(312))).toBeGreaterThan(best - 0.3);
  });

  it('carries redundancy while one of those who share it loses packets', () => {
    const [room, lossless] = [open(4), open(4)];
    const bytesOf = (from: StreamRoom, ticks: number) => {
      let bytes = 0;
      for (let i = 0; i < ticks; i++) bytes += from.step([0])[3]!.length;
      return bytes;
    };
    room.steps(60, [0]);
    lossless.steps(60, [0]);
    room.legs[2]!.setPacketLoss(0.2);
    expect(room.together).toEqual([false, true, true, true]);
    expect(bytesOf(room, 40)).not.toBe(bytesOf(lossless, 40));
    expect(room.together).toEqual([false, true, true, true]);
  });
});

describe('the memory of Opus encoders', () => {
  it('is given back, that of legs that share one too', () => {
    const kernels = createKernels(opus);
    const first = new StreamRoom(kernels, OPUS, 2);
    // What is made once for good: filters.
    first.steps(2, [0]);
    first.mixer.close();
    const before = [kernels.liveBytes, opus.liveBytes];
    const room = new StreamRoom(kernels, OPUS, 6);
    room.steps(60, [0]);
    for (const leg of room.legs.splice(0, 4)) room.mixer.removeLeg(leg);
    room.steps(3);
    room.mixer.close();
    expect([kernels.liveBytes, opus.liveBytes]).toEqual(before);
  });
});
