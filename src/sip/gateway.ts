/**
 * The port: all that the rest of the server may know of SIP. Two adapters implement it, `drachtio/` and `embedded/`, and
 * both pass `test/scenario/gateway-contract.ts`. Bodies are SDP text; what they mean is `sip/sdp`'s business.
 */

/** Where a request came from. */
export interface SipSource {
  readonly address: string;
  readonly port: number;
  readonly transport: 'udp' | 'tcp' | 'tls' | 'ws' | 'wss';
}

/** A party as `From`, `To` or the Request-URI names it. */
export interface SipParty {
  readonly displayName: string | undefined;
  /** The whole URI, e.g. `sip:alice@example.org;user=phone`. */
  readonly uri: string;
  /** User part, percent-decoded; empty when there is none. */
  readonly user: string;
  readonly host: string;
}

/** Extra header fields to send, name → value; the adapter owns all headers of dialog and transaction. */
export type SipHeaders = Readonly<Record<string, string>>;

/** Why a dialog ended. */
export interface DialogEnd {
  readonly by: 'remote' | 'local' | 'timeout' | 'transport';
  /** Q.850 cause if a `Reason` header carried one (RFC 3326). */
  readonly q850Cause: number | undefined;
  readonly text: string | undefined;
}

/** Answer of the call to an in-dialog offer, or to a request for one. */
export type OfferOutcome =
  | { readonly ok: true; readonly sdp: string }
  | { readonly ok: false; readonly status: number; readonly reason?: string };

/** What the owner of a dialog does with what arrives in it. The adapter never lets a throw of these reach its own code. */
export interface DialogHandlers {
  /**
   * A re-INVITE or UPDATE. `offer` is undefined for a re-INVITE without SDP: the returned SDP is then an offer, and the
   * peer's answer follows in {@link DialogHandlers.onAnswer}. When the outcome is not ok, nothing has changed.
   */
  onOffer(offer: string | undefined): Promise<OfferOutcome> | OfferOutcome;
  /** The peer's answer in the ACK to an offer of ours (delayed offer). */
  onAnswer(sdp: string): void;
  /** In-dialog INFO; already answered 200. */
  onInfo(contentType: string, body: string): void;
  /** The dialog is over; called exactly once, also after a local `bye`. */
  onEnd(end: DialogEnd): void;
}

/** An established dialog. */
export interface SipDialog {
  /** Unique within the process; stable for the dialog's life. */
  readonly id: string;
  readonly sipCallId: string;
  readonly remote: SipParty;
  /** Sends a re-INVITE with `offer`; glare is retried once as RFC 3261 §14.1 says. Refusal leaves the session as it was. */
  reinvite(offer: string): Promise<{ ok: true; answer: string } | { ok: false; status: number }>;
  /** Sends an in-dialog INFO; resolves with the final status. */
  info(contentType: string, body: string): Promise<number>;
  /** Ends the dialog; resolves when the BYE is answered or given up. Harmless when it is over already. */
  bye(reason?: { q850Cause: number; text: string }): Promise<void>;
}

/** An INVITE that waits for a decision. Answer it exactly once, by `accept` or `reject`. */
export interface InboundInvite {
  readonly sipCallId: string;
  readonly source: SipSource;
  readonly requestUri: SipParty;
  readonly from: SipParty;
  readonly to: SipParty;
  /** Name of the trunk the request was admitted by. */
  readonly trunk: string;
  /** First value of a header field by any-case name. */
  header(name: string): string | undefined;
  /** SDP offer; undefined = delayed offer, `accept` then takes an offer and the answer comes to `onAnswer`. */
  readonly offer: string | undefined;
  /** Sends a provisional response (180 …); ignored once a final one is sent. */
  progress(status: number): void;
  /**
   * Sends 200 with `sdp` and retransmits it until the ACK. Resolves when the dialog is confirmed by ACK;
   * rejects with CodedError `legEnded` when the caller cancelled or never acknowledged (the adapter has then sent BYE).
   */
  accept(sdp: string, handlers: DialogHandlers, headers?: SipHeaders): Promise<SipDialog>;
  reject(status: number, options?: { reason?: string; headers?: SipHeaders }): void;
  /** Registers what to do when the caller gives up before the answer (CANCEL); called at once if it already has. */
  onCancel(listener: () => void): void;
}

/** A call to make. */
export interface OutboundCallRequest {
  /** Request-URI, also `To` unless given. */
  readonly uri: string;
  readonly from: { readonly uri: string; readonly displayName?: string };
  readonly sdp: string;
  /** Where to send it instead of to the URI's host: `sip:host:port;transport=…`. */
  readonly proxy?: string;
  /** Digest credentials, used only for a challenge from this trunk (SAFETY S7). */
  readonly credentials?: { readonly username: string; readonly password: string; readonly realm?: string };
  readonly headers?: SipHeaders;
  readonly timeoutMs: number;
}

/** How an outbound attempt ended. */
export type OutboundOutcome =
  | { readonly ok: true; readonly dialog: SipDialog; readonly answer: string }
  | {
      readonly ok: false;
      /** Final SIP status; 408 for no answer, 487 after `cancel`, 503 when the request could not be sent. */
      readonly status: number;
      readonly reason: string;
    };

/** A call being set up. */
export interface OutboundCall {
  readonly outcome: Promise<OutboundOutcome>;
  /** Sends CANCEL as soon as that is allowed; the outcome then tells 487, or the dialog is ended if 200 came first. */
  cancel(): void;
}

/** What the server does with what the gateway brings. */
export interface GatewayHandlers {
  onInvite(invite: InboundInvite): void;
  /** The front end became able, or unable, to take calls (sockets bound; drachtio connected). */
  onReadiness(ready: boolean): void;
}

/** Live objects inside an adapter; all return to their base after the last call. */
export interface GatewayCounters {
  readonly dialogs: number;
  readonly transactions: number;
  readonly connections: number;
  /** Requests and messages refused or dropped, by reason. */
  readonly refused: Readonly<Record<string, number>>;
}

/** A SIP front end. */
export interface SipGateway {
  start(handlers: GatewayHandlers): Promise<void>;
  /** True while calls can be taken and made. */
  readonly ready: boolean;
  /** What to print for people: where to send calls, e.g. `sip:127.0.0.1:5060;transport=udp`. */
  readonly contacts: readonly string[];
  call(request: OutboundCallRequest, handlers: DialogHandlers, onProgress?: (status: number) => void): OutboundCall;
  /** While draining, new INVITEs get 503 + Retry-After; everything in a dialog goes on. */
  drain(): void;
  counters(): GatewayCounters;
  /** Ends what is left and closes all sockets and timers. */
  stop(): Promise<void>;
}
