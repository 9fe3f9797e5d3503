import websocket from '@fastify/websocket';
import { TypeBoxValidatorCompiler, type TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { Settings } from 'typebox/system';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import type { CallService } from '../call/service.js';
import type { Clock } from '../call/clock.js';
import { Broadcaster, type BroadcasterLimits, defaultBroadcasterLimits } from '../events/broadcaster.js';
import type { AssetStore } from '../speech/port.js';
import { admit } from './access.js';
import { handleClientError, handleError, handleFrameworkError, handleNotFound } from './error-handler.js';
import { IdempotencyCache } from './idempotency.js';
import { KeyRing } from './keys.js';
import { describeApi } from './openapi.js';
import { isLoopbackHost } from './origin.js';
import { type RateLimit, RateLimiter } from './rate-limit.js';
import { assetRoutes } from './routes/assets.js';
import { callRoutes } from './routes/call.js';
import { callsRoutes } from './routes/calls.js';
import { consentRoutes } from './routes/consent.js';
import type { Api, HealthReport, RouteContext } from './routes/context.js';
import { digitsRoutes } from './routes/digits.js';
import { eventRoutes } from './routes/events.js';
import { interactionRoutes } from './routes/interaction.js';
import { interactionsRoutes } from './routes/interactions.js';
import { legRoutes } from './routes/leg.js';
import { legsRoutes } from './routes/legs.js';
import { playbackRoutes } from './routes/playback.js';
import { playbacksRoutes } from './routes/playbacks.js';
import { probeRoutes } from './routes/probes.js';
import { routingRoutes } from './routes/routing.js';
import { recordingRoutes } from './routes/recording.js';
import { recordingsRoutes } from './routes/recordings.js';
import { maxWaitMs } from './schema/interaction.js';
import { sharedSerializers } from './serializer-cache.js';

/** One request, for metrics. */
export interface AnsweredRequest {
  readonly method: string;
  /** Pattern of the route (`/v1/calls/:callId`), or `unmatched`. */
  readonly route: string;
  readonly status: number;
  readonly durationMs: number;
}

/** What {@link createApi} is made of. */
export interface ApiOptions {
  readonly service: CallService;
  /** Uploaded audio for prompts. */
  readonly assets: AssetStore;
  readonly clock: Clock;
  /** Address it will listen on; beyond loopback keys are needed. */
  readonly host: string;
  /** Bearer keys as configured; empty = none is asked for. */
  readonly keys: readonly string[];
  /** Version of the server, for the API's description. */
  readonly version: string;
  readonly checkHealth: () => HealthReport | Promise<HealthReport>;
  readonly renderMetrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
  readonly logger?: FastifyBaseLogger;
  /** Told of every request that was answered. */
  readonly observeRequest?: (request: AnsweredRequest) => void;
  /** Per key; default 100 per second, 200 at once. */
  readonly rateLimit?: RateLimit;
  readonly eventLimits?: BroadcasterLimits;
}

const bodyLimit = 64 * 1024;
const slowClientMs = 30_000;
/** Without an octet either way; longer than an answer may take to come. */
const idleConnectionMs = maxWaitMs + 10_000;
/** A union has several per member, and what was meant must be among them. */
const maxValidationErrors = 256;
const maxConnections = 2_000;
const maxIncomingMessage = 4_096;
const goingAway = 1001;
const closeGraceMs = 1_000;

/**
 * The REST API and its event stream, ready for `listen` or `inject`.
 * @throws Error when `host` is beyond loopback and there are no keys
 */
export function createApi(options: ApiOptions): FastifyInstance {
  const keys = new KeyRing(options.keys);
  if (keys.empty && !isLoopbackHost(options.host)) {
    throw new Error(`The REST API needs API keys to listen on ${options.host}: set API_KEYS, or listen on loopback.`);
  }
  const nowMs = () => options.clock.nowMs();
  const limiter = new RateLimiter(options.rateLimit ?? { perSecond: 100, burst: 200 }, nowMs);
  const broadcaster = new Broadcaster(options.service, options.eventLimits ?? defaultBroadcasterLimits, nowMs);
  const context: RouteContext = {
    service: options.service,
    assets: options.assets,
    broadcaster,
    idempotency: new IdempotencyCache(nowMs),
    checkHealth: options.checkHealth,
    renderMetrics: options.renderMetrics,
  };

  const api = createServer(options.logger);
  api.decorateRequest('caller', '');
  registerWebSocket(api);
  describeApi(api, options.version);
  api.addHook('onRequest', (request, _reply, done) => {
    admit(request, keys, limiter);
    done();
  });
  api.addHook('onResponse', (request, reply, done) => {
    const { method, routeOptions } = request;
    const status = reply.statusCode;
    options.observeRequest?.({ method, route: routeOptions.url ?? 'unmatched', status, durationMs: reply.elapsedTime });
    done();
  });
  api.addHook('onClose', (_instance, done) => {
    broadcaster.close();
    done();
  });
  // As a plugin, so that the routes are added after the plugins above are there to see them.
  void api.register((scope, _options, done) => {
    addRoutes(scope.withTypeProvider<TypeBoxTypeProvider>(), context);
    done();
  });
  return api;
}

function createServer(logger: FastifyBaseLogger | undefined): Api {
  const api = Fastify({
    bodyLimit,
    requestTimeout: slowClientMs,
    connectionTimeout: idleConnectionMs,
    trustProxy: false,
    logController: new LogController({ disableRequestLogging: true }),
    http: { headersTimeout: slowClientMs },
    schemaController: { compilersFactory: { buildSerializer: sharedSerializers() } },
    clientErrorHandler: handleClientError,
    frameworkErrors: handleFrameworkError,
    ...(logger === undefined ? {} : { loggerInstance: logger }),
  }).withTypeProvider<TypeBoxTypeProvider>();
  api.server.maxConnections = maxConnections;
  Settings.Set({ maxErrors: maxValidationErrors });
  api.setValidatorCompiler(TypeBoxValidatorCompiler);
  api.setErrorHandler(handleError);
  api.setNotFoundHandler(handleNotFound);
  // Only JSON: what a page of another origin can send without asking first must not be understood.
  api.removeContentTypeParser('text/plain');
  return api;
}

function addRoutes(api: Api, context: RouteContext): void {
  callsRoutes(api, context);
  callRoutes(api, context);
  legsRoutes(api, context);
  legRoutes(api, context);
  digitsRoutes(api, context);
  interactionsRoutes(api, context);
  interactionRoutes(api, context);
  playbacksRoutes(api, context);
  playbackRoutes(api, context);
  assetRoutes(api, context);
  routingRoutes(api, context);
  consentRoutes(api, context);
  recordingsRoutes(api, context);
  recordingRoutes(api, context);
  eventRoutes(api, context);
  probeRoutes(api, context);
}

function registerWebSocket(api: Api): void {
  void api.register(websocket, {
    options: { maxPayload: maxIncomingMessage, perMessageDeflate: false },
    // A peer that breaks the protocol is only worth a line for who looks for it.
    errorHandler: (error, socket, request) => {
      request.log.debug({ err: error }, 'An event socket failed.');
      socket.terminate();
    },
    preClose(done) {
      const { clients } = api.websocketServer;
      for (const client of clients) client.close(goingAway, 'shutting down');
      const cut = setTimeout(() => {
        for (const client of clients) client.terminate();
      }, closeGraceMs);
      api.websocketServer.close(() => {
        clearTimeout(cut);
      });
      done();
    },
  });
}
