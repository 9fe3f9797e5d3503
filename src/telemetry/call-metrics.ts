/** Metrics of calls and legs. */
import type { Registry } from 'prom-client';
import { counter, gauge } from './instruments.js';

/** What the call service tells; its `counters` and `draining`. */
export interface CallMetricsSource {
  readonly draining: boolean;
  counters(): {
    readonly calls: number;
    readonly legs: number;
    readonly levelSubscriptions: number;
    /** By SIP status. */
    readonly refusedInvites: ReadonlyMap<number, number>;
    readonly overloaded: boolean;
    /** By kind of fact. */
    readonly consents: ReadonlyMap<string, number>;
    readonly recordings: ReadonlyMap<string, number>;
    readonly activeRecordings: number;
  };
}

/** Registers `mixminus_calls` and its kind. */
export function registerCallMetrics(registry: Registry, service: CallMetricsSource): void {
  gauge(registry, { name: 'mixminus_calls', help: 'Calls now.', read: () => service.counters().calls });
  gauge(registry, { name: 'mixminus_legs', help: 'Legs now.', read: () => service.counters().legs });
  gauge(registry, {
    name: 'mixminus_level_subscriptions',
    help: 'Subscriptions to level reports now.',
    read: () => service.counters().levelSubscriptions,
  });
  gauge(registry, {
    name: 'mixminus_overloaded',
    help: '1 while no new legs are taken because media ticks are late.',
    read: () => Number(service.counters().overloaded),
  });
  gauge(registry, {
    name: 'mixminus_draining',
    help: '1 while the server takes no new calls because it is to stop.',
    read: () => Number(service.draining),
  });
  gauge(registry, {
    name: 'mixminus_recordings',
    help: 'Recordings going on, those whose files are being finished included.',
    read: () => service.counters().activeRecordings,
  });
  counter(registry, {
    name: 'mixminus_recordings_total',
    help: 'What has become of recordings.',
    label: 'event',
    read: () => service.counters().recordings,
  });
  counter(registry, {
    name: 'mixminus_consents_total',
    help: 'Questions for consent, and their answers.',
    label: 'event',
    read: () => service.counters().consents,
  });
  counter(registry, {
    name: 'mixminus_invites_refused_total',
    help: 'INVITEs refused by policy or capacity.',
    label: 'status',
    read: () => new Map([...service.counters().refusedInvites].map(([status, count]) => [String(status), count])),
  });
}
