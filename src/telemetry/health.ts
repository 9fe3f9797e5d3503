/** Readiness: whether new calls can be taken, from named checks. */
import type { MediaPlane } from '../media/plane.js';
import type { SipGateway } from '../sip/gateway.js';

/** Outcome of one check. */
export interface HealthCheck {
  readonly ok: boolean;
  /** What is wrong, when something is. */
  readonly detail?: string;
}

/** All checks by name. */
export interface HealthReport {
  /** True when every check is ok. */
  readonly ready: boolean;
  readonly checks: Readonly<Record<'sip' | 'ports' | 'ticks' | 'draining', HealthCheck>>;
}

/** What is looked at. */
export interface HealthSources {
  readonly gateway: Pick<SipGateway, 'ready'>;
  readonly media: Pick<MediaPlane, 'freePorts' | 'metrics'>;
  readonly service: { readonly draining: boolean; counters(): { readonly overloaded: boolean } };
  /** Monotonic clock, ms. */
  readonly nowMs?: () => number;
}

/** Workers report every second; one that has not for this long is stuck. */
const workerSilenceMs = 5000;
/** A leg takes one for RTP and one for RTCP. */
const portsPerLeg = 2;

/** Answers whether this server is ready; asked by the API for `/readyz`. */
export class Health {
  private readonly nowMs: () => number;
  /** When each worker's report, an object of its own, was first seen here. */
  private seen = new Map<object, number>();

  constructor(private readonly sources: HealthSources) {
    this.nowMs = sources.nowMs ?? (() => performance.now());
  }

  check(): HealthReport {
    const { gateway, media, service } = this.sources;
    const checks = {
      sip: verdict(gateway.ready, 'The SIP front end is not connected.'),
      ports: verdict(media.freePorts() >= portsPerLeg, 'No RTP port is free.'),
      ticks: this.checkTicks(),
      draining: verdict(!service.draining, 'The server is draining.'),
    };
    return { ready: Object.values(checks).every(({ ok }) => ok), checks };
  }

  private checkTicks(): HealthCheck {
    const nowMs = this.nowMs();
    const reports = this.sources.media.metrics();
    this.seen = new Map(reports.map((report) => [report, this.seen.get(report) ?? nowMs]));
    const stuck = [...this.seen.values()].some((sinceMs) => nowMs - sinceMs > workerSilenceMs);
    if (stuck) return { ok: false, detail: 'A media worker does not report.' };
    return verdict(!this.sources.service.counters().overloaded, 'Media ticks are late.');
  }
}

function verdict(ok: boolean, detail: string): HealthCheck {
  return ok ? { ok } : { ok, detail };
}
