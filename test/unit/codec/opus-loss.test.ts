import { describe, expect, it } from 'vitest';
import { OpusDecoder } from '../../../src/media/codec/opus-decoder.js';
import { seededRandom } from '../../support/noise.js';
import {
  concatenate,
  createOpus,
  createOpusEncoder,
  encodeFrames,
  encodeTicks,
  segmentalSnrDb,
  sine,
  speechLike,
} from '../../support/opus.js';

const opus = createOpus();

/** Packets lost one at a time, never two in a row. */
function singleLosses(count: number, ratio: number, seed: number): boolean[] {
  const random = seededRandom(seed);
  const lost: boolean[] = [];
  for (let i = 0; i < count; i++) lost.push(random() < ratio && i > 5 && !lost[i - 1]);
  return lost;
}

interface Reception {
  readonly heard: Float32Array;
  readonly rescued: number;
}

/** What is heard of packets some of which are lost: as the playout does it, by FEC where there is any. */
function receive(
  packets: readonly Uint8Array[],
  lost: readonly boolean[],
  samples: number,
  how: 'rescue' | 'conceal' | 'repeat' | 'zero',
): Reception {
  const decoder = new OpusDecoder(opus);
  const output = new Float32Array(samples);
  let rescued = 0;
  const heard = packets.map((packet, i) => {
    if (!lost[i]) {
      decoder.decode(packet, packet.length, output);
      return output.slice();
    }
    const next = lost[i + 1] ? undefined : packets[i + 1];
    if (how === 'zero') return new Float32Array(samples);
    if (how === 'repeat') return output.slice();
    if (how === 'rescue' && next && decoder.decodeLost(next, next.length, output, samples) === samples) rescued++;
    else decoder.conceal(output, samples);
    return output.slice();
  });
  decoder.close();
  return { heard: concatenate(heard), rescued };
}

describe('an Opus packet that is only late', () => {
  it('is decoded as if nothing had been made up meanwhile, but for the join', () => {
    const packets = encodeTicks(createOpusEncoder(opus), speechLike(1, 5));
    const [punctual, late] = [new OpusDecoder(opus), new OpusDecoder(opus)];
    const [expected, output] = [new Float32Array(960), new Float32Array(960)];
    packets.forEach((packet, index) => {
      if (index === 20) late.conceal(new Float32Array(480), 480);
      punctual.decode(packet, packet.length, expected);
      late.decode(packet, packet.length, output);
      expect(output.subarray(index === 20 ? 240 : 0)).toEqual(expected.subarray(index === 20 ? 240 : 0));
    });
    punctual.close();
    late.close();
  });
});

describe('a lost Opus packet', () => {
  const speech = speechLike(4, 3);
  const encoder = createOpusEncoder(opus, { useinbandfec: '1' });
  encoder.setPacketLoss(0.1);
  const packets = encodeTicks(encoder, speech);
  const none = packets.map(() => false);
  const whole = receive(packets, none, 960, 'conceal').heard;
  /** Of the lost ticks alone. */
  const score = (lost: readonly boolean[], how: 'rescue' | 'conceal' | 'repeat' | 'zero') => {
    const heard = receive(packets, lost, 960, how).heard;
    const only = (signal: Float32Array) =>
      concatenate(lost.flatMap((isLost, i) => (isLost ? [signal.subarray(i * 960, (i + 1) * 960)] : [])));
    return segmentalSnrDb(only(whole), only(heard));
  };

  it('is heard much better by FEC than by concealment, and that better than repeated or left out', () => {
    const totals = { rescue: 0, conceal: 0, repeat: 0, zero: 0 };
    for (const seed of [1, 2, 3]) {
      const lost = singleLosses(packets.length, 0.1, seed);
      for (const how of ['rescue', 'conceal', 'repeat', 'zero'] as const) totals[how] += score(lost, how) / 3;
    }
    // In dB: 9.1, 4.5, −3.2 and 0. libopus' own concealment alone reaches 1.4.
    expect(totals.rescue).toBeGreaterThan(9);
    expect(totals.rescue).toBeGreaterThan(totals.conceal + 4);
    expect(totals.conceal).toBeGreaterThan(totals.repeat + 7);
    expect(totals.conceal).toBeGreaterThan(totals.zero + 4);
  });

  it('is rescued nearly always when the packet after it is there', () => {
    const lost = singleLosses(packets.length, 0.1, 4);
    const { rescued } = receive(packets, lost, 960, 'rescue');
    expect(rescued / lost.filter(Boolean).length).toBeGreaterThan(0.7);
  });

  it('leaves the decoder as it was when the next packet carries nothing of it', () => {
    const plain = encodeTicks(createOpusEncoder(opus), speech.subarray(0, 96_000));
    const output = new Float32Array(960);
    const play = (ask: boolean) => {
      const decoder = new OpusDecoder(opus);
      return concatenate(
        plain.map((packet) => {
          if (ask) expect(decoder.decodeLost(packet, packet.length, output, 960)).toBe(-1);
          decoder.decode(packet, packet.length, output);
          return output.slice();
        }),
      );
    };
    expect(play(true)).toEqual(play(false));
  });

  it.each([
    ['longer than the frame that covers it: the beginning is made up', 960, 1920],
    ['longer by no whole step', 960, 1100],
    ['shorter: its beginning has been concealed already', 960, 500],
    ['one third of a 60 ms packet', 2880, 960],
  ])('may be %s', (_, frame, missing) => {
    const voice = encodeFrames(opus, speechLike(3, 8), frame, 20);
    let rescues = 0;
    const decoder = new OpusDecoder(opus);
    const output = new Float32Array(5760);
    const gone = Math.ceil(missing / frame);
    for (let i = 0; i < voice.length; i++) {
      if (i % 8 >= 4 && i % 8 < 4 + gone && i + gone < voice.length) {
        if (i % 8 !== 4) continue;
        decoder.conceal(output, gone * frame - missing || 1);
        const next = voice[i + gone]!;
        const marked = new Float32Array(missing + 1).fill(9);
        const got = decoder.decodeLost(next, next.length, marked, missing);
        expect([missing, -1]).toContain(got);
        if (got !== missing) continue;
        rescues++;
        expect(marked.indexOf(9)).toBe(missing);
        continue;
      }
      expect(decoder.decode(voice[i]!, voice[i]!.length, output)).toBe(frame);
    }
    decoder.close();
    expect(rescues).toBeGreaterThan(2);
  });

  it('comes back at the right place: the end of what is rescued meets the next packet', () => {
    const tone = encodeFrames(opus, sine(440, 1), 960, 20);
    for (const missing of [480, 960, 1440]) {
      const decoder = new OpusDecoder(opus);
      const output = new Float32Array(1920);
      const parts: Float32Array[] = [];
      const gone = Math.ceil(missing / 960);
      for (let i = 0; i < 25; i++) decoder.decode(tone[i]!, tone[i]!.length, output);
      if (gone * 960 > missing) {
        decoder.conceal(output, gone * 960 - missing);
        parts.push(output.slice(0, gone * 960 - missing));
      }
      const next = tone[25 + gone]!;
      expect(decoder.decodeLost(next, next.length, output, missing)).toBe(missing);
      parts.push(output.slice(0, missing));
      decoder.decode(next, next.length, output);
      parts.push(output.slice(0, 960));
      const heard = concatenate(parts);
      const steps = heard.map((value, i) => (i ? Math.abs(value - heard[i - 1]!) : 0));
      // 440 Hz at 0.3 rises by at most 0.0173 from one sample to the next.
      expect(Math.max(...steps)).toBeLessThan(0.03);
      decoder.close();
    }
  });
});
