/** The whole server in this process, behind either SIP front end, on free ports, with telephones that call it. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PhoneClock } from '../../../demo/phone/phone-clock.js';
import type { Voice } from '../../../demo/phone/voice.js';
import { type App, type AppOverrides, createApp } from '../../../src/app.js';
import { loadConfig } from '../../../src/config/load.js';
import { createLog } from '../../../src/telemetry/log.js';
import { ScriptedDrachtioServer } from '../drachtio-server/scripted-server.js';
import { mediaThreadsAhead } from '../real-time.js';
import type { SipAddress } from '../sip-peer.js';
import { conversation } from './hearing.js';
import { LivePhone, type LivePhoneOptions } from './live-phone.js';
import type { CallSeen, LegSeen, RestClient } from './rest-client.js';
import { until } from './soon.js';

/** How SIP comes in: in this process, or through a scripted drachtio-server. */
export type FrontEnd = 'embedded' | 'drachtio';

/** Content of the config file. */
export type Settings = Readonly<Record<string, object | number | string>>;

/** How long it waits for what has no setting. */
type Waits = Pick<AppOverrides, 'portQuarantineMs' | 'promptNetwork'>;

/** RFC 3261 times shortened, so that what waits for them does not take half a minute. */
export const T1_MS = 25;
const TIMERS = { t1Ms: T1_MS, t2Ms: 8 * T1_MS, t4Ms: 10 * T1_MS };
const SECRET = 'a secret between two processes';
/** A machine that has been busy makes the server refuse calls for a while. */
const READY_WITHIN_MS = 30_000;

/** A running server. */
export class LiveServer {
  /** Lines of its log, warnings and worse. */
  readonly log: string[] = [];
  readonly clock = new PhoneClock();
  /** What it writes; gone when it stops, unless the test gave a directory of its own. */
  readonly dataDir = mkdtempSync(join(tmpdir(), 'mixminus-live-'));
  readonly #phones: LivePhone[] = [];
  #app: App | undefined;

  private constructor(
    readonly sip: SipAddress,
    /** The drachtio-server before it, when that is its front end. */
    readonly drachtio: ScriptedDrachtioServer | undefined,
  ) {}

  /**
   * Starts it.
   * @param settings laid over defaults that suit tests, group by group
   * @param waits shorter than those of a server in earnest
   */
  static async open(frontEnd: FrontEnd = 'embedded', settings: Settings = {}, waits: Waits = {}): Promise<LiveServer> {
    const drachtio = frontEnd === 'drachtio' ? new ScriptedDrachtioServer({ t1Ms: T1_MS, secret: SECRET }) : undefined;
    await drachtio?.start();
    const port = drachtio?.sipPort ?? (await freePort());
    const server = new LiveServer({ transport: 'udp', host: '127.0.0.1', port }, drachtio);
    await server.#start(settings, waits);
    return server;
  }

  get app(): App {
    if (!this.#app) throw new Error('The server was not started.');
    return this.#app;
  }

  /** Base of its REST API. */
  get http(): string {
    return this.app.httpUrl;
  }

  /** Creates a call by the API, at a moment when new calls are taken. @throws Error with the problem when it is refused */
  async create(api: RestClient, call: object): Promise<CallSeen> {
    await this.ready();
    return api.demand(201, 'POST', '/v1/calls', call);
  }

  /** Dials somebody into a call by the API, at a moment when new legs are taken. @throws Error with the problem when it is refused */
  async dial(api: RestClient, callId: string, whom: object): Promise<LegSeen> {
    await this.ready();
    return api.demand(202, 'POST', `/v1/calls/${callId}/legs`, whom);
  }

  /** A telephone that can reach it, at a moment when new calls are taken. */
  async phone(options: LivePhoneOptions): Promise<LivePhone> {
    await this.ready();
    const phone = await LivePhone.open(this.sip, options);
    this.#phones.push(phone);
    return phone;
  }

  /** A telephone in a call, talking. */
  async join(room: string, options: LivePhoneOptions): Promise<LivePhone> {
    const phone = await this.phone(options);
    await phone.call(room);
    this.clock.add(phone);
    return phone;
  }

  /** So many telephones in a call, talking and hearing each other. */
  async gather(room: string, count: number): Promise<LivePhone[]> {
    const phones: LivePhone[] = [];
    for (let index = 0; index < count; index++) phones.push(await this.join(room, { voice: voiceOf(index) }));
    await conversation(phones);
    return phones;
  }

  /** Lets every telephone that is in a call hang up. */
  async hangUpAll(): Promise<void> {
    const talking = this.#phones.filter((phone) => phone.inCall);
    await Promise.all(talking.map((phone) => phone.hangUp()));
    await until(() => this.app.service.counters().calls === 0);
  }

  /** Waits until new calls are taken. */
  async ready(): Promise<void> {
    await until(() => this.app.gateway.ready && !this.app.service.counters().overloaded, READY_WITHIN_MS);
  }

  /** Ends everything, calls and telephones included. */
  async stop(): Promise<void> {
    this.clock.stop();
    await this.#app?.stop(0);
    await this.drachtio?.kill();
    await Promise.all(this.#phones.map((phone) => phone.close()));
    rmSync(this.dataDir, { recursive: true });
  }

  async #start(settings: Settings, waits: Waits): Promise<void> {
    const drachtio = this.drachtio && { host: '127.0.0.1', port: this.drachtio.adminPort, secret: SECRET };
    const defaults: Settings = {
      sip: {
        listen: [`udp:127.0.0.1:${this.sip.port}`, `tcp:127.0.0.1:${this.sip.port}`],
        timers: TIMERS,
        rate: { newCallsPerSecond: 10_000 },
      },
      http: { port: 0 },
      dataDir: this.dataDir,
      mediaWorkers: 1,
      ...(drachtio && { drachtio }),
    };
    const content = JSON.stringify(merged(defaults, settings));
    const config = loadConfig({ CONFIG_FILE: 'settings of this test' }, () => content);
    this.#app = createApp(config, {
      ...waits,
      workerEntry: new URL('../../../dist/media/worker.js', import.meta.url),
      log: createLog({ level: 'warn', personalData: false, destination: { write: (line) => this.log.push(line) } }),
    });
    await this.#app.start();
    mediaThreadsAhead(process.pid);
  }
}

/** Tones far enough apart, and so quiet that several of them together need no limiter. */
export function voiceOf(index: number): Voice {
  return { name: `voice ${index}`, frequenciesHz: [400 + 220 * index], peakDbfs: -16 };
}

/** A UDP port nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

function merged(defaults: Settings, settings: Settings): Settings {
  const result: Record<string, object | number | string> = { ...defaults };
  for (const [key, value] of Object.entries(settings)) {
    const before = result[key];
    const both = typeof value === 'object' && typeof before === 'object' && !Array.isArray(value);
    result[key] = both ? { ...before, ...value } : value;
  }
  return result;
}
