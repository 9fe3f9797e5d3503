import { describe, expect, it } from 'vitest';
import type { WorkerMetrics } from '../../../src/media/protocol.js';
import { Metrics } from '../../../src/telemetry/metrics.js';

const worker: WorkerMetrics = {
  ticks: 500,
  lateTicks: 4,
  skippedTicks: 1,
  maxLatenessMs: 2.5,
  maxTickMs: 1.5,
  calls: 2,
  legs: 6,
  sockets: 12,
  udp: 'native',
  wasmBytes: 4096,
  packetsReceived: 1000,
  packetsSent: 900,
  packetsDropped: 7,
  heapUsedBytes: 1_000_000,
};

function setUp() {
  const state = { calls: 2, ready: true, ticks: 500 };
  const metrics = new Metrics({
    gateway: {
      get ready() {
        return state.ready;
      },
      counters: () => ({ dialogs: 6, transactions: 1, connections: 2, refused: { parse: 3, rate: 9 } }),
    },
    media: {
      freePorts: () => 42,
      metrics: () => [
        { ...worker, ticks: state.ticks },
        { ...worker, legs: 0 },
      ],
    },
    service: {
      draining: false,
      counters: () => ({
        calls: state.calls,
        legs: 6,
        levelSubscriptions: 1,
        refusedInvites: new Map([[503, 5]]),
        overloaded: true,
        consents: new Map([['given', 7]]),
        recordings: new Map([['failed', 1]]),
        activeRecordings: 2,
      }),
    },
  });
  return { state, metrics };
}

/** Own lines, `name{labels}` → value. */
async function read(metrics: Metrics): Promise<Map<string, number>> {
  const { text } = await metrics.render();
  const lines = text.split('\n').filter((line) => line.startsWith('mixminus_'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}

describe('metrics', () => {
  it('tell what lives now, in base units', async () => {
    const values = await read(setUp().metrics);
    expect(Object.fromEntries(values)).toMatchObject({
      mixminus_calls: 2,
      mixminus_legs: 6,
      mixminus_level_subscriptions: 1,
      mixminus_overloaded: 1,
      mixminus_draining: 0,
      mixminus_recordings: 2,
      'mixminus_recordings_total{event="failed"}': 1,
      'mixminus_consents_total{event="given"}': 7,
      'mixminus_invites_refused_total{status="503"}': 5,
      mixminus_sip_ready: 1,
      mixminus_sip_dialogs: 6,
      mixminus_sip_transactions: 1,
      mixminus_sip_connections: 2,
      'mixminus_sip_refused_total{reason="rate"}': 9,
      mixminus_rtp_ports_free: 42,
      'mixminus_media_ticks_total{worker="0"}': 500,
      'mixminus_media_late_ticks_total{worker="1"}': 4,
      'mixminus_media_packets_dropped_total{worker="0"}': 7,
      'mixminus_media_tick_lateness_seconds{worker="0"}': 0.0025,
      'mixminus_media_tick_duration_seconds{worker="0"}': 0.0015,
      'mixminus_media_legs{worker="0"}': 6,
      'mixminus_media_legs{worker="1"}': 0,
      'mixminus_media_sockets{worker="0"}': 12,
    });
  });

  it('follow what changes between two readings, without adding up', async () => {
    const { metrics, state } = setUp();
    await read(metrics);
    Object.assign(state, { calls: 0, ready: false, ticks: 550 });
    const values = await read(metrics);
    expect(values.get('mixminus_calls')).toBe(0);
    expect(values.get('mixminus_sip_ready')).toBe(0);
    expect(values.get('mixminus_media_ticks_total{worker="0"}')).toBe(550);
    expect(values.get('mixminus_sip_refused_total{reason="parse"}')).toBe(3);
  });

  it('count HTTP requests by method, route pattern and status, in seconds', async () => {
    const { metrics } = setUp();
    metrics.observeRequest({ method: 'GET', route: '/v1/calls/:callId', status: 404, durationMs: 3 });
    const values = await read(metrics);
    const labels = 'method="GET",route="/v1/calls/:callId",status="404"';
    expect(values.get(`mixminus_http_request_duration_seconds_count{${labels}}`)).toBe(1);
    expect(values.get(`mixminus_http_request_duration_seconds_sum{${labels}}`)).toBeCloseTo(0.003);
  });

  it('have names by the rules: help, a type, `_total` exactly on counters, one registry each', async () => {
    const { contentType, text } = await setUp().metrics.render();
    await setUp().metrics.render();
    expect(contentType).toMatch(/^text\/plain/);
    const types = [...text.matchAll(/^# TYPE (mixminus_\S+) (\S+)$/gm)].map(([, name = '', type = '']) => ({
      name,
      type,
    }));
    expect(types.length).toBeGreaterThan(25);
    for (const { name, type } of types) {
      expect(text).toContain(`# HELP ${name} `);
      expect(`${name} ${name.endsWith('_total')}`).toBe(`${name} ${type === 'counter'}`);
      expect(name).not.toMatch(/_ms|_millis|_id\b/);
    }
    expect(text).toContain('nodejs_eventloop_lag_seconds');
  });

  it('show how legs that left have sounded, where that is known', async () => {
    const { metrics } = setUp();
    const send = { rFactor: 90, mosListening: 4.41, mosConversational: 4.35 };
    metrics.observeQuality({ receive: undefined, send, reported: undefined });
    const values = await read(metrics);
    expect(values.get('mixminus_leg_mos_bucket{le="4.3",direction="send"}')).toBe(0);
    expect(values.get('mixminus_leg_mos_bucket{le="4.4",direction="send"}')).toBe(1);
    expect([...values.keys()].some((name) => name.includes('direction="receive"'))).toBe(false);
  });
});
