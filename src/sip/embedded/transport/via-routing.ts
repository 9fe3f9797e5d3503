/** What the top Via has to do with sockets: `received`, `rport`, and where a response goes (RFC 3261 §18.2, RFC 3581). */
import { isIP } from 'node:net';
import type { SipRequest, SipResponse } from '../../message/message.js';
import { formatVia, parseVia } from '../../message/via.js';
import { plainAddress, type Destination, type Flow } from './flow.js';

const defaultPort = 5060;

/** Notes in the top Via where the request really came from: `received` when that is not the sent-by host, `rport` when asked for. */
export function stampSource(request: SipRequest, flow: Flow): void {
  const via = parseVia(request.headers.get('Via') ?? '');
  if (!via) return;
  const wantsPort = via.parameters.has('rport');
  via.parameters.delete('received');
  if (wantsPort) via.parameters.set('rport', String(flow.remotePort));
  if (wantsPort || via.host !== flow.remoteAddress) via.parameters.set('received', flow.remoteAddress);
  request.headers.removeFirst('Via');
  request.headers.prepend('Via', formatVia(via));
}

/**
 * Where a response goes when there is no connection to send it back on (§18.2.2): the address the request came from, never a
 * `maddr` or a name out of the message, so that nobody can aim our answers at a third party; `rport` or the sent-by port.
 */
export function responseDestination(response: SipResponse, flow: Flow): Destination {
  const via = parseVia(response.headers.get('Via') ?? '');
  const received = plainAddress((via?.parameters.get('received') ?? '').replace(/^\[|\]$/g, ''));
  const address = isIP(received) !== 0 ? received : flow.remoteAddress;
  const rport = Number(via?.parameters.get('rport') ?? Number.NaN);
  const asked = flow.transport === 'udp' && Number.isInteger(rport) && rport > 0 && rport < 65_536;
  return { transport: flow.transport, address, port: asked ? rport : (via?.port ?? defaultPort) };
}
