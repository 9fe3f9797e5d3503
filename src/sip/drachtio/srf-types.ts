/**
 * What this adapter uses of drachtio-srf 5, and nothing else. The package's own hand-written types miss dialog ids, the
 * raw text, callbacks' errors and the client below, so the class is cast to this once, in `link.ts`.
 */
import type { Socket } from 'node:net';

/** A SIP message as srf presents it. Header values of repeated fields are joined with commas. */
export interface SrfMessage {
  readonly body: string | undefined;
  /** The message as the server sent it; absent on messages that srf made itself. */
  readonly raw?: string;
  get(name: string): string | undefined;
  /** Parts of a multipart body, or the one body with its type. */
  readonly payload?: readonly { readonly type: string | null | undefined; readonly content?: string }[];
}

/** Sends the ACK of a final response to INVITE, or the PRACK of a reliable provisional one; throws when the link is gone. */
export type SrfAck = (
  options?: { readonly headers?: Record<string, string>; readonly body?: string },
  callback?: (error: unknown) => void,
) => void;

/** A request, received or sent. */
export interface SrfRequest extends SrfMessage {
  readonly method: string;
  readonly uri: string;
  /** `network` = from a peer; `application` = the server sent it by itself and tells us (a BYE). */
  readonly source: string;
  readonly source_address: string;
  readonly source_port: number;
  readonly protocol: string;
  /** `Call-ID;from-tag=…` of the dialog the server knows this request to be in; empty outside one. */
  readonly stackDialogId: string | undefined;
  /** The connection it came in on. */
  readonly socket: Socket;
  readonly agent: SrfClient;
  on(event: 'cancel', listener: (cancel: SrfMessage) => void): unknown;
  on(event: 'response', listener: (response: SrfResponse, ack: SrfAck) => void): unknown;
  on(event: 'update', listener: (request: SrfRequest, response: SrfResponse) => void): unknown;
  cancel(options: object, callback: (error: unknown) => void): void;
}

/** A response: received, or to be sent. */
export interface SrfResponse extends SrfMessage {
  readonly status: number;
  readonly reason: string;
  /** Known on received responses, and on our own once the server has sent them. */
  readonly stackDialogId: string | undefined;
  /** Throws for a status without an entry in the IANA registry. */
  send(
    status: number,
    reason: string | undefined,
    options: { headers: Record<string, string>; body?: string },
    callback: (error: unknown, sent: SrfMessage | undefined) => void,
  ): void;
}

/** srf's own view of one connection; private to srf, and used for what it has no public way to do (see `link.ts`). */
export interface SrfClient {
  readonly wp: SrfWire;
  readonly mapServer: ReadonlyMap<Socket, { readonly pendingNetworkInvites: Map<string, unknown> }>;
}

/** The framing layer under a client. */
export interface SrfWire {
  /** True = a closed connection is meant to stay closed. */
  closing?: boolean;
  on(event: 'connect', listener: (socket: Socket) => void): unknown;
  /** Frames and sends `text` with a fresh message id. */
  send(socket: Socket, text: string): string;
}

/** Options of an out-of-dialog or in-dialog request; srf adds to `headers`. */
export interface SrfRequestOptions {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
  readonly proxy?: string;
  readonly stackDialogId?: string;
}

/** One srf instance; this adapter makes a new one for every connection. */
export interface SrfInstance {
  readonly app: { readonly client: SrfClient };
  connect(options: {
    readonly host: string;
    readonly port: number;
    readonly secret: string;
    readonly reconnect: { readonly maxAttempts: number };
  }): unknown;
  on(event: 'connect', listener: (error: unknown, hostports: string, serverVersion: string) => void): unknown;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  on(event: 'close', listener: () => void): unknown;
  use(handler: (request: SrfRequest, response: SrfResponse) => void): unknown;
  use(method: string, handler: (request: SrfRequest, response: SrfResponse) => void): unknown;
  /** Throws when there is no connection. */
  request(
    uri: string,
    options: SrfRequestOptions,
    callback: (error: unknown, sent: SrfRequest | undefined) => void,
  ): unknown;
}

/** The class as we use it. */
export type SrfConstructor = new () => SrfInstance;
