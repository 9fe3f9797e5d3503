/** A drachtio gateway, the scripted server it is connected to, and a peer that calls. */
import { Admission } from '../../../src/sip/admission/admission.js';
import { DrachtioGateway } from '../../../src/sip/drachtio/gateway.js';
import type { DrachtioOptions } from '../../../src/sip/drachtio/options.js';
import type { DialogEnd, DialogHandlers, GatewayHandlers, InboundInvite, SipDialog } from '../../../src/sip/gateway.js';
import { PeerDialog, RawPeer, sdp } from './raw-peer.js';
import { ScriptedDrachtioServer } from './scripted-server.js';

/** What the gateway's side offers and answers. */
export const ours = sdp(40_000);

/** A gateway under test and what it told. */
export class Bench {
  readonly server: ScriptedDrachtioServer;
  readonly invites: InboundInvite[] = [];
  readonly readiness: boolean[] = [];
  readonly logs: string[] = [];
  gateway!: DrachtioGateway;
  peer!: RawPeer;
  readonly #peers: RawPeer[] = [];

  constructor(t1Ms = 500) {
    this.server = new ScriptedDrachtioServer({ t1Ms });
  }

  async start(options: Partial<DrachtioOptions> = {}): Promise<void> {
    await this.server.start();
    this.peer = await this.newPeer();
    this.make(options);
    await this.gateway.start(this.handlers());
  }

  make(options: Partial<DrachtioOptions>): void {
    this.gateway = new DrachtioGateway({
      host: '127.0.0.1',
      port: this.server.adminPort,
      secret: 'cymru',
      admission: new Admission({
        trunks: [{ name: 'local', allow: ['127.0.0.1'], latching: 'off' }],
        limits: { perAddressPerS: 0, newCallsPerS: 0 },
        now: () => performance.now(),
      }),
      log: (level, message, fields) => this.logs.push(`${level} ${message} ${JSON.stringify(fields ?? {})}`),
      reconnect: { minDelayMs: 20, maxDelayMs: 100 },
      ...options,
    });
  }

  handlers(): GatewayHandlers {
    return {
      onInvite: (invite: InboundInvite) => void this.invites.push(invite),
      onReadiness: (ready: boolean) => void this.readiness.push(ready),
    };
  }

  async newPeer(): Promise<RawPeer> {
    const peer = await RawPeer.open();
    this.#peers.push(peer);
    return peer;
  }

  async invite(index = 0): Promise<InboundInvite> {
    return until(() => this.invites[index], `invite ${index}`);
  }

  /** A call from the peer, answered and acknowledged. */
  async call(handlers = new Recorder()): Promise<{ phone: PeerDialog; dialog: SipDialog; handlers: Recorder }> {
    const phone = new PeerDialog(this.peer, this.server.sipPort, 'room');
    const index = this.invites.length;
    const request = phone.request('INVITE', { body: sdp(30_000) });
    const invite = await this.invite(index);
    const accepted = invite.accept(ours, handlers);
    await phone.final(request);
    return { phone, dialog: await accepted, handlers };
  }

  async stop(): Promise<void> {
    // the server first: nobody answers the BYEs of calls that a test leaves behind
    await this.server.kill();
    await this.gateway.stop();
    for (const peer of this.#peers) peer.close();
  }
}

/** Dialog handlers that remember. */
export class Recorder implements DialogHandlers {
  readonly offers: (string | undefined)[] = [];
  readonly answers: string[] = [];
  readonly infos: [string, string][] = [];
  readonly ends: DialogEnd[] = [];
  decide: DialogHandlers['onOffer'] = () => ({ ok: true, sdp: ours });

  onOffer(offer: string | undefined) {
    this.offers.push(offer);
    return this.decide(offer);
  }
  onAnswer(answer: string) {
    this.answers.push(answer);
  }
  onInfo(contentType: string, body: string) {
    this.infos.push([contentType, body]);
  }
  onEnd(end: DialogEnd) {
    this.ends.push(end);
  }
}

/** Waits until `probe` gives something. */
export async function until<T>(probe: () => T | undefined | false, what: string, limitMs = 5000): Promise<T> {
  const giveUpMs = performance.now() + limitMs;
  for (;;) {
    const found = probe();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > giveUpMs) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
