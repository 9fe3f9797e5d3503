/** A server of its own for one test file, and foreign telephones that call it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { type ServerProcess, startServer } from '../server-process.js';
import { ApiClient } from './api-client.js';
import { LineTap } from './line-tap.js';
import type { Peer, PeerPlan } from './peer.js';

/** Calls of one peer at most. */
const ATTEMPTS = 5;

/** A peer in a call. */
export type ConnectedPeer<Kind extends Peer = Peer> = PeerPlan & Kind;

/** How long the machine may take to be ready for real time. */
const OPEN_WITHIN_MS = 90_000;

/** The switchboard of the tests around: open from before the first of them until after the last. */
export function switchboardHere(): () => Switchboard {
  let opened: Switchboard | undefined;
  beforeAll(async () => {
    opened = await Switchboard.open();
  }, OPEN_WITHIN_MS);
  afterAll(() => opened?.close());
  return () => {
    if (!opened) throw new Error('The switchboard is open during tests only.');
    return opened;
  };
}

/** The server, and everything that has to be cleaned up. */
export class Switchboard {
  readonly api: ApiClient;
  readonly #taps: LineTap[] = [];
  #folders = 0;
  readonly #peers: Peer[] = [];

  readonly #home: string;

  private constructor(
    readonly server: ServerProcess,
    home: string,
  ) {
    this.#home = home;
    this.api = new ApiClient(server.http);
  }

  /** @param configuration what its configuration file says; none without */
  static async open(configuration?: Readonly<Record<string, unknown>>): Promise<Switchboard> {
    const home = mkdtempSync(join(tmpdir(), 'mixminus-interop-'));
    const file = join(home, 'mixminus.json');
    if (configuration !== undefined) writeFileSync(file, JSON.stringify(configuration));
    const env = {
      SIP_LISTEN: 'udp:127.0.0.1:0,tcp:127.0.0.1:0',
      DATA_DIR: join(home, 'data'),
      ...(configuration !== undefined && { CONFIG_FILE: file }),
    };
    const switchboard = new Switchboard(await startServer(env, { realTime: true }), home);
    try {
      await switchboard.api.ready();
    } catch (error) {
      await switchboard.close();
      throw error;
    }
    return switchboard;
  }

  /** Makes a new empty folder. */
  readonly folder = (name: string): string => {
    const path = join(this.#home, `${++this.#folders}-${name}`);
    mkdirSync(path, { recursive: true });
    return path;
  };

  /**
   * Lets a telephone of that kind call; when the server has no capacity for the moment (503), later once more.
   * @throws Error with everything it said when it is not answered with 200
   */
  async connect<Kind extends Peer>(
    start: (plan: PeerPlan) => Promise<Kind>,
    plan: Omit<PeerPlan, 'tap' | 'home'>,
  ): Promise<ConnectedPeer<Kind>> {
    for (let attempt = 1; ; attempt++) {
      await this.api.ready();
      const tap = await LineTap.open(this.server.sip);
      this.#taps.push(tap);
      const whole = { ...plan, tap, home: this.folder(plan.name) };
      const peer = await start(whole);
      this.#peers.push(peer);
      const status = await Promise.race([tap.answered, peer.program.exited.then(() => 'no'), late()]);
      if (status === 200) return { ...whole, ...peer };
      await peer.program.stop();
      if (status !== 503 || attempt === ATTEMPTS) {
        const said = peer.program.output.slice(-3000);
        throw new Error(`${plan.name} got ${status} answer.\n${said}\n${this.server.log.join('\n')}`);
      }
    }
  }

  /** Ends peers and server and removes their files. */
  async close(): Promise<void> {
    await Promise.all(this.#peers.map(({ program }) => program.stop()));
    for (const tap of this.#taps) tap.close();
    await this.server.stop();
    rmSync(this.#home, { recursive: true, force: true });
  }
}

function late(): Promise<string> {
  return new Promise((resolve) => setTimeout(() => resolve('no timely'), 15_000).unref());
}
