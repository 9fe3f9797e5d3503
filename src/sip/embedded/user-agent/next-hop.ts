/** From a URI to where to send, without DNS beyond what the system's resolver does with a name (RFC 3263 §4.1, no NAPTR, no SRV). */
import { parseUri, type SipUri } from '../../message/uri.js';
import type { Destination, SipTransport } from '../transport/flow.js';

/**
 * Where requests to `uri` go; undefined for what we cannot reach (`sips`, `tel`, transports other than UDP and TCP).
 *
 * @param transports what we listen on; the first is taken when the URI does not say
 */
export function nextHop(uri: string, transports: readonly SipTransport[]): Destination | undefined {
  const parsed = parseUri(uri);
  if (parsed?.scheme !== 'sip' || parsed.host === '') return undefined;
  const transport = transportOf(parsed, transports);
  if (transport === undefined) return undefined;
  return { transport, address: parsed.host, port: parsed.port ?? 5060 };
}

function transportOf(uri: SipUri, transports: readonly SipTransport[]): SipTransport | undefined {
  const asked = uri.parameters.get('transport')?.toLowerCase();
  if (asked === undefined) return transports.includes('udp') ? 'udp' : transports[0];
  return transports.find((transport) => transport === asked);
}
