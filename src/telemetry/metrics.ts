/** Metrics in the Prometheus text format: base units, `_total` for counters, no ids of calls or legs as labels. */
import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';
import type { MediaPlane } from '../media/plane.js';
import type { QualityStatistics } from '../media/protocol.js';
import type { SipGateway } from '../sip/gateway.js';
import { registerCallMetrics } from './call-metrics.js';
import type { CallMetricsSource } from './call-metrics.js';
import { registerMediaMetrics } from './media-metrics.js';
import { registerSipMetrics } from './sip-metrics.js';

/** Where the numbers come from; all are read when metrics are rendered. */
export interface MetricsSources {
  readonly gateway: Pick<SipGateway, 'ready' | 'counters'>;
  readonly media: Pick<MediaPlane, 'freePorts' | 'metrics'>;
  readonly service: CallMetricsSource;
}

/** One answered HTTP request. */
export interface ObservedRequest {
  readonly method: string;
  /** Pattern of the route (`/v1/calls/:callId`), never the address itself. */
  readonly route: string;
  readonly status: number;
  readonly durationMs: number;
}

const latencyBucketsS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 2.5];

/** Steps of half the difference people tell apart; 4.41 is the best there is. */
const mosBuckets = [1.5, 2, 2.5, 3, 3.3, 3.6, 3.8, 4, 4.2, 4.3, 4.4, 4.5];

/** All metrics of the process. */
export class Metrics {
  private readonly registry = new Registry();
  private readonly requests: Histogram<'method' | 'route' | 'status'>;
  private readonly faults: Counter;
  private readonly quality: Histogram<'direction'>;

  constructor(sources: MetricsSources) {
    collectDefaultMetrics({ register: this.registry });
    registerCallMetrics(this.registry, sources.service);
    registerMediaMetrics(this.registry, sources.media);
    registerSipMetrics(this.registry, sources.gateway);
    this.requests = new Histogram({
      name: 'mixminus_http_request_duration_seconds',
      help: 'Time from request to answer of the REST API.',
      labelNames: ['method', 'route', 'status'],
      buckets: latencyBucketsS,
      registers: [this.registry],
    });
    this.faults = new Counter({
      name: 'mixminus_faults_total',
      help: 'Exceptions and rejections nobody caught.',
      registers: [this.registry],
    });
    this.quality = new Histogram({
      name: 'mixminus_leg_mos',
      help: 'Estimated mean opinion score of conversing (ITU-T G.107) of legs that left, as heard here and by the leg.',
      labelNames: ['direction'],
      buckets: mosBuckets,
      registers: [this.registry],
    });
  }

  /** Counts an exception or rejection nobody caught; one is a bug. */
  countFault(): void {
    this.faults.inc();
  }

  /** Counts an answered HTTP request. */
  observeRequest({ method, route, status, durationMs }: ObservedRequest): void {
    this.requests.observe({ method, route, status: String(status) }, durationMs / 1000);
  }

  /** Takes how a leg that left has sounded, as far as it is known. */
  observeQuality({ receive, send }: QualityStatistics): void {
    if (receive) this.quality.observe({ direction: 'receive' }, receive.mosConversational);
    if (send) this.quality.observe({ direction: 'send' }, send.mosConversational);
  }

  /** The text, and its content type. */
  async render(): Promise<{ readonly contentType: string; readonly text: string }> {
    return { contentType: this.registry.contentType, text: await this.registry.metrics() };
  }
}
