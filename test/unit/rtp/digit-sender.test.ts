import { describe, expect, it } from 'vitest';
import { DigitReceiver } from '../../../src/media/rtp/digit-receiver.js';
import { DigitSender } from '../../../src/media/rtp/digit-sender.js';
import { createRtpPacket, parseRtp } from '../../../src/media/rtp/packet.js';
import { RtpSender } from '../../../src/media/rtp/sender.js';
import {
  TELEPHONE_EVENT_BYTES,
  createTelephoneEvent,
  digitOfEvent,
  parseTelephoneEvent,
} from '../../../src/media/rtp/telephone-event.js';

/** Runs ticks of a leg that sends audio unless an event is due; collects the event packets as they are on the wire. */
function rig(clockRateHz = 8000) {
  const rtp = new RtpSender(7, 5, clockRateHz, 0);
  const digits = new DigitSender(rtp.unitsPerTick);
  const start = rtp.timestampRtp;
  const buffer = new Uint8Array(200);
  const told: string[] = [];
  const receiver = new DigitReceiver({
    pressBegan: () => undefined,
    pressEnded: (event, durationMs) => told.push(`${digitOfEvent(event)}:${Math.round(durationMs)}`),
  });
  let tick = 0;
  const run = (ticks: number) => {
    const lines: string[] = [];
    for (const last = tick + ticks; tick < last; tick++) {
      const packet = createRtpPacket();
      if (digits.next(rtp.timestampRtp, buffer, 12)) {
        rtp.writeEventHeader(buffer, 0, 101, digits.marker, digits.timestampRtp, TELEPHONE_EVENT_BYTES);
        parseRtp(buffer, 16, packet);
        const event = createTelephoneEvent();
        parseTelephoneEvent(buffer, 12, 4, event);
        receiver.receive(packet, event, clockRateHz, tick * 20);
        const at = ((packet.timestampRtp - start) >>> 0) / rtp.unitsPerTick;
        const flags = `${packet.marker ? 'M' : ''}${event.end ? 'E' : ''}`;
        lines.push(`${tick} ${digitOfEvent(event.event)} @${at} ${event.durationRtp} ${flags}`.trim());
      } else {
        rtp.writeAudioHeader(buffer, 0, 0, rtp.timestampRtp, rtp.unitsPerTick, 160);
        parseRtp(buffer, 172, packet);
        if (packet.marker) lines.push(`${tick} audio M`);
      }
      rtp.advance(tick * 20);
    }
    return lines;
  };
  return { digits, rtp, run, told, receiver };
}

describe('DigitSender', () => {
  it('generates presses: marker first, one timestamp, growing duration, three ends, then the pause', () => {
    const { digits, run, told } = rig();
    run(3);
    expect(digits.send('5#', 60, 80)).toBe(1);
    expect(run(14)).toEqual([
      '3 5 @3 160 M',
      '4 5 @3 320',
      '5 5 @3 480 E',
      '6 5 @3 480 E',
      '7 5 @3 480 E',
      '10 # @10 160 M',
      '11 # @10 320',
      '12 # @10 480 E',
      '13 # @10 480 E',
      '14 # @10 480 E',
    ]);
    expect(told).toEqual(['5:60', '#:60']);
  });

  it('shares sequence numbers with the audio, whose timestamps go on as if nothing had been', () => {
    const { digits, run, rtp } = rig();
    run(2);
    const sequence = rtp.sequence;
    const timestamp = rtp.timestampRtp;
    digits.send('1', 100, 40);
    expect(run(20).filter((line) => line.includes('audio'))).toEqual([]);
    expect(rtp.sequence).toBe((sequence + 20) & 0xffff);
    expect((rtp.timestampRtp - timestamp) >>> 0).toBe(20 * 160);
  });

  it('tells when a batch was played', () => {
    const { digits, run } = rig();
    const first = digits.send('12', 40, 40);
    const second = digits.send('3', 40, 40);
    expect(digits.idle).toBe(false);
    run(7);
    expect(digits.finishedBatch).toBe(0);
    run(1);
    expect(digits.finishedBatch).toBe(first);
    run(4);
    expect(digits.finishedBatch).toBe(second);
    expect(digits.idle).toBe(true);
  });

  it('leaves out what is no digit and takes no batch it has no room for', () => {
    const { digits, run, told } = rig();
    expect(digits.send('xyz', 40, 40)).toBe(0);
    expect(digits.send('1'.repeat(65), 40, 40)).toBe(0);
    expect(digits.refused).toBe(65);
    expect(digits.send('1-2', 40, 40)).toBe(1);
    expect(digits.send('1'.repeat(62), 40, 40)).toBe(2);
    run(9);
    expect(told).toEqual(['1:40', '2:40']);
  });

  it('never plays shorter than 40 ms', () => {
    const { digits, run, told } = rig();
    digits.send('11', 0, 0);
    run(20);
    expect(told).toEqual(['1:40', '1:40']);
  });

  it('relays a press while it goes on and ends it as told', () => {
    const { digits, run, told } = rig();
    digits.relayBegan(3, 9, 22);
    expect(run(10)).toHaveLength(10);
    digits.relayEnded(3, 200);
    expect(run(10)).toEqual(['10 9 @0 1600 E', '11 9 @0 1600 E', '12 9 @0 1600 E']);
    expect(told).toEqual(['9:200']);
  });

  it('plays a relayed press at its length although it was over before its first tick', () => {
    const { digits, run, told } = rig();
    digits.relayBegan(3, 1, 10);
    digits.relayEnded(3, 160);
    run(20);
    expect(told).toEqual(['1:160']);
  });

  it('relays presses of two participants one after the other, whole', () => {
    const { digits, run, told } = rig();
    digits.relayBegan(0, 1, 10);
    run(2);
    digits.relayBegan(1, 2, 10);
    run(2);
    digits.relayEnded(1, 40);
    run(2);
    digits.relayEnded(0, 120);
    run(20);
    expect(told).toEqual(['1:120', '2:40']);
    expect(digits.idle).toBe(true);
  });

  it('ends a relayed press whose source begins another one', () => {
    const { digits, run, told } = rig();
    digits.relayBegan(0, 1, 10);
    run(3);
    digits.relayBegan(0, 2, 10);
    run(5);
    digits.relayEnded(0, 60);
    run(20);
    expect(told).toEqual(['1:60', '2:60']);
  });

  it('keeps two presses of one key apart by at least 40 ms', () => {
    const { digits, run, told } = rig();
    for (let n = 0; n < 5; n++) {
      digits.relayBegan(0, 1, 10);
      digits.relayEnded(0, 100);
    }
    run(60);
    expect(told).toEqual(['1:100', '1:100', '1:100', '1:100', '1:100']);
  });

  it('holds 64 presses and counts the rest', () => {
    const { digits } = rig();
    for (let n = 0; n < 70; n++) digits.relayBegan(n, 1, 10);
    expect(digits.refused).toBe(6);
  });

  it.each([
    [8000, 20_000],
    [48_000, 4000],
    [48_000, 1360],
    [48_000, 1380],
  ])('sends presses beyond 0xFFFF units in segments (%i Hz, %i ms)', (clockRateHz, durationMs) => {
    const { digits, run, told } = rig(clockRateHz);
    digits.send('7', durationMs, 40);
    const lines = run(durationMs / 20 + 10);
    expect(told).toEqual([`7:${durationMs}`]);
    expect(lines.filter((line) => line.endsWith('E'))).toHaveLength(3);
    expect(lines.filter((line) => line.includes('M'))).toHaveLength(1);
    const full = Math.floor((durationMs * clockRateHz) / 1000 / 0xffff);
    expect(lines.filter((line) => line.endsWith(' 65535'))).toHaveLength(full);
  });

  it('breaks a press off when the clock changes, and goes on with the next', () => {
    const { digits, run, told } = rig();
    digits.send('12', 100, 40);
    run(2);
    digits.setUnitsPerTick(160);
    run(1);
    digits.setUnitsPerTick(960);
    expect(digits.idle).toBe(false);
    run(20);
    expect(told).toEqual(['1:60', '2:600']); // The receiver still counts at 8 kHz.
  });
});
