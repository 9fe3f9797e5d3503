import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CallService } from '../../call/service.js';
import type { AssetStore } from '../../speech/port.js';
import type { Broadcaster } from '../../events/broadcaster.js';
import type { IdempotencyCache } from '../idempotency.js';

/** The server as routes see it: types of requests follow from their schemas. */
export type Api = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** State of the parts a server needs to be ready. */
export interface HealthReport {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly detail?: string }>>;
}

/** What routes work with. */
export interface RouteContext {
  readonly service: CallService;
  readonly assets: AssetStore;
  readonly broadcaster: Broadcaster;
  readonly idempotency: IdempotencyCache;
  readonly checkHealth: () => HealthReport | Promise<HealthReport>;
  /** The Prometheus text format. */
  readonly renderMetrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
}
