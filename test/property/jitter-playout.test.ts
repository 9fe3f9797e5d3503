import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Playout } from '../../src/media/jitter/playout.js';
import type { NetworkConditions } from '../support/network.js';
import { LinearDecoder, PlayoutRig, vowel } from '../support/playout-rig.js';

const TROUBLE_MS = 6000;
const CALM_MS = 6000;

const network: fc.Arbitrary<NetworkConditions> = fc.record({
  seed: fc.integer(),
  delayMs: fc.integer({ min: 0, max: 150 }),
  jitterMs: fc.integer({ min: 0, max: 120 }),
  jitterShape: fc.constantFrom('even', 'bell'),
  keepsOrder: fc.boolean(),
  lossRatio: fc.double({ min: 0, max: 0.4, noNaN: true }),
  meanLossBurst: fc.integer({ min: 1, max: 8 }),
  duplicateRatio: fc.double({ min: 0, max: 0.3, noNaN: true }),
  reorderRatio: fc.double({ min: 0, max: 0.1, noNaN: true }),
  reorderMs: fc.integer({ min: 0, max: 1500 }),
  calmFromMs: fc.constant(TROUBLE_MS),
  stalls: fc.array(
    fc.record({ atMs: fc.integer({ min: 500, max: 4000 }), durationMs: fc.integer({ min: 20, max: 1500 }) }),
    { maxLength: 3 },
  ),
});

const sender = fc.record({
  ptimeMs: fc.constantFrom(10, 20, 30, 40, 60),
  phaseMs: fc.double({ min: 0, max: 60, noNaN: true }),
  driftPpm: fc.integer({ min: -300, max: 300 }),
  tickJitterMs: fc.double({ min: 0, max: 3, noNaN: true }),
  firstSequence: fc.integer({ min: 0, max: 65_535 }),
  firstTimestamp: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
});

describe('any network', () => {
  it('gives whole, sane ticks that are counted once, and is at rest soon after the trouble ends', () => {
    fc.assert(
      fc.property(network, sender, (conditions, options) => {
        const rig = new PlayoutRig({ network: conditions, signal: vowel(140), ...options });
        let ticks = 0;
        let disturbed = 0;
        rig.run(TROUBLE_MS + CALM_MS, ({ nowMs, outcome, samples, depthMs, targetMs }) => {
          ticks++;
          const frame = samples.subarray(0, 160);
          expect(frame.every((value) => Math.abs(value) < 1.5)).toBe(true);
          if (outcome === 'silent') expect(frame.every((value) => value === 0)).toBe(true);
          expect(depthMs).toBeLessThan(3000);
          if (nowMs < TROUBLE_MS + CALM_MS - 1000) return;
          // Half the band, a small residue, and the jitter of the tick itself.
          if (outcome !== 'played' || Math.abs(depthMs - targetMs) > 12 + 10 + 3) disturbed++;
        });
        const { played, concealed, silent } = rig.playout.statistics();
        expect(ticks - (played + concealed + silent)).toBeGreaterThanOrEqual(0);
        expect(ticks - (played + concealed + silent)).toBeLessThanOrEqual(6);
        expect(disturbed).toBe(0);
      }),
      { numRuns: 40 },
    );
  });
});

const step = fc.oneof(
  fc.record({ kind: fc.constant('pull' as const), afterMs: fc.double({ min: 0, max: 100, noNaN: true }) }),
  fc.record({
    kind: fc.constant('insert' as const),
    payloadType: fc.constantFrom(0, 9, 111, 77),
    sequence: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 2 ** 40 })),
    timestamp: fc.oneof(fc.integer({ min: 0, max: 9600 }), fc.integer({ min: 0, max: 2 ** 48 })),
    bytes: fc.oneof(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 1500 })),
  }),
  fc.record({ kind: fc.constant('event' as const), sequence: fc.integer({ min: 0, max: 200 }) }),
  fc.record({ kind: fc.constant('reset' as const) }),
);

describe('any packets', () => {
  it('are survived, and a good stream afterwards plays within five packets', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const playout = new Playout((payloadType) => {
          if (payloadType === 77) return undefined;
          const rateHz = payloadType === 0 ? 8000 : payloadType === 9 ? 16_000 : 48_000;
          return { decoder: new LinearDecoder(rateHz), clockRateHz: payloadType === 111 ? 48_000 : 8000 };
        });
        const output = new Float32Array(960);
        const payload = new Uint8Array(1500).map((_, index) => (index * 31) & 0x3f);
        let nowMs = 1000;
        const insert = (payloadType: number, extendedSequence: number, extendedTimestamp: number, length: number) =>
          playout.insert({
            payloadType,
            extendedSequence,
            extendedTimestamp,
            payload,
            offset: 0,
            length,
            arrivalMs: nowMs,
          });
        for (const one of steps) {
          if (one.kind === 'pull') {
            nowMs += one.afterMs;
            playout.pull(output, nowMs);
            expect([8000, 16_000, 48_000]).toContain(playout.rateHz);
            expect(output.every((value) => Math.abs(value) <= 2)).toBe(true);
          } else if (one.kind === 'insert') {
            insert(one.payloadType, one.sequence, one.timestamp, one.bytes);
          } else if (one.kind === 'event') {
            playout.insertWithoutAudio(one.sequence);
          } else {
            playout.reset();
          }
        }
        playout.reset();
        const outcomes: string[] = [];
        for (let index = 0; index < 5; index++) {
          insert(0, 5000 + index, 8_000_000 + index * 160, 320);
          nowMs += 20;
          outcomes.push(playout.pull(output, nowMs));
        }
        expect(outcomes.at(-1)).toBe('played');
        expect(playout.rateHz).toBe(8000);
      }),
      { numRuns: 150 },
    );
  });
});
