/** Messages as the rest of `sip/` reads them, from what srf hands over. The server has parsed them before, so none is refused. */
import type { SipSource } from '../gateway.js';
import type { SipRequest, SipResponse } from '../message/message.js';
import { readHeaders } from '../message/parse.js';
import type { SrfMessage, SrfRequest, SrfResponse } from './srf-types.js';

/** A request of a peer: as it is read, as srf knows it, and what answers it. */
export interface Arrival {
  readonly message: SipRequest;
  readonly request: SrfRequest;
  readonly response: SrfResponse;
}

/** Reads a request that came in. */
export function arrivalOf(request: SrfRequest, response: SrfResponse): Arrival {
  const { method, uri } = request;
  return { message: { kind: 'request', method, uri, ...contentOf(request) }, request, response };
}

/** Reads a response that came in. */
export function readResponse(response: SrfResponse): SipResponse {
  const { status, reason } = response;
  return { kind: 'response', status, reason, ...contentOf(response) };
}

/** Where a request came from. */
export function sourceOf(request: SrfRequest): SipSource {
  const transports = ['udp', 'tcp', 'tls', 'ws', 'wss'] as const;
  const transport = transports.find((name) => name === request.protocol.toLowerCase()) ?? 'udp';
  return { address: request.source_address, port: request.source_port, transport };
}

/** Headers from the raw text, because srf joins repeated fields with commas; white space alone is no body. */
function contentOf(message: SrfMessage): Pick<SipRequest, 'headers' | 'body'> {
  const body = message.body ?? '';
  return { headers: readHeaders(message.raw ?? ''), body: Buffer.from(body.trim() === '' ? '' : body, 'utf8') };
}
