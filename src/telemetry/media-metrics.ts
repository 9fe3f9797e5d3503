/** Metrics of the media workers, each under the label `worker`: 0, 1, … */
import type { Registry } from 'prom-client';
import type { MediaPlane } from '../media/plane.js';
import type { WorkerMetrics } from '../media/protocol.js';
import { counter, gauge } from './instruments.js';

type Row = readonly [name: string, help: string, read: (metrics: WorkerMetrics) => number];

const counters: readonly Row[] = [
  ['ticks', 'Media ticks run.', (metrics) => metrics.ticks],
  ['late_ticks', 'Ticks that began more than 10 ms after their time.', (metrics) => metrics.lateTicks],
  ['skipped_ticks', 'Ticks never run, because catching up is bounded.', (metrics) => metrics.skippedTicks],
  ['packets_received', 'RTP and RTCP packets received.', (metrics) => metrics.packetsReceived],
  ['packets_sent', 'RTP and RTCP packets sent.', (metrics) => metrics.packetsSent],
  ['packets_dropped', 'Received packets that were dropped.', (metrics) => metrics.packetsDropped],
];

const gauges: readonly Row[] = [
  [
    'tick_lateness_seconds',
    'Largest lateness of a tick in the last second.',
    (metrics) => metrics.maxLatenessMs / 1000,
  ],
  ['tick_duration_seconds', 'Longest tick in the last second.', (metrics) => metrics.maxTickMs / 1000],
  ['calls', 'Calls on the worker.', (metrics) => metrics.calls],
  ['legs', 'Legs on the worker.', (metrics) => metrics.legs],
  ['sockets', 'Open media sockets.', (metrics) => metrics.sockets],
  [
    'native_udp',
    '1 = media is read and written in batches, 0 = by node:dgram.',
    ({ udp }) => (udp === 'native' ? 1 : 0),
  ],
  ['wasm_bytes', 'Bytes of wasm memory handed out.', (metrics) => metrics.wasmBytes],
  ['heap_used_bytes', 'JavaScript heap of the worker.', (metrics) => metrics.heapUsedBytes],
];

/** Registers `mixminus_media_*` and `mixminus_rtp_ports_free`. */
export function registerMediaMetrics(registry: Registry, media: Pick<MediaPlane, 'freePorts' | 'metrics'>): void {
  const perWorker = (read: Row[2]) => () =>
    new Map(media.metrics().map((metrics, index) => [String(index), read(metrics)]));
  for (const [name, help, read] of counters) {
    counter(registry, { name: `mixminus_media_${name}_total`, help, label: 'worker', read: perWorker(read) });
  }
  for (const [name, help, read] of gauges) {
    gauge(registry, { name: `mixminus_media_${name}`, help, label: 'worker', read: perWorker(read) });
  }
  gauge(registry, {
    name: 'mixminus_rtp_ports_free',
    help: 'RTP ports not in use and not in quarantine.',
    read: () => media.freePorts(),
  });
}
