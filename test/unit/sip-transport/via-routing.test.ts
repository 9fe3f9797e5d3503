import { describe, expect, it } from 'vitest';
import { responseTo } from '../../../src/sip/message/response.js';
import { plainAddress, type Flow } from '../../../src/sip/embedded/transport/flow.js';
import { responseDestination, stampSource } from '../../../src/sip/embedded/transport/via-routing.js';
import { parsedRequest, requestBytes } from '../sip-message/message-text.js';

function flow(transport: 'udp' | 'tcp', remoteAddress: string, remotePort: number): Flow {
  return { transport, localAddress: '192.0.2.1', localPort: 5060, remoteAddress, remotePort };
}

/** The top Via after stamping and where the response goes. */
function routed(via: string, from: Flow): { via: string | undefined; to: string } {
  const request = parsedRequest(requestBytes({ Via: `${via}, SIP/2.0/UDP second.example` }));
  stampSource(request, from);
  expect(request.headers.getAll('Via')).toHaveLength(2);
  const { transport, address, port } = responseDestination(responseTo(request, 200), from);
  return { via: request.headers.get('Via'), to: `${transport} ${address} ${port}` };
}

describe('The top Via', () => {
  it.each([
    [
      'names the source already',
      'SIP/2.0/UDP 10.0.0.1:5070;branch=b',
      flow('udp', '10.0.0.1', 6000),
      'SIP/2.0/UDP 10.0.0.1:5070;branch=b',
      'udp 10.0.0.1 5070',
    ],
    [
      'without port',
      'SIP/2.0/UDP 10.0.0.1',
      flow('udp', '10.0.0.1', 6000),
      'SIP/2.0/UDP 10.0.0.1',
      'udp 10.0.0.1 5060',
    ],
    [
      'names a host',
      'SIP/2.0/UDP pc.example:5070',
      flow('udp', '10.0.0.1', 6000),
      'SIP/2.0/UDP pc.example:5070;received=10.0.0.1',
      'udp 10.0.0.1 5070',
    ],
    [
      'asks for rport',
      'SIP/2.0/UDP 10.0.0.1;rport',
      flow('udp', '10.0.0.1', 6000),
      'SIP/2.0/UDP 10.0.0.1;rport=6000;received=10.0.0.1',
      'udp 10.0.0.1 6000',
    ],
    [
      'lies',
      'SIP/2.0/UDP 10.0.0.9;received=10.0.0.8;rport=7',
      flow('udp', '10.0.0.1', 6000),
      'SIP/2.0/UDP 10.0.0.9;rport=6000;received=10.0.0.1',
      'udp 10.0.0.1 6000',
    ],
    [
      'comes by IPv6',
      'SIP/2.0/UDP pc.example;rport',
      flow('udp', '2001:db8::1', 6000),
      'SIP/2.0/UDP pc.example;rport=6000;received=2001:db8::1',
      'udp 2001:db8::1 6000',
    ],
    [
      'comes by TCP',
      'SIP/2.0/TCP pc.example:5070;rport',
      flow('tcp', '10.0.0.1', 6000),
      'SIP/2.0/TCP pc.example:5070;rport=6000;received=10.0.0.1',
      'tcp 10.0.0.1 5070',
    ],
  ])('that %s', (_, via, from, stamped, to) => {
    expect(routed(via, from)).toEqual({ via: stamped, to });
  });
});

describe('plainAddress', () => {
  it('leaves nothing of mapping and zones', () => {
    expect(['::ffff:10.0.0.1', 'fe80::1%eth0', '10.0.0.1', '::ffff:1', '::1'].map(plainAddress)).toEqual([
      ...['10.0.0.1', 'fe80::1', '10.0.0.1', '::ffff:1', '::1'],
    ]);
  });
});
