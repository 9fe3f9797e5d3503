/** Metrics of the SIP front end. */
import type { Registry } from 'prom-client';
import type { SipGateway } from '../sip/gateway.js';
import { counter, gauge } from './instruments.js';

/** Registers `mixminus_sip_*`. */
export function registerSipMetrics(registry: Registry, gateway: Pick<SipGateway, 'ready' | 'counters'>): void {
  gauge(registry, {
    name: 'mixminus_sip_ready',
    help: '1 while the SIP front end can take and make calls.',
    read: () => Number(gateway.ready),
  });
  for (const kind of ['dialogs', 'transactions', 'connections'] as const) {
    gauge(registry, {
      name: `mixminus_sip_${kind}`,
      help: `SIP ${kind} now.`,
      read: () => gateway.counters()[kind],
    });
  }
  counter(registry, {
    name: 'mixminus_sip_refused_total',
    help: 'SIP messages refused or dropped.',
    label: 'reason',
    read: () => new Map(Object.entries(gateway.counters().refused)),
  });
}
