import { describe, expect, it } from 'vitest';
import { createDecoder, createEncoder } from '../../../src/media/codec/registry.js';
import { Mixer } from '../../../src/media/mixer/mixer.js';
import type { PayloadFormat } from '../../../src/media/protocol.js';
import { createKernels } from '../../support/kernels.js';
import { StreamRoom } from '../../support/stream-room.js';

const G722: PayloadFormat = { encoding: 'G722', payloadType: 9, clockRateHz: 8000, channels: 1, parameters: {} };

describe('G.722 for several listeners', () => {
  it('is encoded once from their first tick on when they come together', () => {
    const room = new StreamRoom(createKernels(), G722, 5);
    room.step([0]);
    expect(room.together).toEqual([false, true, true, true, true]);
    room.steps(20, [0]);
    expect(room.different).toBe(2);
  });

  it('is encoded apart for one who has talked, until half a second of silence for all', () => {
    const room = new StreamRoom(createKernels(), G722, 4);
    room.steps(20, [0, 1]);
    room.steps(30, [0]);
    // It hears the shared mix again, but its encoder has another past.
    expect(room.legs[1]!.sharing).toBe(true);
    expect(room.together).toEqual([false, false, true, true]);
    room.steps(40);
    expect(room.together).toEqual([true, true, true, true]);
    room.steps(10, [0]);
    expect(room.different).toBe(2);
  });

  it('takes a newcomer in at the next silence, not in the middle of a word', () => {
    const room = new StreamRoom(createKernels(), G722, 3);
    room.steps(20, [0]);
    const leg = room.join();
    room.steps(20, [0]);
    expect([leg.sharing, leg.encodedTogether]).toEqual([true, false]);
    room.steps(40);
    expect(leg.encodedTogether).toBe(true);
  });

  it('is at rest in a silent call: the same bytes for all, tick after tick', () => {
    const room = new StreamRoom(createKernels(), G722, 3);
    room.steps(10, [0, 1]);
    room.steps(40);
    const [first, ...others] = room.step();
    expect(room.different).toBe(1);
    for (let i = 0; i < 10; i++) expect(room.step()).toEqual([first, first, first]);
    for (const other of others) expect(other).toEqual(first);
  });

  it('stays where the decoder is when a tick is not sent, whoever else got it', () => {
    const room = new StreamRoom(createKernels(), G722, 4);
    const decoder = createDecoder(G722, room.kernels);
    const [heard, ideal] = [new Float32Array(320), new Float32Array(320)];
    const alone = createEncoder(G722, room.kernels);
    const bytes = new Uint8Array(160);
    const reference = createDecoder(G722, room.kernels);
    for (let tick = 0; tick < 60; tick++) {
      // A digit of 160 ms goes out in place of the audio.
      const isAbsent = tick >= 30 && tick < 38;
      const payload = room.step([0], isAbsent ? [2] : [])[2];
      if (!payload) continue;
      decoder.decode(payload, 160, heard);
      alone.encode(room.legs[2]!.heard.pcm(16_000), bytes, 0);
      reference.decode(bytes, 160, ideal);
      expect(heard).toEqual(ideal);
    }
    expect(room.together).toEqual([false, true, false, true]);
  });

  it('keeps its memory when the format is settled again, and begins anew with another', () => {
    const room = new StreamRoom(createKernels(), G722, 2);
    const twin = new StreamRoom(createKernels(), G722, 2);
    for (let tick = 0; tick < 30; tick++) {
      if (tick % 7 === 0) room.legs[1]!.setFormat({ ...G722, payloadType: 9 + tick });
      expect(room.step([0])).toEqual(twin.step([0]));
    }
    room.legs[1]!.setFormat({ ...G722, encoding: 'PCMU' });
    room.step([0]);
    room.legs[1]!.setFormat(G722);
    const fresh = createEncoder(G722, room.kernels);
    const bytes = new Uint8Array(160);
    for (let tick = 0; tick < 5; tick++) {
      const payload = room.step([0])[1];
      fresh.encode(room.legs[1]!.heard.pcm(16_000), bytes, 0);
      expect(payload).toEqual(bytes);
    }
  });
});

describe('the memory of G.722 encoders', () => {
  it('is given back, that of legs that share one too', () => {
    const kernels = createKernels();
    const first = new StreamRoom(kernels, G722, 2);
    // What is made once for good: filters.
    first.steps(2, [0]);
    first.mixer.close();
    const before = kernels.liveBytes;
    const room = new StreamRoom(kernels, G722, 6);
    room.steps(60, [0]);
    for (const leg of room.legs.splice(0, 4)) room.mixer.removeLeg(leg);
    room.steps(3);
    room.mixer.close();
    expect(kernels.liveBytes).toEqual(before);
  });

  it.each([64, 1024, 2048])('leaves nothing behind when less than %i bytes are left', (left) => {
    const kernels = createKernels();
    const mixer = new Mixer(kernels);
    const legs = Array.from({ length: 2 }, (_, i) => mixer.addLeg(`${i}`));
    let filled = 0;
    for (let size = 2 ** 25; size >= left; size /= 2) {
      try {
        for (;;) {
          kernels.allocate(size);
          filled += size;
        }
      } catch {
        // On with smaller ones.
      }
    }
    const setAll = () => {
      for (const leg of legs) leg.setFormat(G722);
    };
    expect(setAll).toThrow(expect.objectContaining({ code: 'capacityReached' }));
    mixer.removeLeg(legs[0]!);
    mixer.close();
    expect(kernels.liveBytes).toBe(filled);
  });
});
