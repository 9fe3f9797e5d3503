/** SIP messages as values (RFC 3261 §7): what the parser yields and the serialiser takes. */
import type { HeaderFields } from './header-fields.js';

/** A request (RFC 3261 §7.1). */
export interface SipRequest {
  readonly kind: 'request';
  readonly method: string;
  /** Request-URI as received. */
  readonly uri: string;
  readonly headers: HeaderFields;
  readonly body: Buffer;
}

/** A response (RFC 3261 §7.2). */
export interface SipResponse {
  readonly kind: 'response';
  /** 100…699. */
  readonly status: number;
  readonly reason: string;
  readonly headers: HeaderFields;
  readonly body: Buffer;
}

export type SipMessage = SipRequest | SipResponse;

/** Result of parsing bytes of one message. Untrusted input never throws. */
export type ParseOutcome =
  | { readonly ok: true; readonly message: SipMessage }
  | {
      readonly ok: false;
      /** Why, one word for a counter: `startLine`, `version`, `header`, `contentLength`, `bounds`, … */
      readonly reason: string;
      /** Status to answer with, when enough could be read to answer; undefined = drop without an answer. */
      readonly answer: { readonly status: number; readonly reason: string; readonly request: SipRequest } | undefined;
    };
