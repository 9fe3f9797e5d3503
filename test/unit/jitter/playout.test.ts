import { describe, expect, it } from 'vitest';
import { G711Decoder } from '../../../src/media/codec/g711.js';
import { Playout, type PlayoutOutcome, type PlayoutPacket } from '../../../src/media/jitter/playout.js';
import { LinearDecoder } from '../../support/playout-rig.js';

const LINEAR = 96;

/** Says constant values and hears them back: the simplest way to see which packet is playing. */
class Bench {
  readonly decoder = new LinearDecoder(8000);
  readonly wide = new LinearDecoder(16_000);
  readonly playout: Playout;
  readonly output = new Float32Array(960);
  asked: number[] = [];
  nowMs = 0;

  constructor() {
    this.playout = new Playout((payloadType) => {
      this.asked.push(payloadType);
      if (payloadType === LINEAR) return { decoder: this.decoder, clockRateHz: 8000 };
      if (payloadType === 9) return { decoder: this.wide, clockRateHz: 8000 };
      if (payloadType === 0) return { decoder: new G711Decoder('PCMU'), clockRateHz: 8000 };
      if (payloadType === 8) return { decoder: new G711Decoder('PCMA'), clockRateHz: 8000 };
      return undefined;
    });
  }

  /** A packet that comes 10 ms before the next tick; `level` is what each sample says, in 1/32768. */
  insert(sequence: number, timestampRtp: number, level: number, change: Partial<PlayoutPacket> = {}) {
    const payload = change.payload ?? levels(level, 160);
    return this.playout.insert({
      payloadType: LINEAR,
      extendedSequence: sequence,
      extendedTimestamp: timestampRtp,
      offset: 0,
      length: payload.length,
      arrivalMs: this.nowMs + 10,
      ...change,
      payload,
    });
  }

  tick(): PlayoutOutcome {
    this.nowMs += 20;
    return this.playout.pull(this.output, this.nowMs);
  }

  /** What the middle of the last tick said, in 1/32768. */
  get level(): number {
    return Math.round((this.output[this.playout.rateHz / 100] ?? 0) * 32768);
  }

  /** Packets `from`…`to` in step with ticks. */
  stream(from: number, to: number, level = 1000): PlayoutOutcome[] {
    const outcomes: PlayoutOutcome[] = [];
    for (let sequence = from; sequence <= to; sequence++) {
      this.insert(sequence, sequence * 160, level);
      outcomes.push(this.tick());
    }
    return outcomes;
  }
}

function levels(level: number, count: number): Uint8Array {
  const payload = new Uint8Array(2 * count);
  for (let index = 0; index < count; index++) {
    payload[2 * index] = level >> 8;
    payload[2 * index + 1] = level;
  }
  return payload;
}

describe('Playout', () => {
  it('is silent until the first packet, which plays in the next tick', () => {
    const bench = new Bench();
    expect(bench.tick()).toBe('silent');
    expect(bench.output.subarray(0, 160).every((value) => value === 0)).toBe(true);
    bench.insert(1, 160, 1000);
    expect(bench.tick()).toBe('played');
    expect(bench.level).toBe(1000);
  });

  it('adds nothing to the wait for the tick', () => {
    const bench = new Bench();
    expect(bench.stream(1, 50)).not.toContain('concealed');
    expect(bench.playout.depthMs).toBeCloseTo(10, 9);
    expect(bench.playout.targetMs).toBe(12);
  });

  it('begins softly after silence and stays exact afterwards', () => {
    const bench = new Bench();
    bench.stream(1, 1);
    expect(bench.output[0]).toBeLessThan(0.1 * (1000 / 32768));
    expect(bench.output[159]).toBeCloseTo(1000 / 32768, 7);
    bench.stream(2, 2);
    for (let index = 0; index < 160; index++) expect(bench.output[index]).toBeCloseTo(1000 / 32768, 7);
  });

  it('puts reordered packets back in order', () => {
    const bench = new Bench();
    bench.insert(2, 320, 2000);
    bench.insert(1, 160, 1000);
    bench.insert(3, 480, 3000);
    const heard = [0, 0, 0].map(() => (bench.tick(), bench.level));
    expect(heard).toEqual([1000, 2000, 3000]);
  });

  it('plays a duplicate once', () => {
    const bench = new Bench();
    bench.insert(1, 160, 1000);
    expect(bench.insert(1, 160, 1000)).toBe('duplicate');
    expect(bench.tick()).toBe('played');
    expect(bench.tick()).toBe('concealed');
  });

  it('conceals a lost packet in its place, for its duration, and goes on in time', () => {
    const bench = new Bench();
    bench.stream(1, 20);
    expect(bench.tick()).toBe('concealed');
    bench.insert(22, 22 * 160, 500);
    expect(bench.tick()).toBe('played');
    expect(bench.level).toBe(500);
    expect(bench.playout.depthMs).toBeCloseTo(10, 9);
    expect(bench.playout.statistics()).toMatchObject({ played: 21, concealed: 1, late: 0, accelerated: 0 });
  });

  it('conceals a lost packet although the next one waits already', () => {
    const bench = new Bench();
    bench.stream(1, 20);
    bench.insert(22, 22 * 160, 500);
    bench.insert(23, 23 * 160, 600);
    const heard = [bench.tick(), bench.tick(), bench.tick()];
    expect(heard).toEqual(['concealed', 'played', 'played']);
    expect(bench.level).toBe(600);
  });

  it('plays a packet that missed its tick in the next one and counts no loss', () => {
    const bench = new Bench();
    bench.stream(1, 60);
    expect(bench.tick()).toBe('concealed');
    bench.insert(61, 61 * 160, 700, { arrivalMs: bench.nowMs + 1 });
    bench.insert(62, 62 * 160, 800);
    expect(bench.tick()).toBe('played');
    expect(bench.level).toBe(700);
    expect(bench.playout.statistics().late).toBe(0);
  });

  it('discards what comes after its place was concealed and passed', () => {
    const bench = new Bench();
    bench.stream(1, 20);
    bench.tick();
    bench.stream(22, 25);
    expect(bench.insert(21, 21 * 160, 9999)).toBe('late');
    bench.stream(26, 30);
    expect(bench.level).toBe(1000);
    expect(bench.playout.statistics().late).toBe(1);
  });

  it('fades for 100 ms when packets stop, is silent afterwards, and decodes nothing', () => {
    const bench = new Bench();
    bench.stream(1, 20);
    const outcomes = Array.from({ length: 10 }, () => bench.tick());
    expect(outcomes).toEqual([...Array<string>(5).fill('concealed'), ...Array<string>(5).fill('silent')]);
    expect(bench.output.subarray(0, 160).every((value) => value === 0)).toBe(true);
  });

  it('resumes in the next tick after a long silence', () => {
    const bench = new Bench();
    bench.stream(1, 20);
    for (let tick = 0; tick < 500; tick++) bench.tick();
    bench.insert(21, 521 * 160, 800);
    expect(bench.tick()).toBe('played');
    expect(bench.playout.depthMs).toBeCloseTo(10, 6);
    expect(bench.playout.statistics().resets).toBe(0);
  });

  it('takes a gap in timestamps without a gap in sequence for a pause and keeps the delay', () => {
    const bench = new Bench();
    bench.stream(1, 50);
    for (let tick = 0; tick < 12; tick++) bench.tick();
    bench.insert(51, 63 * 160, 800);
    expect(bench.tick()).toBe('played');
    expect(bench.level).toBe(800);
    expect(bench.playout.depthMs).toBeCloseTo(10, 6);
    expect(bench.playout.statistics()).toMatchObject({ played: 51, concealed: 0, silent: 12 });
  });

  it('counts the same gap as concealed when sequence numbers are missing, and fades nothing in after it', () => {
    const bench = new Bench();
    bench.stream(1, 50);
    for (let tick = 0; tick < 12; tick++) bench.tick();
    const wave = Array.from({ length: 160 }, (_, i) => Math.round(8000 * Math.sin(i / 3)));
    bench.insert(63, 63 * 160, 0, { payload: Uint8Array.from(wave.flatMap((value) => [value >> 8, value])) });
    expect(bench.tick()).toBe('played');
    expect(Array.from(bench.output.subarray(0, 160), (value) => value * 32_768)).toEqual(wave);
    expect(bench.playout.statistics()).toMatchObject({ played: 51, concealed: 5, silent: 7 });
    expect(bench.decoder.silences).toBe(1);
  });

  it('takes telephone-events for a pause, fades once, and counts no concealment', () => {
    const bench = new Bench();
    bench.stream(1, 50);
    for (let sequence = 51; sequence < 61; sequence++) {
      bench.playout.insertWithoutAudio(sequence);
      bench.tick();
    }
    expect(bench.playout.statistics().concealed).toBe(0);
    bench.insert(61, 61 * 160, 800);
    expect(bench.tick()).toBe('played');
    expect(bench.level).toBe(800);
    expect(bench.playout.depthMs).toBeCloseTo(10, 9);
  });

  it('never calls a tick silent that has something in it', () => {
    const bench = new Bench();
    bench.stream(1, 20);
    bench.playout.reset();
    for (let tick = 0; tick < 3; tick++) {
      const outcome = bench.tick();
      if (outcome === 'silent') expect(bench.output.subarray(0, 160).every((value) => value === 0)).toBe(true);
    }
    expect(bench.level).toBe(0);
  });

  it.each([10, 20, 30, 40, 50, 60, 100, 120])('turns packets of %i ms into ticks without a gap', (ptimeMs) => {
    const bench = new Bench();
    let sentMs = 0;
    let sequence = 0;
    const outcomes: PlayoutOutcome[] = [];
    for (let tick = 0; tick < 200; tick++) {
      for (; sentMs + ptimeMs <= bench.nowMs + 20; sentMs += ptimeMs) {
        const payload = levels(1000, ptimeMs * 8);
        bench.insert(sequence++, sentMs * 8, 1000, { payload, arrivalMs: sentMs + ptimeMs - 5 });
      }
      outcomes.push(bench.tick());
      if (tick > 50) expect(bench.level).toBe(1000);
    }
    expect(outcomes.slice(50)).not.toContain('concealed');
    expect(bench.playout.statistics().concealed).toBeLessThan(2);
  });

  it('follows a change of packet length in mid-call', () => {
    const bench = new Bench();
    bench.stream(1, 50);
    let sequence = 51;
    for (let ms = 51 * 20; ms < 2000; ms += 40) {
      bench.tick();
      bench.insert(sequence++, ms * 8, 700, { payload: levels(700, 320) });
      bench.tick();
    }
    const { concealed } = bench.playout.statistics();
    expect(concealed).toBeLessThanOrEqual(1);
    expect(bench.level).toBe(700);
  });

  it('follows a change of codec in mid-call, PCMU to PCMA', () => {
    const bench = new Bench();
    const say = (sequence: number, payloadType: number, code: number) =>
      bench.insert(sequence, sequence * 160, 0, { payloadType, payload: new Uint8Array(160).fill(code) });
    for (let sequence = 1; sequence <= 10; sequence++) {
      say(sequence, 0, 0x9f);
      expect(bench.tick()).toBe('played');
    }
    const muLaw = bench.level;
    for (let sequence = 11; sequence <= 20; sequence++) {
      say(sequence, 8, 0xb5);
      expect(bench.tick()).toBe('played');
    }
    expect(muLaw).toBeGreaterThan(1000);
    expect(Math.abs(bench.level)).toBeGreaterThan(1000);
    expect(bench.playout.statistics()).toMatchObject({ played: 20, concealed: 0, resets: 0, decodeErrors: 0 });
  });

  it('follows a change of codec to another rate within the tick, and back', () => {
    const bench = new Bench();
    bench.stream(1, 10);
    expect(bench.playout.rateHz).toBe(8000);
    for (let sequence = 11; sequence <= 20; sequence++) {
      bench.insert(sequence, sequence * 160, 0, { payloadType: 9, payload: levels(1000, 320) });
      expect(bench.tick()).toBe('played');
      expect(bench.playout.rateHz).toBe(16_000);
      for (let index = 0; index < 320; index++) expect(bench.output[index]).toBeCloseTo(1000 / 32768, 3);
    }
    expect(bench.stream(21, 25)).not.toContain('concealed');
    expect(bench.playout.rateHz).toBe(8000);
    expect(bench.playout.statistics()).toMatchObject({ concealed: 0, resets: 0 });
  });

  it('refuses payload types that were not negotiated, asking for each only once', () => {
    const bench = new Bench();
    for (const payloadType of [77, 77, 200, -1, 1.5]) {
      expect(bench.insert(1, 160, 0, { payloadType })).toBe('unknown');
    }
    expect(bench.asked.filter((payloadType) => payloadType === 77)).toHaveLength(1);
    expect(bench.tick()).toBe('silent');
  });

  it('conceals what the decoder refuses, counts it, and begins the decoder anew after five in a row', () => {
    const bench = new Bench();
    bench.stream(1, 10);
    const resetsBefore = bench.decoder.resets;
    const bad = new Uint8Array(321);
    for (let sequence = 11; sequence <= 14; sequence++) {
      bench.insert(sequence, sequence * 160, 0, { payload: bad });
      expect(bench.tick()).toBe('concealed');
    }
    expect(bench.decoder.resets).toBe(resetsBefore);
    bench.insert(15, 15 * 160, 0, { payload: bad });
    bench.tick();
    expect(bench.decoder.resets).toBe(resetsBefore + 1);
    expect(bench.stream(16, 18)).toEqual(['played', 'played', 'played']);
    expect(bench.playout.statistics()).toMatchObject({ decodeErrors: 5, concealed: 5, late: 0 });
    expect(bench.playout.depthMs).toBeCloseTo(10, 6);
  });

  it('does not decode a packet of more than 120 ms', () => {
    const bench = new Bench();
    bench.stream(1, 5);
    bench.insert(6, 6 * 160, 0, { payload: levels(1000, 961) });
    expect(bench.tick()).toBe('concealed');
    expect(bench.playout.statistics().decodeErrors).toBe(1);
  });

  it('follows a stream that goes on far away, at its second packet', () => {
    const bench = new Bench();
    bench.stream(1000, 1020);
    expect(bench.insert(60_000, 9_000_000, 500)).toBe('astray');
    bench.tick();
    expect(bench.insert(60_001, 9_000_160, 600)).toBe('stored');
    expect(bench.tick()).not.toBe('silent');
    expect(bench.level).toBe(600);
    expect(bench.playout.statistics().resets).toBe(1);
  });

  it('ignores a single packet from far away, ahead or behind', () => {
    const bench = new Bench();
    bench.stream(1000, 1020);
    expect(bench.insert(9000, 9_000_000, 9999)).toBe('astray');
    expect(bench.stream(1021, 1030)).not.toContain('concealed');
    expect(bench.insert(200, 200 * 160, 9999)).toBe('astray');
    expect(bench.stream(1031, 1040)).not.toContain('concealed');
    expect(bench.playout.statistics()).toMatchObject({ resets: 0, late: 0 });
  });

  it('is back within a tick after a reset, without a step larger than speech has', () => {
    const bench = new Bench();
    bench.stream(1, 20, 10_000);
    let last = bench.output[159] ?? 0;
    bench.playout.reset();
    for (let sequence = 1; sequence <= 3; sequence++) {
      bench.insert(sequence + 7000, sequence * 160 + 123_456, -10_000);
      expect(bench.tick()).toBe('played');
      for (let index = 0; index < 160; index++) {
        expect(Math.abs((bench.output[index] ?? 0) - last)).toBeLessThan(0.05);
        last = bench.output[index] ?? 0;
      }
    }
    expect(bench.level).toBe(-10_000);
    expect(bench.playout.statistics().resets).toBe(1);
    expect(bench.playout.depthMs).toBeLessThan(20);
  });

  it('takes over new formats and closes the old decoders', () => {
    const bench = new Bench();
    bench.stream(1, 10);
    const next = new LinearDecoder(8000);
    bench.playout.changeFormats((payloadType) =>
      payloadType === LINEAR ? { decoder: next, clockRateHz: 8000 } : undefined,
    );
    expect(bench.decoder.closed).toBe(true);
    expect(bench.stream(11, 15)).not.toContain('concealed');
    bench.playout.close();
    expect(next.closed).toBe(true);
    expect(bench.insert(16, 16 * 160, 0)).toBe('unknown');
  });

  it('gives a tick of silence when asked for after it was closed', () => {
    const bench = new Bench();
    bench.stream(1, 10);
    bench.playout.close();
    for (let tick = 0; tick < 10; tick++) bench.tick();
    expect(bench.tick()).toBe('silent');
  });

  it('counts every tick once', () => {
    const bench = new Bench();
    for (let sequence = 1; sequence < 400; sequence++) {
      if (sequence % 7 !== 0) bench.insert(sequence, sequence * 160, 1000);
      if (sequence > 300) bench.playout.reset();
      bench.tick();
    }
    const { played, concealed, silent } = bench.playout.statistics();
    expect(played + concealed + silent).toBe(399);
    expect(concealed).toBeGreaterThan(40);
  });
});
