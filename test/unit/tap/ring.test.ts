import { describe, expect, it } from 'vitest';
import { TapReader } from '../../../src/media/tap/reader.js';
import { createTapRing } from '../../../src/media/tap/ring.js';
import type { TapState } from '../../../src/media/tap/ring.js';
import { TapWriter } from '../../../src/media/tap/writer.js';
import { seededNoise } from '../../support/noise.js';
import { TapLog } from '../../support/tap-log.js';

const silence = new Float32Array(960);

/** Both ends of one ring. */
function openRing({ maxLegs = 2, seconds = 0.1, firstTick = 100 } = {}) {
  const ring = createTapRing(maxLegs, seconds);
  return { ring, writer: new TapWriter(ring, firstTick), log: new TapLog(ring) };
}

/** One tick of sources given as `[number, state, samples]`; their legs are called after their numbers. */
function write(writer: TapWriter, tick: number, sources: readonly [number, TapState, Float32Array?][]): boolean {
  writer.begin(tick);
  for (const [number, state, samples] of sources) writer.frame(number, `leg_${number}`, state, samples ?? silence);
  return writer.commit();
}

describe('a tap ring', () => {
  it('tells sources, states, leaving and the end, at their ticks', () => {
    const { writer, log } = openRing();
    write(writer, 100, [[0, 'silent']]);
    write(writer, 101, [
      [0, 'audio'],
      [3, 'noConsent'],
    ]);
    write(writer, 102, [[3, 'isolated']]);
    write(writer, 103, [[3, 'muted']]);
    write(writer, 104, []);
    expect(writer.end(105)).toBe(105);
    expect(log.read()).toBe(5);
    expect(log.take()).toEqual([
      '100 joined 0 leg_0',
      '100 leg_0 silent',
      '101 leg_0 audio',
      '101 joined 3 leg_3',
      '101 leg_3 noConsent',
      '102 leg_3 isolated',
      '102 left leg_0',
      '103 leg_3 muted',
      '104 left leg_3',
      '105 ended',
    ]);
    expect(log.ticks).toEqual([100, 101, 102, 103, 104]);
    expect(log.reader.ended).toBe(true);
    expect(log.read()).toBe(0);
    expect(log.take()).toEqual([]);
  });

  it('gives audio bit for bit, and none with any other state', () => {
    const { writer, log } = openRing();
    const audio = seededNoise(1, 960);
    write(writer, 100, [
      [0, 'audio', audio],
      [1, 'noConsent', audio],
    ]);
    log.read();
    const [first, second] = log.frames;
    expect(new Uint32Array(first!.samples!.buffer)).toEqual(new Uint32Array(audio.slice().buffer));
    expect(second!.samples).toBeUndefined();
  });

  it('holds not one sample of a source that is not audio', () => {
    const { ring, writer } = openRing();
    for (const [tick, state] of (['isolated', 'muted', 'noConsent', 'silent'] as const).entries()) {
      write(writer, 100 + tick, [[0, state, new Float32Array(960).fill(0.7)]]);
    }
    expect(new Float32Array(ring).some((value) => Math.abs(value - 0.7) < 1e-6)).toBe(false);
  });

  it('says when it begins, also to whoever looks before there is a writer', () => {
    const ring = createTapRing(1, 0.1);
    const log = new TapLog(ring);
    expect(log.reader.firstTick).toBeUndefined();
    expect(log.read()).toBe(0);
    const writer = new TapWriter(ring, 7);
    expect(log.reader.firstTick).toBe(7);
    expect(log.read()).toBe(0);
    writer.end(7);
    log.read();
    expect(log.take()).toEqual(['7 ended']);
  });

  it('never ends before a tick that is in it, and tells ticks nobody wrote as missing', () => {
    const { writer, log } = openRing();
    write(writer, 103, [[0, 'silent']]);
    write(writer, 106, [[0, 'silent']]);
    log.read();
    expect(log.take()).toEqual([
      '100 missing 3',
      '103 joined 0 leg_0',
      '103 leg_0 silent',
      '104 missing 2',
      '106 leg_0 silent',
    ]);
    expect(writer.end(50)).toBe(107);
    log.read();
    expect(log.take()).toEqual(['107 left leg_0', '107 ended']);
  });

  it('tells ticks between the last written and the end as missing', () => {
    const { writer, log } = openRing();
    write(writer, 100, [[0, 'silent']]);
    writer.end(104);
    log.read();
    expect(log.take().slice(2)).toEqual(['101 missing 3', '104 left leg_0', '104 ended']);
  });

  it('drops whole ticks when it is full, counts them, and goes on when there is room', () => {
    const { writer, log } = openRing({ maxLegs: 1, seconds: 0.1 });
    const written: boolean[] = [];
    for (let tick = 100; tick < 110; tick++) written.push(write(writer, tick, [[0, 'audio']]));
    // Room for 5 ticks, and two frames of reserve for what does not fit before the end of the memory.
    expect(written.slice(0, 5)).toEqual([true, true, true, true, true]);
    expect(written.slice(7)).toEqual([false, false, false]);
    const dropped = written.filter((fits) => !fits).length;
    expect([writer.droppedTicks, log.reader.droppedTicks]).toEqual([dropped, dropped]);
    log.read();
    expect(log.ticks).toHaveLength(10 - dropped);
    log.take();
    expect(write(writer, 110, [[0, 'audio']])).toBe(true);
    log.read();
    expect(log.take()).toEqual([`${110 - dropped} missing ${dropped}`, '110 leg_0 audio']);
  });

  it('announces a source again when the tick that first did so was dropped', () => {
    const { writer, log } = openRing({ maxLegs: 1, seconds: 0.1 });
    for (let tick = 100; tick < 110; tick++) write(writer, tick, [[0, 'audio']]);
    expect(
      write(writer, 110, [
        [0, 'audio'],
        [1, 'audio'],
      ]),
    ).toBe(false);
    log.read();
    log.take();
    write(writer, 111, [
      [0, 'silent'],
      [1, 'silent'],
    ]);
    log.read();
    expect(log.take().slice(1)).toEqual(['111 leg_0 silent', '111 joined 1 leg_1', '111 leg_1 silent']);
  });

  it('ends also when it is full, and tells how much was lost', () => {
    const { writer, log } = openRing({ maxLegs: 1, seconds: 0.1 });
    for (let tick = 100; tick < 120; tick++) write(writer, tick, [[0, 'audio']]);
    writer.end(120);
    log.read();
    expect(log.take().slice(-3)).toEqual([
      `${120 - writer.droppedTicks} missing ${writer.droppedTicks}`,
      '120 left leg_0',
      '120 ended',
    ]);
  });

  it('holds what it was made for, wherever in its memory it stands', () => {
    const { writer, log } = openRing({ maxLegs: 3, seconds: 0.1 });
    let tick = 100;
    for (let round = 0; round < 200; round++) {
      // Ticks of other lengths move the place where the memory ends through all kinds of records.
      for (let i = 0; i < round % 7; i++) {
        write(writer, tick++, [
          [0, i % 2 ? 'audio' : 'silent'],
          [1, 'muted'],
          [2, 'noConsent'],
        ]);
      }
      log.read();
      for (let i = 0; i < 5; i++) {
        expect(
          write(writer, tick++, [
            [0, 'audio'],
            [1, 'audio'],
            [2, 'audio'],
          ]),
        ).toBe(true);
      }
      log.read();
    }
    expect(log.ticks).toEqual(Array.from({ length: tick - 100 }, (_, i) => 100 + i));
  });

  it('is read in portions if wished, each of whole ticks', () => {
    const { writer, log } = openRing();
    for (let tick = 100; tick < 105; tick++) write(writer, tick, [[0, 'silent']]);
    writer.end(105);
    expect([log.read(2), log.ticks.length, log.reader.ended]).toEqual([2, 2, false]);
    expect([log.read(2), log.ticks.length, log.reader.ended]).toEqual([2, 4, false]);
    expect([log.read(2), log.ticks.length, log.reader.ended]).toEqual([1, 5, true]);
  });

  it('goes on after a listener threw, and does not tell the same again', () => {
    const { writer, log } = openRing();
    for (let tick = 100; tick < 103; tick++) write(writer, tick, [[0, 'silent']]);
    log.tickEnded = (tick) => {
      if (tick === 101) throw new Error('disk full');
    };
    expect(() => log.read()).toThrow('disk full');
    log.read();
    expect(log.take().filter((line) => line.endsWith('silent'))).toEqual([
      '100 leg_0 silent',
      '101 leg_0 silent',
      '102 leg_0 silent',
    ]);
  });

  it('keeps leg ids of any length and script', () => {
    const { writer, log } = openRing();
    for (const [number, legId] of ['', 'a', 'ab', 'leg_ünï-𝄞', 'x'.repeat(300)].entries()) {
      writer.begin(100 + number);
      writer.frame(number, legId, 'silent', silence);
      writer.commit();
      log.read();
      expect(log.frames.at(-1)?.legId).toBe(legId);
    }
  });

  it.each([
    [0, 1],
    [1, 0],
    [2, NaN],
    [1000, 100],
  ])('is not made for %s legs and %s seconds', (legs, seconds) => {
    expect(() => createTapRing(legs, seconds)).toThrow(expect.objectContaining({ code: 'invalidRequest' }));
  });

  it('has one writer, and is recognised', () => {
    const { ring } = openRing();
    for (const memory of [ring, new SharedArrayBuffer(8), new SharedArrayBuffer(1000)]) {
      expect(() => new TapWriter(memory, 0)).toThrow(expect.objectContaining({ code: 'invalidRequest' }));
    }
    expect(() => new TapReader(new SharedArrayBuffer(4096))).toThrow(
      expect.objectContaining({ code: 'invalidRequest' }),
    );
  });
});
