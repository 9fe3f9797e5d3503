import { describe, expect, it } from 'vitest';
import { createRtpPacket } from '../../../src/media/rtp/packet.js';
import { ReceiveCounters } from '../../../src/media/rtp/receive-statistics.js';
import { ReceiveStream } from '../../../src/media/rtp/receive-stream.js';

/** One packet of a stream at 8 kHz: sequence, timestamp in packets of 160, SSRC. */
interface Step {
  readonly sequence: number;
  readonly timestamp?: number;
  readonly ssrc?: number;
  readonly event?: boolean;
  readonly clockRateHz?: number;
}

function rig() {
  const stream = new ReceiveStream();
  const counters = new ReceiveCounters();
  const packet = createRtpPacket();
  const hear = (step: Step, nowMs = 0) => {
    packet.sequence = step.sequence & 0xffff;
    packet.timestampRtp = (step.timestamp ?? step.sequence * 160) >>> 0;
    packet.ssrc = step.ssrc ?? 1;
    const clockRateHz = step.clockRateHz ?? 8000;
    const verdict = stream.receive(packet, clockRateHz, step.event !== true);
    counters.count(verdict, stream, 160, clockRateHz, step.event !== true, nowMs);
    return verdict;
  };
  return { stream, counters, hear };
}

describe('ReceiveStream', () => {
  it('begins with a reset at the first packet and plays what follows', () => {
    const { hear } = rig();
    expect([10, 11, 12].map((sequence) => hear({ sequence }))).toEqual(['reset', 'play', 'play']);
  });

  it('tells reordered packets from duplicates, and gives both their place', () => {
    const { hear, stream } = rig();
    for (const sequence of [10, 11, 14]) hear({ sequence });
    expect(hear({ sequence: 12 })).toBe('reordered');
    expect(stream.extendedSequence).toBe(0x1_0000 + 12);
    expect(stream.extendedTimestamp).toBe(0x1_0000_0000 + 12 * 160);
    expect(hear({ sequence: 12 })).toBe('duplicate');
    expect(hear({ sequence: 14 })).toBe('duplicate');
    expect(hear({ sequence: 13 })).toBe('reordered');
    expect(hear({ sequence: 9 })).toBe('reordered');
    expect(hear({ sequence: 15 })).toBe('play');
  });

  it('counts sequence and timestamp on through their wrap in the same packet, with a loss and a swap at the edge', () => {
    const { hear, stream } = rig();
    const start = 0x1_0000_0000 - 2 * 160;
    const at = (n: number): Step => ({ sequence: 65534 + n, timestamp: start + n * 160 });
    expect([0, 1, 3, 2, 5, 2].map((n) => hear(at(n)))).toEqual([
      'reset',
      'play',
      'play',
      'reordered',
      'play',
      'duplicate',
    ]);
    hear(at(6));
    expect(stream.extendedSequence).toBe(0x1_0000 + 65540);
    expect(stream.extendedTimestamp).toBe(0x1_0000_0000 + start + 6 * 160);
  });

  it('takes a gap for loss and a pause of the timestamp up to 2 s for a pause', () => {
    const { hear } = rig();
    hear({ sequence: 10 });
    expect(hear({ sequence: 110 })).toBe('play');
    expect(hear({ sequence: 111, timestamp: 110 * 160 + 16_000 })).toBe('play');
  });

  it('plays a packet whose timestamp stands still', () => {
    const { hear } = rig();
    hear({ sequence: 10 });
    expect(hear({ sequence: 11, timestamp: 1600 })).toBe('play');
  });

  it('begins anew at a timestamp that jumps more than 2 s or goes back, at once and without renumbering', () => {
    const { hear, stream } = rig();
    hear({ sequence: 10 });
    expect(hear({ sequence: 11, timestamp: 10 * 160 + 16_001 })).toBe('reset');
    expect(hear({ sequence: 12, timestamp: 5 })).toBe('reset');
    expect(stream.extendedTimestamp).toBe(0x1_0000_0000 + 5);
    expect(hear({ sequence: 13, timestamp: 165 })).toBe('play');
    expect(stream.sequenceStarts).toBe(1);
    expect(stream.extendedSequence).toBe(0x1_0000 + 13);
  });

  it('begins anew when the clock rate changes', () => {
    const { hear } = rig();
    hear({ sequence: 10 });
    expect(hear({ sequence: 11, clockRateHz: 48_000 })).toBe('reset');
    expect(hear({ sequence: 12, timestamp: 11 * 160 + 960, clockRateHz: 48_000 })).toBe('play');
  });

  it.each([
    ['another SSRC', { ssrc: 2 }, 500],
    ['a jump forward of more than 3000', {}, 10 + 3001],
    ['a jump back beyond the window', {}, 10 - 256],
    ['a jump by half the circle', {}, 10 + 32768],
  ])('accepts %s after two packets in a row, with a reset', (_name, base, sequence) => {
    const { hear, stream } = rig();
    hear({ sequence: 10 });
    expect(hear({ ...base, sequence })).toBe('probation');
    expect(hear({ ...base, sequence: sequence + 1 })).toBe('reset');
    expect(hear({ ...base, sequence: sequence + 2 })).toBe('play');
    expect(stream.sequenceStarts).toBe(2);
  });

  it('takes a step of 3000 for loss', () => {
    const { hear } = rig();
    hear({ sequence: 10, timestamp: 0 });
    expect(hear({ sequence: 3010, timestamp: 160 })).toBe('play');
  });

  it('begins anew soon when a sender restarts inside the window, its packets being no duplicates', () => {
    const { hear } = rig();
    for (let sequence = 100; sequence < 200; sequence++) hear({ sequence });
    expect(hear({ sequence: 150, timestamp: 900_000 })).toBe('probation');
    expect(hear({ sequence: 151, timestamp: 900_160 })).toBe('reset');
    expect(hear({ sequence: 152, timestamp: 900_320 })).toBe('play');
  });

  it('is not disturbed by single stray packets, nor by a second stream beside the first', () => {
    const { hear } = rig();
    hear({ sequence: 10 });
    for (let n = 1; n < 100; n++) {
      expect(hear({ sequence: 900 + n, ssrc: 2 })).toBe('probation');
      expect(hear({ sequence: 10 + n })).toBe('play');
    }
  });

  it('needs two packets again after a trial was passed', () => {
    const { hear } = rig();
    hear({ sequence: 10 });
    hear({ sequence: 500, ssrc: 2 });
    hear({ sequence: 501, ssrc: 2 });
    expect(hear({ sequence: 501, timestamp: 7, ssrc: 2 })).toBe('probation');
  });

  it('follows back when the first source goes on after the other fell silent', () => {
    const { hear } = rig();
    hear({ sequence: 10 });
    hear({ sequence: 500, ssrc: 2 });
    expect(hear({ sequence: 501, ssrc: 2 })).toBe('reset');
    expect(hear({ sequence: 11 })).toBe('probation');
    expect(hear({ sequence: 12 })).toBe('reset');
  });

  it('leaves the timestamps of telephone-events out of account', () => {
    const { hear, stream } = rig();
    hear({ sequence: 10 });
    for (let n = 11; n < 31; n++) expect(hear({ sequence: n, timestamp: 11 * 160, event: true })).toBe('play');
    expect(hear({ sequence: 31 })).toBe('play');
    expect(stream.extendedTimestamp).toBe(0x1_0000_0000 + 31 * 160);
  });

  it('may begin with a telephone-event', () => {
    const { hear, stream } = rig();
    expect(hear({ sequence: 10, timestamp: 7, event: true })).toBe('reset');
    expect(hear({ sequence: 11, timestamp: 4_000_000_000 })).toBe('play');
    expect(stream.extendedTimestamp).toBe(0x1_0000_0000 + 4_000_000_000);
  });

  it('forgets the stream when told to', () => {
    const { hear, stream } = rig();
    hear({ sequence: 10 });
    stream.clear();
    expect(hear({ sequence: 9000, ssrc: 5 })).toBe('reset');
    expect(stream.ssrc).toBe(5);
  });
});

describe('ReceiveCounters', () => {
  it('has no division by zero before anything was received', () => {
    const { counters } = rig();
    expect(counters.statistics()).toMatchObject({ packets: 0, lost: 0, lossRatio: 0, jitterMs: 0 });
    expect(counters.report(1, emptyReport())).toBe(false);
  });

  it('counts loss, duplicates and reordering over the leg', () => {
    const { counters, hear } = rig();
    for (const sequence of [0, 1, 2, 4, 3, 3, 8, 9]) hear({ sequence });
    counters.drop('malformed');
    counters.drop('flood');
    expect(counters.statistics(1)).toMatchObject({
      packets: 8,
      octets: 8 * 160,
      lost: 3,
      lossRatio: 0.3,
      duplicates: 1,
      reordered: 1,
      late: 1,
      dropped: { malformed: 1, flood: 1, source: 0, payloadType: 0, ssrc: 0 },
    });
  });

  it('reports the loss of each interval as RFC 3550 A.3 has it', () => {
    const { counters, hear } = rig();
    const report = emptyReport();
    for (let n = 0; n < 100; n++) if (n % 4 !== 0 || n === 0) hear({ sequence: 65500 + n, timestamp: n * 160 });
    expect(counters.report(77, report)).toBe(true);
    // 100 expected, 24 lost: 24 · 256 / 100.
    expect(report).toMatchObject({ ssrc: 77, fractionLost: 61, cumulativeLost: 24 });
    expect(report.extendedHighestSequence).toBe(65500 + 99);
    for (let n = 100; n < 200; n++) hear({ sequence: 65500 + n, timestamp: n * 160 });
    counters.report(77, report);
    expect(report).toMatchObject({ fractionLost: 0, cumulativeLost: 24 });
    counters.report(77, report);
    expect(report).toMatchObject({ fractionLost: 0, cumulativeLost: 24 });
  });

  it('reports a negative cumulative loss when packets come twice, and the API none', () => {
    const { counters, hear } = rig();
    const report = emptyReport();
    for (let n = 0; n < 10; n++) for (let twice = 0; twice < 2; twice++) hear({ sequence: n });
    counters.report(1, report);
    expect(report).toMatchObject({ fractionLost: 0, cumulativeLost: -10 });
    expect(counters.statistics()).toMatchObject({ lost: 0, lossRatio: 0, duplicates: 10 });
  });

  it('keeps the sums when the source changes and begins the report anew', () => {
    const { counters, hear } = rig();
    const report = emptyReport();
    for (const sequence of [0, 1, 2, 5]) hear({ sequence });
    for (const sequence of [7000, 7001, 7002, 7004]) hear({ sequence, ssrc: 2 });
    expect(counters.statistics()).toMatchObject({ lost: 3, dropped: { ssrc: 1 } });
    expect(counters.statistics().lossRatio).toBeCloseTo(3 / 10);
    counters.report(2, report);
    expect(report).toMatchObject({ cumulativeLost: 1, extendedHighestSequence: 7004 });
  });

  it('clamps the cumulative loss to 24 bits', () => {
    const { counters, hear } = rig();
    const report = emptyReport();
    hear({ sequence: 0, timestamp: 0 });
    for (let n = 1; n < 4000; n++) hear({ sequence: n * 3000, timestamp: n * 160 });
    counters.report(1, report);
    expect(report.cumulativeLost).toBe(0x7f_ffff);
    expect(report.fractionLost).toBe(255);
  });

  it('measures the jitter of RFC 3550 A.8: a constant deviation D converges to D', () => {
    const { counters, hear } = rig();
    // Packets arrive alternately 5 ms early and 5 ms late: |D| is 10 ms each time.
    for (let n = 0; n < 400; n++) hear({ sequence: n }, n * 20 + (n % 2 === 0 ? -5 : 5));
    expect(counters.statistics().jitterMs).toBeCloseTo(10, 1);
    const report = emptyReport();
    counters.report(1, report);
    expect(report.jitterRtp).toBe(Math.floor(counters.statistics().jitterMs * 8));
  });

  it('sees no jitter in pauses, events, clock changes and restarts of a steady sender', () => {
    const { counters, hear } = rig();
    for (let n = 0; n < 50; n++) hear({ sequence: n }, n * 20);
    hear({ sequence: 50, timestamp: 200 * 160 }, 200 * 20);
    for (let n = 51; n < 60; n++) hear({ sequence: n, timestamp: 201 * 160, event: true }, (150 + n) * 20);
    hear({ sequence: 60, timestamp: 210 * 160 }, 210 * 20);
    hear({ sequence: 61, timestamp: 5 }, 5000);
    hear({ sequence: 62, timestamp: 965, clockRateHz: 48_000 }, 5020);
    hear({ sequence: 63, timestamp: 1925, clockRateHz: 48_000 }, 5040);
    expect(counters.statistics().jitterMs).toBeCloseTo(0, 9);
  });

  it('counts a leg of 30 days like a short one', () => {
    const long = rig();
    const stride = 2000;
    const days30 = 30 * 24 * 3600 * 50;
    let last = 0;
    for (let n = 0; n < days30; n += stride) {
      long.hear({ sequence: 65000 + n, timestamp: 0xffff_0000 + n }, n * 20);
      last = n;
    }
    const statistics = long.counters.statistics();
    expect(statistics.packets + statistics.lost).toBe(last + 1);
    expect(Number.isFinite(statistics.jitterMs)).toBe(true);
    const report = emptyReport();
    long.counters.report(1, report);
    expect(report.extendedHighestSequence).toBe((65000 + last) >>> 0);
  });
});

function emptyReport() {
  return { ssrc: 0, fractionLost: 0, cumulativeLost: 0, extendedHighestSequence: 0, jitterRtp: 0 };
}
