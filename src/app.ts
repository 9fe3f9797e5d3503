/**
 * The only place that knows everyone: builds the rooms from a configuration and ties them together.
 *
 *   config ─► media engine ─┐
 *          ─► SIP front end ─┼─► call service ─► REST API, events, metrics, health
 *          ─► log ──────────┘
 */
import { randomBytes, randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { createApi } from './api/api.js';
import { systemClock } from './call/clock.js';
import { drainCalls } from './call/drain.js';
import { randomIds } from './call/ids.js';
import { type CallService, createCallService } from './call/service.js';
import type { CallSettings } from './call/settings.js';
import type { Config } from './config/config.js';
import { MediaEngine } from './media/engine.js';
import { compileOpus } from './media/opus-module.js';
import { compileRnnoise } from './media/rnnoise-module.js';
import { chooseUdp } from './media/udp.js';
import { startWorkerThread } from './media/worker-link.js';
import { Admission } from './sip/admission/admission.js';
import { DrachtioGateway } from './sip/drachtio/gateway.js';
import { EmbeddedGateway } from './sip/embedded/gateway.js';
import type { SipGateway } from './sip/gateway.js';
import { createPrompts, type Prompts, type PromptsOptions } from './speech/prompts.js';
import { Health } from './telemetry/health.js';
import { createLog, type Log } from './telemetry/log.js';
import { Metrics } from './telemetry/metrics.js';
import { FsRecorder } from './tools/fs-recorder.js';
import { FsCallRecord } from './tools/record/fs-call-record.js';
import { startToolThread } from './tools/tool-link.js';
import { ToolPlane } from './tools/tool-plane.js';

/** A pair of ports rests this long before another leg gets it (SAFETY M12). */
const PORT_QUARANTINE_MS = 5000;
/** A call without legs ends after this long, so that nothing stays for ever. */
const IDLE_CALL_MS = 3_600_000;

/** What tests may put in the place of the machine. */
export interface AppOverrides {
  /** Compiled `media/worker.js`; default: beside this file. Other workers are looked for beside it, in `tools/` and `speech/`. */
  readonly workerEntry?: URL;
  readonly log?: Log;
  /** How long a pair of ports rests, ms. */
  readonly portQuarantineMs?: number;
  /** How prompts are fetched, and how long at most. */
  readonly promptNetwork?: PromptsOptions['network'];
}

/** The server as a whole. */
export interface App {
  readonly service: CallService;
  readonly gateway: SipGateway;
  readonly engine: MediaEngine;
  /** Binds everything; resolves when calls can come. */
  start(): Promise<void>;
  /** Where the REST API listens, e.g. `http://127.0.0.1:3000`. */
  readonly httpUrl: string;
  /** Tells of a fault nobody caught, in the log and the metrics. */
  reportFault(message: string, fault: unknown): void;
  /** Takes nothing new, waits for calls up to the configured deadline, ends the rest, closes everything. */
  stop(deadlineMs?: number): Promise<void>;
}

/** Builds the server; nothing listens until {@link App.start}. */
export function createApp(config: Config, overrides: AppOverrides = {}): App {
  const log = overrides.log ?? createLog({ level: config.log.level, personalData: config.log.personalData });
  for (const warning of config.warnings) log.warn({ warning }, 'The configuration deserves a look.');

  const engine = createEngine(config, log, overrides);
  const gateway = createGateway(config, log);
  const speech = createSpeech(config, log, overrides);
  const tools = createTools(log, overrides.workerEntry);
  const recorder = createRecorder(config, log, tools);
  const record = new FsCallRecord({
    directory: join(config.dataDir, 'records'),
    onFailure: (thrown) => log.error({ err: thrown }, 'The record of a call could not be written.'),
  });
  const service = createCallService({
    settings: callSettings(config),
    media: engine,
    gateway,
    prompts: speech.prompts,
    recorder,
    record,
    clock: systemClock,
    ids: randomIds(randomBytes),
    randomOctets: randomBytes,
    log,
  });
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const health = new Health({ gateway, media: engine, service });
  const metrics = new Metrics({ gateway, media: engine, service });
  service.subscribe((event) => {
    if (event.type === 'leg.left' && event.data.statistics) metrics.observeQuality(event.data.statistics.quality);
  });
  const api = createApi({
    service,
    assets: speech.assets,
    clock: systemClock,
    host: config.http.host,
    keys: config.http.apiKeys,
    version,
    checkHealth: () => health.check(),
    renderMetrics: () => metrics.render(),
    observeRequest: (request) => metrics.observeRequest(request),
    logger: log,
  });

  return {
    service,
    gateway,
    engine,
    async start() {
      await engine.start();
      await tools.start();
      await recorder.start();
      await speech.start();
      await service.start();
      await api.listen({ host: config.http.host, port: config.http.port });
    },
    get httpUrl() {
      return urlOf(api);
    },
    reportFault(message, fault) {
      metrics.countFault();
      log.error({ err: fault }, message);
    },
    async stop(deadlineMs = config.drainTimeoutMs) {
      const outcome = await drainCalls(service, systemClock, deadlineMs);
      log.info(outcome, 'Drained.');
      service.stop();
      await gateway.stop();
      await api.close();
      await speech.close();
      // Rings are read to their ends, which the engine writes.
      await engine.close();
      await recorder.close();
      await tools.close();
      await record.close();
    },
  };
}

function createEngine(config: Config, log: Log, overrides: AppOverrides): MediaEngine {
  const {
    workerEntry = new URL('./media/worker.js', import.meta.url),
    portQuarantineMs: quarantineMs = PORT_QUARANTINE_MS,
  } = overrides;
  const dsp = new WebAssembly.Module(readFileSync(new URL('../wasm/build/dsp.wasm', import.meta.url)));
  const opus = compileOpus();
  const rnnoise = compileRnnoise();
  const { kind: udp, why } = chooseUdp(config.rtp.udp);
  log.info({ udp, ...(why !== undefined && { why }) }, 'Media travels over UDP.');
  return new MediaEngine({
    workers: config.mediaWorkers,
    host: config.rtp.host,
    ports: { min: config.rtp.portMin, max: config.rtp.portMax, quarantineMs },
    spawn: () => startWorkerThread(workerEntry, { dsp, opus, opusPreferences: config.opus, rnnoise, udp }),
    nowMs: () => performance.now(),
    // 48 bits: ports, SSRCs and sequence starts must not be guessed (RFC 3550 §5.1).
    random: () => randomInt(2 ** 47) / 2 ** 47,
    onCrash: (reason) => log.error({ reason }, 'A media worker crashed and is replaced.'),
  });
}

function createSpeech(config: Config, log: Log, overrides: AppOverrides): Prompts {
  const { workerEntry = new URL('./media/worker.js', import.meta.url), promptNetwork: network } = overrides;
  return createPrompts({
    settings: config,
    log: (level, message, fields) => log[level](fields, message),
    nowMs: () => systemClock.nowMs(),
    workerEntry: new URL('../speech/decoding/decode-worker.js', workerEntry),
    ...(network && { network }),
  });
}

function createTools(log: Log, workerEntry = new URL('./media/worker.js', import.meta.url)): ToolPlane {
  return new ToolPlane({
    spawn: () => startToolThread(new URL('../tools/tool-worker.js', workerEntry)),
    onFault: (detail) => log.error({ detail }, 'A tool failed.'),
  });
}

function createRecorder(config: Config, log: Log, tools: ToolPlane): FsRecorder {
  const { minFreeMb, bufferS, bufferMb } = config.recordings;
  return new FsRecorder({
    tools,
    directory: join(config.dataDir, 'recordings'),
    minFreeBytes: minFreeMb * 1_000_000,
    bufferS,
    bufferBytes: bufferMb * 1_000_000,
    wallMs: () => Date.now(),
    onFault: (detail) => log.error({ detail }, 'A recording could not be recovered or read.'),
  });
}

function createGateway(config: Config, log: Log): SipGateway {
  const { sip, drachtio, externalIp } = config;
  const admission = new Admission({
    trunks: config.trunks,
    limits: {
      perAddressPerS: sip.rate.requestsPerSecondPerIp,
      perAddressBurst: sip.rate.burst,
      exemptLoopback: sip.rate.exemptLoopback,
      newCallsPerS: sip.rate.newCallsPerSecond,
      newCallsBurst: sip.rate.newCallsPerSecond * 2,
    },
    now: () => performance.now(),
  });
  if (drachtio) {
    return new DrachtioGateway({
      ...drachtio,
      admission,
      log: (level, message, fields) => log[level](fields ?? {}, message),
    });
  }
  return new EmbeddedGateway({
    listen: sip.listen,
    admission,
    ...(externalIp === undefined ? {} : { externalHost: externalIp }),
    timers: sip.timers,
    sessionTimer: sip.sessionTimer,
    onThrow: (thrown) => log.error({ err: thrown }, 'A SIP handler failed.'),
  });
}

function callSettings(config: Config): CallSettings {
  const { rtp, capacity, trunks, routes, codecs, mediaAddress } = config;
  const isLoopback = mediaAddress.startsWith('127.') || mediaAddress === '::1';
  return {
    trunks,
    routes,
    limits: capacity,
    media: {
      address: mediaAddress,
      codecs: codecs.map((encoding) => ({ encoding })),
      ptimeMs: rtp.ptimeMs,
      rtcpMux: rtp.mux,
      comfortNoise: rtp.comfortNoise,
      voipMetrics: rtp.voipMetrics,
      remotePolicy: { allowPrivate: rtp.allowPrivate, allowLoopback: rtp.allowLoopback ?? isLoopback },
    },
    rtpTimeoutMs: config.rtpTimeoutMs,
    rtpHoldTimeoutMs: config.rtpHoldTimeoutMs,
    denoise: config.denoise,
    idleTimeoutMs: IDLE_CALL_MS,
  };
}

function urlOf(api: FastifyInstance): string {
  const { address, family, port } = api.server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
