/** The stage a scenario plays on: one gateway, its owner, and peers. */
import type {
  DialogEnd,
  DialogHandlers,
  GatewayHandlers,
  InboundInvite,
  OfferOutcome,
  OutboundCall,
  OutboundCallRequest,
  SipDialog,
  SipGateway,
} from '../../../src/sip/gateway.js';
import {
  PeerDialog,
  peerSdp,
  SipPeer,
  type PeerMessage,
  type RequestParts,
  type SipAddress,
} from '../../support/sip-peer.js';

/** A gateway that is ready, and where peers reach it. */
export interface ContractRig {
  readonly gateway: SipGateway;
  readonly udp: SipAddress;
  /** Absent when the adapter has no TCP: its scenarios are tagged. */
  readonly tcp?: SipAddress;
  close(): Promise<void>;
}

/** Brings a gateway up with these handlers; resolves when it takes calls. Loopback must be an admitted source. */
export type OpenRig = (handlers: GatewayHandlers) => Promise<ContractRig>;

/** SDP of the server's side; `version` tells one from the next. */
export function ourSdp(version = 1): string {
  return `v=0\r\no=server 2 ${version} IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 30000 RTP/AVP 0\r\n`;
}

/** The owner of a dialog: notes what it is told, and answers offers as the scenario wants. */
export class Owner implements DialogHandlers {
  readonly offers: (string | undefined)[] = [];
  readonly answers: string[] = [];
  readonly infos: { contentType: string; body: string }[] = [];
  readonly ends: DialogEnd[] = [];
  /** What is said to an offer. */
  decide: (offer: string | undefined) => OfferOutcome | Promise<OfferOutcome> = () => ({ ok: true, sdp: ourSdp(2) });
  readonly ended: Promise<DialogEnd>;
  #tellEnd: (end: DialogEnd) => void = () => undefined;

  constructor() {
    this.ended = new Promise((resolve) => (this.#tellEnd = resolve));
  }

  onOffer(offer: string | undefined): OfferOutcome | Promise<OfferOutcome> {
    this.offers.push(offer);
    return this.decide(offer);
  }

  onAnswer(sdp: string): void {
    this.answers.push(sdp);
  }

  onInfo(contentType: string, body: string): void {
    this.infos.push({ contentType, body });
  }

  onEnd(end: DialogEnd): void {
    this.ends.push(end);
    this.#tellEnd(end);
  }
}

/** An established call, seen from both sides. */
export interface Established {
  readonly peer: SipPeer;
  /** The peer's side. */
  readonly call: PeerDialog;
  /** The server's side. */
  readonly dialog: SipDialog;
  readonly owner: Owner;
}

export class Stage {
  readonly #peers: SipPeer[] = [];
  readonly #invites: InboundInvite[] = [];
  readonly #waiting: ((invite: InboundInvite) => void)[] = [];
  #rig: ContractRig | undefined;
  /** What the owner does with an INVITE instead of keeping it for {@link Stage.nextInvite}. */
  onInvite: ((invite: InboundInvite) => void) | undefined;

  private constructor(readonly t1Ms: number) {}

  static async open(open: OpenRig, t1Ms: number): Promise<Stage> {
    const stage = new Stage(t1Ms);
    stage.#rig = await open({
      onInvite: (invite) => stage.#takeInvite(invite),
      onReadiness: () => undefined,
    });
    return stage;
  }

  get gateway(): SipGateway {
    return this.rig.gateway;
  }

  get rig(): ContractRig {
    if (!this.#rig) throw new Error('the stage is not open');
    return this.#rig;
  }

  /** A peer of its own for this scenario. */
  async peer(transport: 'udp' | 'tcp' = 'udp'): Promise<SipPeer> {
    const address = transport === 'udp' ? this.rig.udp : this.rig.tcp;
    if (!address) throw new Error(`the gateway has no ${transport}`);
    const peer = await SipPeer.open(address);
    this.#peers.push(peer);
    return peer;
  }

  /** The next INVITE that reaches the owner. */
  nextInvite(): Promise<InboundInvite> {
    const invite = this.#invites.shift();
    return invite ? Promise.resolve(invite) : new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Number of INVITEs that reached the owner and nobody took. */
  get untakenInvites(): number {
    return this.#invites.length;
  }

  /** A call of a peer that is accepted and acknowledged. */
  async establish(options: { transport?: 'udp' | 'tcp'; invite?: RequestParts } = {}): Promise<Established> {
    const peer = await this.peer(options.transport);
    const call = new PeerDialog(peer);
    const owner = new Owner();
    call.send('INVITE', { body: peerSdp(), ...options.invite });
    const accepted = (await this.nextInvite()).accept(ourSdp(), owner);
    call.ack(await peer.receive('200 INVITE'));
    return { peer, call, owner, dialog: await accepted };
  }

  /** A call of ours that the peer has answered. */
  async callOut(options: { transport?: 'udp' | 'tcp' } = {}): Promise<Established & { invite: PeerMessage }> {
    const { peer, outgoing, owner, call, invite } = await this.dial(options);
    call.respond(invite, 200, { body: peerSdp() });
    const outcome = await outgoing.outcome;
    if (!outcome.ok) throw new Error(`the call failed with ${outcome.status}`);
    await peer.receive('ACK');
    return { peer, call, owner, dialog: outcome.dialog, invite };
  }

  /** A call of ours whose INVITE has reached the peer. */
  async dial(options: { transport?: 'udp' | 'tcp'; request?: Partial<OutboundCallRequest> } = {}): Promise<{
    peer: SipPeer;
    outgoing: OutboundCall;
    owner: Owner;
    call: PeerDialog;
    invite: PeerMessage;
    progress: number[];
  }> {
    const peer = await this.peer(options.transport);
    const owner = new Owner();
    const progress: number[] = [];
    const request = {
      uri: `sip:peer@${peer.address};transport=${options.transport ?? 'udp'}`,
      from: { uri: 'sip:server@127.0.0.1', displayName: 'The Server' },
      sdp: ourSdp(),
      timeoutMs: 5000,
      ...options.request,
    };
    const outgoing = this.gateway.call(request, owner, (status) => progress.push(status));
    const invite = await peer.receive('INVITE');
    return { peer, owner, outgoing, invite, progress, call: new PeerDialog(peer, { invite }) };
  }

  /** Waits so many T1. */
  async rest(t1s: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, t1s * this.t1Ms));
  }

  /** Waits until something holds; fails when it never does. */
  async until(holds: () => boolean, timeoutMs = 3000): Promise<void> {
    const deadlineMs = performance.now() + timeoutMs;
    while (!holds()) {
      if (performance.now() > deadlineMs) throw new Error(`never came true: ${holds.toString()}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async close(): Promise<void> {
    await this.#rig?.close();
    await Promise.all(this.#peers.map((peer) => peer.close()));
  }

  #takeInvite(invite: InboundInvite): void {
    if (this.onInvite) return this.onInvite(invite);
    const waiting = this.#waiting.shift();
    if (waiting) waiting(invite);
    else this.#invites.push(invite);
  }
}
