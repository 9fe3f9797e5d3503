import { describe, expect, it } from 'vitest';
import type { WorkerMetrics } from '../../../src/media/protocol.js';
import { Health } from '../../../src/telemetry/health.js';

const report: WorkerMetrics = {
  ticks: 1,
  lateTicks: 0,
  skippedTicks: 0,
  maxLatenessMs: 0,
  maxTickMs: 0,
  calls: 0,
  legs: 0,
  sockets: 0,
  udp: 'native',
  wasmBytes: 0,
  packetsReceived: 0,
  packetsSent: 0,
  packetsDropped: 0,
  heapUsedBytes: 0,
};

interface State {
  ready: boolean;
  ports: number;
  draining: boolean;
  overloaded: boolean;
  reports: WorkerMetrics[];
  nowMs: number;
}

function setUp(changes: Partial<State> = {}) {
  const state: State = {
    ready: true,
    ports: 100,
    draining: false,
    overloaded: false,
    reports: [report],
    nowMs: 0,
    ...changes,
  };
  const health = new Health({
    gateway: {
      get ready() {
        return state.ready;
      },
    },
    media: { freePorts: () => state.ports, metrics: () => state.reports },
    service: {
      get draining() {
        return state.draining;
      },
      counters: () => ({ overloaded: state.overloaded }),
    },
    nowMs: () => state.nowMs,
  });
  return { state, health };
}

describe('readiness', () => {
  it('is given when all checks are ok', () => {
    expect(setUp().health.check()).toEqual({
      ready: true,
      checks: { sip: { ok: true }, ports: { ok: true }, ticks: { ok: true }, draining: { ok: true } },
    });
  });

  it.each([
    ['sip', { ready: false }],
    ['ports', { ports: 1 }],
    ['ticks', { overloaded: true }],
    ['draining', { draining: true }],
  ] as const)('is lost by %s alone, with a reason', (name, change) => {
    const { ready, checks } = setUp(change).health.check();
    expect(ready).toBe(false);
    const failed = Object.entries(checks).filter(([, { ok }]) => !ok);
    expect(failed).toEqual([[name, { ok: false, detail: expect.stringMatching(/\.$/) as string }]]);
  });

  it('is lost when one media worker stops reporting, and comes back with its next report', () => {
    const { state, health } = setUp({ reports: [{ ...report }, { ...report }] });
    expect(health.check().ready).toBe(true);
    state.nowMs = 5001;
    state.reports = [{ ...report }, state.reports[1] ?? report];
    expect(health.check().checks.ticks).toEqual({ ok: false, detail: 'A media worker does not report.' });
    state.reports = [{ ...report }, { ...report }];
    expect(health.check().ready).toBe(true);
  });

  it('does not need a report of workers that have just started', () => {
    expect(setUp({ reports: [] }).health.check().ready).toBe(true);
  });
});
