/** The state of a dialog (RFC 3261 §12) as a value, and the requests built from it. */
import { HeaderFields } from '../../message/header-fields.js';
import type { SipRequest, SipResponse } from '../../message/message.js';
import { contactUri } from '../../message/contact.js';
import { parseNameAddr } from '../../message/name-addr.js';
import { cseqNumber, tagOf } from '../transaction/matching.js';

/** Everything that identifies a dialog and routes its requests. */
export interface DialogState {
  readonly callId: string;
  readonly localTag: string;
  /** Empty when the peer sent none (RFC 2543). */
  readonly remoteTag: string;
  /** `From` of our requests, with our tag. */
  readonly local: string;
  /** `To` of our requests, with the peer's tag. */
  readonly remote: string;
  /** CSeq number of our last request. */
  readonly localCseq: number;
  /** CSeq number of the peer's last request; undefined before its first. */
  readonly remoteCseq: number | undefined;
  /** Route values for our requests, first hop first. */
  readonly routeSet: readonly string[];
  /** Where our requests go to in the end: the URI of the peer's last Contact. */
  readonly remoteTarget: string;
}

/** The dialog an INVITE of the peer makes once a response with `localTag` answers it (§12.1.1). */
export function uasDialog(request: SipRequest, localTag: string): DialogState {
  const { headers } = request;
  const from = headers.get('From') ?? '';
  return {
    callId: headers.get('Call-ID') ?? '',
    localTag,
    remoteTag: tagOf(from) ?? '',
    local: `${headers.get('To') ?? ''};tag=${localTag}`,
    remote: from,
    localCseq: 0,
    remoteCseq: cseqNumber(request),
    routeSet: headers.getAll('Record-Route'),
    remoteTarget: contactUri(request) ?? parseNameAddr(from)?.uriText ?? '',
  };
}

/** The dialog a response of the peer to our INVITE makes (§12.1.2). */
export function uacDialog(request: SipRequest, response: SipResponse): DialogState {
  const from = request.headers.get('From') ?? '';
  const to = response.headers.get('To') ?? '';
  return {
    callId: request.headers.get('Call-ID') ?? '',
    localTag: tagOf(from) ?? '',
    remoteTag: tagOf(to) ?? '',
    local: from,
    remote: to,
    localCseq: cseqNumber(request),
    remoteCseq: undefined,
    routeSet: response.headers.getAll('Record-Route').reverse(),
    remoteTarget: contactUri(response) ?? request.uri,
  };
}

/** The id two messages of one dialog share, seen from our side (§12). No header value holds a line end. */
export function dialogKey(callId: string, localTag: string, remoteTag: string): string {
  return `${callId}\n${localTag}\n${remoteTag}`;
}

/** State after a request of the peer, or undefined when its CSeq is not above the last one (§12.2.2). */
export function acceptCseq(state: DialogState, cseq: number): DialogState | undefined {
  if (state.remoteCseq !== undefined && cseq <= state.remoteCseq) return undefined;
  return { ...state, remoteCseq: cseq };
}

/** State after a target refresh request or its 2xx: the Contact in it, if it has a usable one (§12.2.1.2, §12.2.2). */
export function refreshTarget(state: DialogState, message: SipRequest | SipResponse): DialogState {
  const remoteTarget = contactUri(message);
  return remoteTarget === undefined ? state : { ...state, remoteTarget };
}

/**
 * The next request of ours (§12.2.1.1), without Via and Contact; for an ACK with the CSeq number of its INVITE, which leaves
 * the state as it is. A first route without `lr` is a strict router: the request is made out to it, and our target becomes
 * the last route.
 */
export function nextRequest(
  state: DialogState,
  method: string,
  ackedCseq?: number,
): { readonly state: DialogState; readonly request: SipRequest } {
  const localCseq = ackedCseq ?? state.localCseq + 1;
  const [first] = state.routeSet;
  const firstUri = first === undefined ? undefined : parseNameAddr(first);
  const strict = firstUri !== undefined && !firstUri.uri.parameters.has('lr');
  const routes = strict ? [...state.routeSet.slice(1), `<${state.remoteTarget}>`] : state.routeSet;
  const headers = HeaderFields.of({
    Route: routes,
    'Max-Forwards': '70',
    From: state.local,
    To: state.remote,
    'Call-ID': state.callId,
    CSeq: `${localCseq} ${method}`,
  });
  const uri = strict ? firstUri.uriText : state.remoteTarget;
  return {
    state: ackedCseq === undefined ? { ...state, localCseq } : state,
    request: { kind: 'request', method, uri, headers, body: Buffer.alloc(0) },
  };
}

/** URI of the next hop of our requests: the first route, or the target (§8.1.2). */
export function nextHopUri(state: DialogState): string {
  const [first] = state.routeSet;
  return (first === undefined ? undefined : parseNameAddr(first)?.uriText) ?? state.remoteTarget;
}
