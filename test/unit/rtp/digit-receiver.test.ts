import { describe, expect, it } from 'vitest';
import { DigitReceiver } from '../../../src/media/rtp/digit-receiver.js';
import { createRtpPacket } from '../../../src/media/rtp/packet.js';
import {
  createTelephoneEvent,
  digitOfEvent,
  eventOfDigit,
  parseTelephoneEvent,
  writeTelephoneEvent,
} from '../../../src/media/rtp/telephone-event.js';

interface Sent {
  readonly sequence: number;
  readonly timestamp: number;
  readonly duration: number;
  readonly digit?: string;
  readonly end?: boolean;
  readonly marker?: boolean;
  readonly ssrc?: number;
  /** Default: 20 ms per sequence number. */
  readonly atMs?: number;
}

function rig() {
  const told: string[] = [];
  const digits = new DigitReceiver({
    pressBegan: (event) => told.push(`+${digitOfEvent(event)}`),
    pressEnded: (event, durationMs, ending) => told.push(`-${digitOfEvent(event)} ${durationMs} ${ending}`),
  });
  const packet = createRtpPacket();
  const hear = (sent: Sent, clockRateHz = 8000) => {
    packet.ssrc = sent.ssrc ?? 1;
    packet.sequence = sent.sequence & 0xffff;
    packet.timestampRtp = sent.timestamp >>> 0;
    packet.marker = sent.marker ?? false;
    const event = {
      event: eventOfDigit(sent.digit ?? '1'),
      end: sent.end ?? false,
      volume: 10,
      durationRtp: sent.duration,
    };
    digits.receive(packet, event, clockRateHz, sent.atMs ?? sent.sequence * 20);
  };
  return { digits, told, hear };
}

/** A press as RFC 4733 wants it: `updates` packets 160 units apart, the last one an end, repeated twice. */
function press(sequence: number, timestamp: number, updates = 5, digit = '1'): Sent[] {
  const packets: Sent[] = [];
  for (let n = 0; n < updates + 2; n++) {
    packets.push({
      sequence: sequence + n,
      timestamp,
      digit,
      duration: 160 * Math.min(n + 1, updates),
      end: n >= updates - 1,
      marker: n === 0,
    });
  }
  return packets;
}

describe('telephone-event payloads', () => {
  it('are written and read', () => {
    const buffer = new Uint8Array(6);
    writeTelephoneEvent(buffer, 1, 11, true, 36, 0xabcd);
    expect([...buffer]).toEqual([0, 11, 0x80 | 36, 0xab, 0xcd, 0]);
    const event = createTelephoneEvent();
    expect(parseTelephoneEvent(buffer, 1, 4, event)).toBe(true);
    expect(event).toEqual({ event: 11, end: true, volume: 36, durationRtp: 0xabcd });
  });

  it('ignore the reserved bit and bytes after the fourth', () => {
    const event = createTelephoneEvent();
    expect(parseTelephoneEvent(Uint8Array.from([1, 0x4a, 0, 160, 9, 9, 9, 9]), 0, 8, event)).toBe(true);
    expect(event).toEqual({ event: 1, end: false, volume: 10, durationRtp: 160 });
  });

  it.each([
    ['three bytes', [1, 0, 0], 3],
    ['nothing', [], 0],
    ['event 16', [16, 0, 0, 0], 4],
    ['event 255', [255, 0, 0, 0], 4],
    ['a length beyond the datagram', [1, 0, 0, 0], 5],
  ])('are refused with %s', (_name, bytes, length) => {
    expect(parseTelephoneEvent(Uint8Array.from(bytes), 0, length, createTelephoneEvent())).toBe(false);
  });

  it('know sixteen digits', () => {
    const all = Array.from({ length: 16 }, (_, event) => digitOfEvent(event)).join('');
    expect(all).toBe('0123456789*#ABCD');
    for (let event = 0; event < 16; event++) expect(eventOfDigit(digitOfEvent(event))).toBe(event);
    expect([eventOfDigit('E'), eventOfDigit(''), eventOfDigit('12'), eventOfDigit('a')]).toEqual([-1, -1, -1, -1]);
  });
});

describe('DigitReceiver', () => {
  it('tells a press once, with its duration', () => {
    const { hear, told } = rig();
    press(100, 5000).forEach((sent) => hear(sent));
    expect(told).toEqual(['+1', '-1 100 end']);
  });

  it('tells all sixteen digits of a fast typist', () => {
    const { hear, told } = rig();
    [...'1234567890*#ABCD'].forEach((digit, n) =>
      press(100 + n * 10, n * 1600, 4, digit).forEach((sent) => hear(sent)),
    );
    expect(
      told
        .filter((line) => line.startsWith('-'))
        .map((line) => line.charAt(1))
        .join(''),
    ).toBe('1234567890*#ABCD');
    expect(told).toHaveLength(32);
  });

  it.each([
    ['the start is lost', [2, 3, 4, 5, 6], ['+1', '-1 100 end']],
    ['only the last end arrives', [6], ['+1', '-1 100 end']],
    ['the first two ends are lost', [0, 1, 2, 3, 6], ['+1', '-1 100 end']],
    ['an end overtakes the updates', [0, 4, 1, 2, 3, 5, 6], ['+1', '-1 100 end']],
    ['the end comes first', [4, 0, 1, 2, 3, 5, 6], ['+1', '-1 100 end']],
    ['every packet comes twice', [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6], ['+1', '-1 100 end']],
    ['all comes backwards', [6, 5, 4, 3, 2, 1, 0], ['+1', '-1 100 end']],
    ['an end is repeated late', [0, 1, 2, 3, 4, 5, 6, 4, 0], ['+1', '-1 100 end']],
  ])('tells one press when %s', (_name, order, expected) => {
    const { hear, told } = rig();
    const packets = press(65_533, 0xffff_ff00);
    order.forEach((n, at) => {
      const sent = packets[n];
      if (sent !== undefined) hear({ ...sent, atMs: at * 20 });
    });
    expect(told).toEqual(expected);
  });

  it('does not care whether ends carry a marker', () => {
    const { hear, told } = rig();
    press(100, 5000).forEach((sent) => hear({ ...sent, marker: sent.end === true }));
    press(120, 9000, 1, '2').forEach((sent) => hear({ ...sent, marker: true }));
    expect(told).toEqual(['+1', '-1 100 end', '+2', '-2 20 end']);
  });

  it('ends a press 375 ms after its last packet when all ends are lost, and ignores them when they come still', () => {
    const { digits, hear, told } = rig();
    expect(digits.nextDeadlineMs).toBe(Number.POSITIVE_INFINITY);
    const packets = press(100, 5000);
    packets.slice(0, 3).forEach((sent) => hear(sent));
    expect(digits.nextDeadlineMs).toBe(102 * 20 + 375);
    digits.advance(102 * 20 + 374);
    expect(told).toEqual(['+1']);
    digits.advance(102 * 20 + 375);
    expect(told).toEqual(['+1', '-1 60 timeout']);
    expect(digits.nextDeadlineMs).toBe(Number.POSITIVE_INFINITY);
    packets.slice(3).forEach((sent) => hear({ ...sent, atMs: 3000 }));
    digits.advance(9000);
    expect(told).toHaveLength(2);
  });

  it('ends a press when the next one begins before an end came', () => {
    const { hear, told } = rig();
    press(100, 5000)
      .slice(0, 4)
      .forEach((sent) => hear(sent));
    press(110, 7000, 5, '2').forEach((sent) => hear(sent));
    expect(told).toEqual(['+1', '-1 80 superseded', '+2', '-2 100 end']);
  });

  it.each([
    ['with audio between', 107 + 2],
    ['without any packet between', 107],
  ])('tells two presses of one key 50 ms apart, %s', (_name, sequence) => {
    const { hear, told } = rig();
    press(100, 5000).forEach((sent) => hear(sent));
    press(sequence, 5000 + 800 + 400).forEach((sent) => hear(sent));
    expect(told).toEqual(['+1', '-1 100 end', '+1', '-1 100 end']);
  });

  it.each([
    ['all ends of the first are lost', [0, 1, 2, 3], [0, 1, 2, 3, 4, 5, 6]],
    ['only the ends of the second arrive', [0, 1, 2, 3, 4, 5, 6], [4, 5, 6]],
    ['one packet of each arrives', [0], [6]],
    ['one packet of each arrives, both first', [0], [0]],
  ])('tells two presses of one key 50 ms apart when %s', (_name, first, second) => {
    const { digits, hear, told } = rig();
    const one = press(100, 5000);
    const two = press(110, 6200);
    for (const sent of one.filter((_, n) => first.includes(n))) hear(sent);
    for (const sent of two.filter((_, n) => second.includes(n))) hear(sent);
    digits.advance(10_000);
    expect(told.filter((line) => line.startsWith('-'))).toHaveLength(2);
  });

  describe('with senders that spoil timestamps', () => {
    it.each([
      ['the two repeated ends get new ones', [0, 1, 2, 3, 4, 5, 6]],
      ['and the middle end is lost', [0, 1, 2, 3, 4, 6]],
      ['and the first end is lost', [0, 1, 2, 3, 5, 6]],
      ['and only ends arrive', [4, 5, 6]],
    ])('tells one press when %s', (_name, arriving) => {
      const { hear, told } = rig();
      const packets = press(100, 5000).map((sent, n) => (n > 4 ? { ...sent, timestamp: 5000 + (n - 4) * 160 } : sent));
      for (const sent of packets.filter((_, n) => arriving.includes(n))) hear(sent);
      expect(told).toEqual(['+1', '-1 100 end']);
    });

    it('tells one press when a repeated end has the timestamp of the end', () => {
      const { hear, told } = rig();
      const packets = press(100, 5000).map((sent, n) => (n > 4 ? { ...sent, timestamp: 5800 } : sent));
      for (const sent of packets.filter((_, n) => n !== 5)) hear(sent);
      expect(told).toEqual(['+1', '-1 100 end']);
    });

    it('ignores ends that go on after the next press began', () => {
      const { hear, told } = rig();
      press(100, 5000)
        .slice(0, 5)
        .forEach((sent) => hear(sent));
      press(106, 8000, 5, '2').forEach((sent, n) => {
        hear({ ...sent, sequence: 106 + 2 * n });
        hear({ sequence: 107 + 2 * n, timestamp: 5000, duration: 800, end: true });
      });
      expect(told).toEqual(['+1', '-1 100 end', '+2', '-2 100 end']);
    });

    it('tells one press when the ends jump anywhere', () => {
      const { hear, told } = rig();
      press(100, 5000).forEach((sent, n) => hear(n > 4 ? { ...sent, timestamp: n * 1_000_000 } : sent));
      expect(told).toEqual(['+1', '-1 100 end']);
    });

    it('tells one press when each packet moves it, even with a burst of loss', () => {
      const { hear, told } = rig();
      const packets = press(100, 5000, 20).map((sent, n) => ({ ...sent, timestamp: 5000 + n * 160 }));
      for (const sent of packets.filter((_, n) => n < 8 || n > 14)) hear(sent);
      expect(told).toEqual(['+1', '-1 400 end']);
    });

    it('ignores a spoilt end that comes after the next press began', () => {
      const { hear, told } = rig();
      press(100, 5000)
        .slice(0, 5)
        .forEach((sent) => hear(sent));
      const two = press(108, 8000, 5, '2');
      two.slice(0, 2).forEach((sent) => hear(sent));
      hear({ sequence: 105, timestamp: 5160, duration: 800, end: true });
      two.slice(2).forEach((sent) => hear(sent));
      expect(told).toEqual(['+1', '-1 100 end', '+2', '-2 100 end']);
    });

    it('tells each press of a sender that never moves it', () => {
      const { hear, told } = rig();
      [...'1121'].forEach((digit, n) => press(100 + n * 10, 0x3200, 5, digit).forEach((sent) => hear(sent)));
      expect(
        told
          .filter((line) => line.startsWith('-'))
          .map((line) => line.charAt(1))
          .join(''),
      ).toBe('1121');
    });

    it('tells a press with a key used seconds ago although its start is lost', () => {
      const { hear, told } = rig();
      press(100, 0x3200).forEach((sent) => hear(sent));
      press(300, 0x3200)
        .slice(4)
        .forEach((sent) => hear(sent));
      expect(told).toEqual(['+1', '-1 100 end', '+1', '-1 100 end']);
    });
  });

  describe('with long presses', () => {
    /** 20 s at 8 kHz in packets of 20 ms, in segments of 0xFFFF units. */
    function longPress(): Sent[] {
      const packets: Sent[] = [];
      let base = 0;
      for (let n = 1; n <= 1000; n++) {
        const full = n * 160 - base > 0xffff;
        packets.push({ sequence: n, timestamp: 7000 + base, duration: Math.min(0xffff, n * 160 - base) });
        if (full) base += 0xffff;
      }
      packets.push({ sequence: 1001, timestamp: 7000 + base, duration: 160_000 - base, end: true });
      return packets;
    }

    it('joins the segments', () => {
      const { hear, told } = rig();
      longPress().forEach((sent) => hear(sent));
      expect(told).toEqual(['+1', '-1 20000 end']);
    });

    it('joins them when packets around the edge are lost', () => {
      const { hear, told } = rig();
      longPress()
        .filter((sent) => sent.sequence < 400 || sent.sequence > 414)
        .forEach((sent) => hear(sent));
      expect(told).toEqual(['+1', '-1 20000 end']);
    });

    it('tells the press once when an outage ended it before', () => {
      const { digits, hear, told } = rig();
      longPress()
        .filter((sent) => sent.sequence < 400 || sent.sequence > 450)
        .forEach((sent) => {
          digits.advance(sent.sequence * 20);
          hear(sent);
        });
      expect(told).toEqual(['+1', '-1 7980 timeout']);
    });

    it('tells the press once when an outage of seconds ended it within a segment', () => {
      const { hear, told } = rig();
      longPress()
        .filter((sent) => sent.sequence < 10 || (sent.sequence > 110 && sent.sequence < 300))
        .forEach((sent) => hear(sent));
      expect(told).toEqual(['+1', '-1 180 timeout']);
    });
  });

  it('keeps presses of different sources apart', () => {
    const { hear, told } = rig();
    press(100, 5000).forEach((sent) => hear(sent));
    press(40_000, 5000).forEach((sent, n) => hear({ ...sent, ssrc: 2, atMs: 2500 + n * 20 }));
    expect(told).toEqual(['+1', '-1 100 end', '+1', '-1 100 end']);
  });

  it('tells a press after the sender renumbered its packets', () => {
    const { hear, told } = rig();
    press(30_000, 5000).forEach((sent, n) => hear({ ...sent, atMs: n * 20 }));
    press(20_000, 90_000).forEach((sent, n) => hear({ ...sent, atMs: 500 + n * 20 }));
    expect(told).toHaveLength(4);
  });

  it('counts durations in the clock of the payload type', () => {
    const { hear, told } = rig();
    hear({ sequence: 1, timestamp: 0, duration: 4800, end: true }, 48_000);
    expect(told).toEqual(['+1', '-1 100 end']);
  });

  it('ends what is going on when cleared, and then knows nothing', () => {
    const { digits, hear, told } = rig();
    const packets = press(100, 5000);
    packets.slice(0, 2).forEach((sent) => hear(sent));
    digits.clear();
    digits.clear();
    expect(told).toEqual(['+1', '-1 40 superseded']);
    packets.forEach((sent) => hear(sent));
    expect(told).toHaveLength(4);
  });
});
