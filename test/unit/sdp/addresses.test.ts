import { describe, expect, it } from 'vitest';
import { classifyAddress, parseAddress } from '../../../src/sip/sdp/address.js';
import { answerOffer } from '../../../src/sip/sdp/answer.js';
import type { LocalMedia } from '../../../src/sip/sdp/session.js';
import { localOf, sdpOf } from './descriptions.js';

const v6 = localOf({ address: '2001:db8::1' });

function outcomeOf(connection: string, local: LocalMedia = localOf(), port = 4000) {
  const outcome = answerOffer({ offer: sdpOf(connection, `m=audio ${port} RTP/AVP 0`), local });
  return outcome.ok ? (outcome.media.remote?.address ?? 'hold') : outcome.code;
}

describe('address literals', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:C000:0201', '192.0.2.1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:0DB8::', '2001:db8::'],
    ['::1', '::1'],
    ['::', '::'],
    ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
    ['1:0:3:4:5:6:7:8', '1:0:3:4:5:6:7:8'],
    ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
  ])('%s is %s', (text, canonical) => {
    expect(parseAddress(text)?.text).toBe(canonical);
  });

  it.each([
    '',
    'example.org',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '01.2.3.4',
    '0x7f.0.0.1',
    '2130706433',
    ' 1.2.3.4',
    '1.2.3.4/24',
    'fe80::1%eth0',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '12345::',
    '::1.2.3',
    '1.2.3.4::',
    '[::1]',
  ])('%j is none', (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  it.each([
    ['0.0.0.0', 'unspecified'],
    ['0.1.2.3', 'reserved'],
    ['10.1.2.3', 'private'],
    ['100.64.0.1', 'private'],
    ['100.128.0.1', 'public'],
    ['127.9.9.9', 'loopback'],
    ['169.254.169.254', 'linkLocal'],
    ['172.15.0.1', 'public'],
    ['172.31.255.255', 'private'],
    ['192.168.0.1', 'private'],
    ['224.0.0.1', 'multicast'],
    ['239.255.255.255', 'multicast'],
    ['240.0.0.1', 'reserved'],
    ['255.255.255.255', 'broadcast'],
    ['8.8.8.8', 'public'],
    ['::', 'unspecified'],
    ['::1', 'loopback'],
    ['::127.0.0.1', 'reserved'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['fe80::1', 'linkLocal'],
    ['febf::1', 'linkLocal'],
    ['fec0::1', 'private'],
    ['fd00::1', 'private'],
    ['ff02::1', 'multicast'],
    ['2002:7f00:1::', 'loopback'],
    ['2002:808:808::', 'public'],
    ['64:ff9b::10.0.0.1', 'private'],
    ['2001:db8::1', 'public'],
    ['4000::1', 'reserved'],
  ])('%s is %s', (text, kind) => {
    const address = parseAddress(text);
    expect(address && classifyAddress(address)).toBe(kind);
  });
});

describe('media is sent', () => {
  it.each([
    ['to a public address', 'c=IN IP4 192.0.2.7', localOf(), '192.0.2.7'],
    ['to a private address', 'c=IN IP4 10.0.0.7', localOf(), '10.0.0.7'],
    ['to an IPv4 address in IPv6 clothes', 'c=IN IP6 ::ffff:192.0.2.7', localOf(), '192.0.2.7'],
    ['to loopback from loopback', 'c=IN IP4 127.0.0.1', localOf({ address: '127.0.0.1' }), '127.0.0.1'],
    ['to loopback if told so', 'c=IN IP4 127.0.0.1', localOf({ remotePolicy: { allowLoopback: true } }), '127.0.0.1'],
    ['to an IPv6 address', 'c=IN IP6 2001:db8::7', v6, '2001:db8::7'],
  ])('%s', (_, connection, local, expected) => {
    expect(outcomeOf(connection, local)).toBe(expected);
  });

  it.each([
    ['a loopback address', 'c=IN IP4 127.0.0.1', localOf()],
    ['a mapped loopback address', 'c=IN IP6 ::ffff:127.0.0.1', localOf()],
    [
      'loopback from loopback if told so',
      'c=IN IP4 127.0.0.1',
      localOf({ address: '127.0.0.1', remotePolicy: { allowLoopback: false } }),
    ],
    ['a private address if told so', 'c=IN IP4 192.168.1.1', localOf({ remotePolicy: { allowPrivate: false } })],
    ['a multicast address', 'c=IN IP4 224.2.1.1', localOf()],
    ['a multicast address with a TTL', 'c=IN IP4 224.2.1.1/127', localOf()],
    ['the broadcast address', 'c=IN IP4 255.255.255.255', localOf()],
    ['a link-local address', 'c=IN IP4 169.254.169.254', localOf()],
    ['a reserved address', 'c=IN IP4 250.1.1.1', localOf()],
    ['an IPv6 multicast address', 'c=IN IP6 ff02::1', v6],
    ['an IPv6 link-local address', 'c=IN IP6 fe80::1', v6],
    ['an address of the other family', 'c=IN IP6 2001:db8::7', localOf()],
    ['a host name', 'c=IN IP4 media.example.org', localOf()],
    ['a number', 'c=IN IP4 3221225985', localOf()],
  ])('never to %s', (_, connection, local) => {
    expect(outcomeOf(connection, local)).toBe('mediaAddressRefused');
  });

  it('never to the sockets of the leg itself', () => {
    expect(outcomeOf('c=IN IP4 198.51.100.1', localOf(), 10_000)).toBe('mediaAddressRefused');
    expect(outcomeOf('c=IN IP4 198.51.100.1', localOf(), 10_001)).toBe('mediaAddressRefused');
    expect(outcomeOf('c=IN IP4 198.51.100.1', localOf(), 9999)).toBe('mediaAddressRefused');
    expect(outcomeOf('c=IN IP4 198.51.100.1', localOf(), 10_002)).toBe('198.51.100.1');
  });

  it('never to other sockets of this server, RTP or RTCP', () => {
    const isOwnSocket = (address: string, port: number) => address === '192.0.2.7' && port === 4001;
    expect(outcomeOf('c=IN IP4 192.0.2.7', localOf({ isOwnSocket }), 4001)).toBe('mediaAddressRefused');
    expect(outcomeOf('c=IN IP4 192.0.2.7', localOf({ isOwnSocket }), 4000)).toBe('mediaAddressRefused');
    expect(outcomeOf('c=IN IP4 192.0.2.7', localOf({ isOwnSocket }), 4002)).toBe('192.0.2.7');
  });

  it('to the address of the stream rather than the session’s', () => {
    const offer = sdpOf('c=IN IP4 127.0.0.1', 'm=audio 4000 RTP/AVP 0', 'c=IN IP4 192.0.2.9');
    const outcome = answerOffer({ offer, local: localOf() });
    expect(outcome.ok && outcome.media.remote?.address).toBe('192.0.2.9');
  });
});
