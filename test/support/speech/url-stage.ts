import type { RequestListener } from 'node:http';
import type { PromptItem } from '../../../src/speech/port.js';
import type { Resolve } from '../../../src/speech/url/https-fetch.js';
import { Listener } from './listener.js';
import { PromptsRig } from './prompts-rig.js';
import { sine, wav16 } from './wav-file.js';

/** Stands for the public Internet: the only loopback address that is allowed. */
export const publicAddress = '127.0.0.2';
/** What is played when all goes well: 4800 samples. */
export const audio = wav16(sine(440, 0.1));
/** Settings by which a prompt may come from there. */
const promptSettings = { maxSeconds: 5, url: { allowHttp: true, allowNetworks: [publicAddress] } };

/** A server outside, one inside that nobody may reach, on the same port, and the loader between them. */
export class UrlStage {
  /** Names of the attacker's domain; everything else does not resolve. */
  readonly names: Record<string, readonly string[]> = { 'outside.test': [publicAddress] };
  /** What the server outside does. */
  answer: RequestListener = (_, response) => void response.setHeader('content-type', 'audio/wav').end(audio);

  private constructor(
    readonly rig: PromptsRig,
    readonly internal: Listener,
    readonly outside: Listener,
  ) {}

  static async open(): Promise<UrlStage> {
    const rig = await PromptsRig.open();
    const internal = await Listener.open((_, response) => response.setHeader('content-type', 'audio/wav').end(audio));
    // The same port, so that nothing but the address decides who is reached.
    const outside = await Listener.open((request, response) => stage.answer(request, response), {
      host: publicAddress,
      port: internal.port,
    });
    const stage = new UrlStage(rig, internal, outside);
    await stage.restart();
    return stage;
  }

  /** Starts the loader anew. @param how in place of what the stage has by itself */
  async restart(
    how: { resolve?: Resolve; totalMs?: number; idleMs?: number; allowHosts?: string[]; allowNetworks?: string[] } = {},
  ): Promise<void> {
    const { resolve = async (host) => this.names[host] ?? Promise.reject(new Error('ENOTFOUND')), ...more } = how;
    const { allowHosts = [], allowNetworks = [publicAddress], ...times } = more;
    const url = { ...promptSettings.url, allowHosts, allowNetworks };
    await this.rig.start({ prompts: { ...promptSettings, url } }, { resolve, ...times });
  }

  /** An item whose URL has this host and the port of both servers. */
  at(host: string, path = '/a.wav'): PromptItem {
    return { type: 'url', url: `http://${host}:${this.internal.port}${path}` };
  }

  /** What comes of it: `played`, or a code and its detail. */
  problem(host: string, path?: string): Promise<string> {
    return this.rig.problem(this.at(host, path));
  }

  async close(): Promise<void> {
    await this.rig.close();
    await this.internal.close();
    await this.outside.close();
  }
}
