/** What a link is asked to send, and how that ends. */
import type { Refusal } from '../rules/refusal.js';
import type { SrfAck, SrfRequest, SrfResponse } from './srf-types.js';

/** A request to send; with `dialogId` it goes to the dialog's remote target and `uri` is not needed. */
export interface RequestSpec {
  readonly method: string;
  readonly uri?: string;
  readonly dialogId?: string;
  readonly proxy?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** How a request of ours ended. */
export type Final =
  | { readonly kind: 'response'; readonly response: SrfResponse; readonly request: SrfRequest; readonly ack: SrfAck }
  /** `unknownDialog`: the server has no such dialog. `unsent`: the server would not send it; `text` is its reason. */
  | { readonly kind: 'linkDown' | 'unknownDialog' | 'unsent' | 'timeout'; readonly text: string };

/** The SIP status that a request without a response comes to. */
export function failedStatus(final: Exclude<Final, { kind: 'response' }>): number {
  return { linkDown: 503, unknownDialog: 481, unsent: 500, timeout: 408 }[final.kind];
}

/** What may be watched of a request besides its end. */
export interface RequestWatcher {
  sent?(request: SrfRequest): void;
  provisional?(response: SrfResponse): void;
  /** Called exactly once, and synchronously with the frame, so that the next frame already finds what it sets up. */
  final(final: Final): void;
}

/** How a response of ours fared. */
export type Responded =
  | { readonly ok: true; readonly dialogId: string; readonly toHeader: string }
  | { readonly ok: false; readonly text: string };

/** What a response of ours carries. */
export type ResponseContent = Pick<Refusal, 'reason' | 'headers'> & { readonly body?: string };

/**
 * srf joins several values into one field, which RFC 3261 §7.3.1 forbids for the one header that has several here,
 * WWW-Authenticate: the last is what all clients know.
 */
export function oneFieldEach(headers: Refusal['headers']): Record<string, string> {
  const entries = Object.entries(headers ?? {});
  return Object.fromEntries(
    entries.map(([name, value]) => [name, typeof value === 'string' ? value : (value.at(-1) ?? '')]),
  );
}
