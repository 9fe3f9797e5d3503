import { describe, expect, it } from 'vitest';
import { answerOffer } from '../../../src/sip/sdp/answer.js';
import type { LocalMedia } from '../../../src/sip/sdp/session.js';
import { codecsOf, linesOf, localOf, offerOf, sdpOf } from './descriptions.js';

function answered(offer: string, local: LocalMedia = localOf()) {
  const outcome = answerOffer({ offer, local });
  if (!outcome.ok) throw new Error(`${outcome.code}: ${outcome.detail}`);
  return outcome;
}

function refusalCode(offer: string, local: LocalMedia = localOf()) {
  const outcome = answerOffer({ offer, local });
  return outcome.ok ? 'accepted' : outcome.code;
}

describe('an answer', () => {
  it('says exactly what a plain phone needs to hear', () => {
    const { answer, media } = answered(
      offerOf('m=audio 4000 RTP/AVP 8 0 101', 'a=rtpmap:101 telephone-event/8000', 'a=fmtp:101 0-16', 'a=ptime:20'),
    );
    expect(answer.split('\r\n')).toEqual([
      'v=0',
      'o=- 4711 3 IN IP4 198.51.100.1',
      's=-',
      'c=IN IP4 198.51.100.1',
      't=0 0',
      'm=audio 10000 RTP/AVP 0 8 101',
      'a=rtpmap:0 PCMU/8000',
      'a=rtpmap:8 PCMA/8000',
      'a=rtpmap:101 telephone-event/8000',
      'a=fmtp:101 0-15',
      'a=ptime:20',
      'a=sendrecv',
      '',
    ]);
    expect(media).toEqual({
      remote: { address: '192.0.2.7', rtpPort: 4000, rtcpPort: 4001 },
      rtcpMux: false,
      direction: 'sendrecv',
      send: { encoding: 'PCMU', payloadType: 0, clockRateHz: 8000, channels: 1, parameters: {} },
      receive: [
        { encoding: 'PCMU', payloadType: 0, clockRateHz: 8000, channels: 1, parameters: {} },
        { encoding: 'PCMA', payloadType: 8, clockRateHz: 8000, channels: 1, parameters: {} },
      ],
      sendPtimeMs: 20,
      sendTelephoneEvent: { payloadType: 101, clockRateHz: 8000 },
      receiveTelephoneEvents: [{ payloadType: 101, clockRateHz: 8000 }],
    });
  });

  it('repeats the t= line of the offer', () => {
    const offer = offerOf('m=audio 4000 RTP/AVP 0').replace('t=0 0', 't=3724394400 3724398000');
    expect(linesOf(answered(offer).answer, 't=')).toEqual(['t=3724394400 3724398000']);
  });

  it('writes IPv6 addresses as such and compares them in one spelling', () => {
    const local = localOf({ address: '2001:db8::1' });
    const { answer, media } = answered(sdpOf('c=IN IP6 2001:DB8:0:0::0042', 'm=audio 4000 RTP/AVP 0'), local);
    expect(linesOf(answer, 'c=')).toEqual(['c=IN IP6 2001:db8::1']);
    expect(media.remote?.address).toBe('2001:db8::42');
  });

  it('takes bare line feeds and trailing blanks', () => {
    const offer = offerOf('m=audio 4000 RTP/AVP 0  ', 'a=sendonly ').replaceAll('\r\n', '\n');
    expect(answered(offer).media.direction).toBe('recvonly');
  });
});

describe('codec choice', () => {
  const mapped = ['a=rtpmap:96 opus/48000/2', 'a=fmtp:96 maxplaybackrate=16000; stereo=1;useinbandfec=1'];
  const everything = offerOf('m=audio 4000 RTP/AVP 9 8 0 96 98', ...mapped, 'a=rtpmap:98 L16/16000');

  it.each([
    [['PCMU', 'PCMA'], 'local', '0 8'],
    [['PCMA', 'PCMU'], 'local', '8 0'],
    [['PCMU', 'PCMA', 'G722'], 'offer', '9 8 0'],
    [['opus', 'G722', 'L16', 'PCMA'], 'local', '96 9 98 8'],
    [['L16'], 'local', '98'],
  ] as const)('of %j in %s order answers formats %s', (names, codecOrder, expected) => {
    const { answer } = answered(everything, localOf({ codecs: codecsOf(...names), codecOrder }));
    expect(linesOf(answer, 'm=')).toEqual([`m=audio 10000 RTP/AVP ${expected}`]);
  });

  it('tells the peer’s Opus parameters for sending and ours for receiving', () => {
    const { answer, media } = answered(everything, localOf({ codecs: codecsOf('opus') }));
    expect(media.send.parameters).toEqual({ maxplaybackrate: '16000', stereo: '1', useinbandfec: '1' });
    expect(media.receive[0]?.parameters).toEqual({ useinbandfec: '1' });
    expect(linesOf(answer, 'a=fmtp:96')).toEqual(['a=fmtp:96 useinbandfec=1']);
    expect(linesOf(answer, 'a=rtpmap:96')).toEqual(['a=rtpmap:96 opus/48000/2']);
  });

  it.each([
    ['a codec name in another case', ['m=audio 4000 RTP/AVP 97', 'a=rtpmap:97 pcmu/8000'], 'PCMU', 97],
    ['a codec with its channel count', ['m=audio 4000 RTP/AVP 8', 'a=rtpmap:8 PCMA/8000/1'], 'PCMA', 8],
    ['a static number with another meaning', ['m=audio 4000 RTP/AVP 9 0', 'a=rtpmap:9 PCMA/8000'], 'PCMU', 0],
    ['G.722 at the clock rate it does not have', ['m=audio 4000 RTP/AVP 9', 'a=rtpmap:9 G722/16000'], 'G722', 9],
    ['a port with a count', ['m=audio 4000/2 RTP/AVP 8'], 'PCMA', 8],
  ] as const)('understands %s', (_, lines, encoding, payloadType) => {
    const { media } = answered(offerOf(...lines), localOf({ codecs: codecsOf('PCMU', 'PCMA', 'G722') }));
    expect(media.send).toMatchObject({ encoding, payloadType, clockRateHz: 8000 });
  });

  it.each([
    ['only unknown codecs', ['m=audio 4000 RTP/AVP 18 3']],
    ['a dynamic number nobody explained', ['m=audio 4000 RTP/AVP 96']],
    ['another clock rate', ['m=audio 4000 RTP/AVP 96', 'a=rtpmap:96 PCMU/16000']],
    ['stereo', ['m=audio 4000 RTP/AVP 96', 'a=rtpmap:96 PCMU/8000/2']],
    ['only telephone-event', ['m=audio 4000 RTP/AVP 101', 'a=rtpmap:101 telephone-event/8000']],
    ['codecs that are not enabled', ['m=audio 4000 RTP/AVP 9']],
    ['formats that are no numbers', ['m=audio 4000 RTP/AVP pcmu 0x0 128 1e0']],
    ['no audio at all', ['m=video 4000 RTP/AVP 31']],
    ['nothing', []],
    ['SRTP', ['m=audio 4000 RTP/SAVP 0']],
    ['DTLS-SRTP', ['m=audio 4000 UDP/TLS/RTP/SAVPF 0']],
  ] as const)('refuses %s with noCommonCodec', (_, lines) => {
    expect(refusalCode(offerOf(...lines))).toBe('noCommonCodec');
  });
});

describe('telephone-event', () => {
  const rates = [
    'm=audio 4000 RTP/AVP 96 0 101 102',
    'a=rtpmap:96 opus/48000/2',
    'a=rtpmap:101 telephone-event/8000',
    'a=rtpmap:102 telephone-event/48000',
  ];

  it('is answered once per clock rate in use, and sent at the rate of the codec', () => {
    const { media } = answered(offerOf(...rates), localOf({ codecs: codecsOf('opus', 'PCMU') }));
    expect(media.sendTelephoneEvent).toEqual({ payloadType: 102, clockRateHz: 48_000 });
    expect(media.receiveTelephoneEvents.map((format) => format.payloadType).sort()).toEqual([101, 102]);
  });

  it('is not answered for a clock rate no codec has', () => {
    const { media } = answered(offerOf(...rates), localOf({ codecs: codecsOf('PCMU') }));
    expect(media.receiveTelephoneEvents).toEqual([{ payloadType: 101, clockRateHz: 8000 }]);
  });

  it('at 8 kHz serves beside Opus when there is no other', () => {
    const offer = offerOf('m=audio 4000 RTP/AVP 96 101', rates[1] ?? '', rates[2] ?? '');
    const { media } = answered(offer, localOf({ codecs: codecsOf('opus') }));
    expect(media.sendTelephoneEvent).toEqual({ payloadType: 101, clockRateHz: 8000 });
  });

  it.each([
    ['0-15', true],
    ['0-16', true],
    ['0-11,16', true],
    ['0,1,2,3,4,5,6,7,8,9', true],
    ['events=0-15', true],
    ['0-8', false],
    ['32-49', false],
    ['garbage', false],
    ['0-999999999999', false],
  ])('with events %s is usable: %s', (events, usable) => {
    const offer = offerOf('m=audio 4000 RTP/AVP 0 101', 'a=rtpmap:101 telephone-event/8000', `a=fmtp:101 ${events}`);
    expect(answered(offer).media.sendTelephoneEvent !== undefined).toBe(usable);
  });
});

describe('ptime', () => {
  it.each([
    [[], 20],
    [['a=ptime:30'], 30],
    [['a=ptime:25'], 20],
    [['a=ptime:5'], 10],
    [['a=ptime:0'], 20],
    [['a=ptime:500'], 120],
    [['a=ptime:20.0'], 20],
    [['a=ptime:1e3'], 10],
    [['a=ptime:-20'], 20],
    [['a=ptime:60', 'a=maxptime:40'], 40],
    [['a=maxptime:15'], 10],
    [['a=maxptime:1'], 10],
    [['a=maxptime:0', 'a=ptime:40'], 40],
  ] as const)('%j means %d ms, and the answer says so', (attributes, ptimeMs) => {
    const { answer, media } = answered(offerOf('m=audio 4000 RTP/AVP 0', ...attributes));
    expect(media.sendPtimeMs).toBe(ptimeMs);
    expect(linesOf(answer, 'a=ptime')).toEqual([`a=ptime:${ptimeMs}`]);
  });

  it('comes from the codec, then from the server, when the peer asks for nothing', () => {
    const offer = offerOf('m=audio 4000 RTP/AVP 0');
    const codecs = [{ encoding: 'PCMU', ptimeMs: 40 }] as const;
    expect(answered(offer, localOf({ codecs, ptimeMs: 30 })).media.sendPtimeMs).toBe(40);
    expect(answered(offer, localOf({ ptimeMs: 30 })).media.sendPtimeMs).toBe(30);
  });
});

describe('direction', () => {
  it.each([
    ['sendrecv', 'sendrecv', 'sendrecv'],
    ['sendonly', 'sendrecv', 'recvonly'],
    ['recvonly', 'sendrecv', 'sendonly'],
    ['inactive', 'sendrecv', 'inactive'],
    ['sendrecv', 'recvonly', 'recvonly'],
    ['sendonly', 'sendonly', 'inactive'],
    ['recvonly', 'sendonly', 'sendonly'],
  ] as const)('of an offer %s where we want %s is %s', (offered, direction, expected) => {
    const offer = offerOf('m=audio 4000 RTP/AVP 0', `a=${offered}`);
    const { answer, media } = answered(offer, localOf({ direction }));
    expect(media.direction).toBe(expected);
    expect(linesOf(answer, `a=${expected}`)).toHaveLength(1);
  });

  it('on session level holds for the stream unless the stream has its own', () => {
    const offer = (...media: string[]) => sdpOf('c=IN IP4 192.0.2.7', 'a=sendonly', 'm=audio 4000 RTP/AVP 0', ...media);
    expect(answered(offer()).media.direction).toBe('recvonly');
    expect(answered(offer('a=inactive')).media.direction).toBe('inactive');
  });

  it.each([
    ['IPv4', 'c=IN IP4 0.0.0.0', '198.51.100.1'],
    ['IPv6', 'c=IN IP6 ::', '2001:db8::1'],
  ])('is receiving only when the peer holds in the old style over %s', (_, connection, address) => {
    const { answer, media } = answered(sdpOf(connection, 'm=audio 4000 RTP/AVP 0'), localOf({ address }));
    expect(media).toMatchObject({ direction: 'recvonly', remote: undefined });
    expect(linesOf(answer, 'a=recvonly')).toHaveLength(1);
    expect(linesOf(answer, 'm=')).toEqual(['m=audio 10000 RTP/AVP 0']);
  });
});

describe('RTCP', () => {
  it.each([
    ['follows RTP on the next port', [], { rtcpMux: false, rtcpPort: 4001 }],
    ['goes where a=rtcp says', ['a=rtcp:5005'], { rtcpMux: false, rtcpPort: 5005 }],
    ['goes where a=rtcp says with an address', ['a=rtcp:5005 IN IP4 192.0.2.7'], { rtcpMux: false, rtcpPort: 5005 }],
    ['ignores an impossible a=rtcp', ['a=rtcp:70000'], { rtcpMux: false, rtcpPort: 4001 }],
    ['shares the RTP port when offered', ['a=rtcp-mux', 'a=rtcp:5005'], { rtcpMux: true, rtcpPort: 4000 }],
  ] as const)('%s', (_, attributes, { rtcpMux, rtcpPort }) => {
    const { answer, media } = answered(offerOf('m=audio 4000 RTP/AVP 0', ...attributes));
    expect(media.rtcpMux).toBe(rtcpMux);
    expect(media.remote?.rtcpPort).toBe(rtcpPort);
    expect(linesOf(answer, 'a=rtcp-mux')).toHaveLength(rtcpMux ? 1 : 0);
  });

  it('keeps its own port when the server does not want to share', () => {
    const { answer, media } = answered(offerOf('m=audio 4000 RTP/AVP 0', 'a=rtcp-mux'), localOf({ rtcpMux: false }));
    expect(media.rtcpMux).toBe(false);
    expect(answer).not.toContain('rtcp-mux');
  });

  it('does not share the port with payload types that look like RTCP', () => {
    const { media } = answered(offerOf('m=audio 4000 RTP/AVP 72', 'a=rtpmap:72 PCMU/8000', 'a=rtcp-mux'));
    expect(media.rtcpMux).toBe(false);
  });

  it('is announced when it is not on the next port of ours', () => {
    const { answer } = answered(offerOf('m=audio 4000 RTP/AVP 0'), localOf({ rtcpPort: 10_777 }));
    expect(linesOf(answer, 'a=rtcp')).toEqual(['a=rtcp:10777']);
  });
});

describe('m-lines', () => {
  it('keep number and order; all but one audio stream are refused with port 0', () => {
    const offer = offerOf(
      'm=video 5000 RTP/AVP 31 34',
      'm=audio 4000 RTP/SAVP 0',
      'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR',
      'm=audio 4002 RTP/AVP 18 0',
      'm=audio 4004 RTP/AVP 8',
      'm=application 9 UDP/BFCP *',
      'm=image 6000 udptl t38',
      'm=message 7000 TCP/TLS/MSRP *',
      'm=x-odd.type 7 a-b.c q',
    );
    expect(linesOf(answered(offer).answer, 'm=')).toEqual([
      'm=video 0 RTP/AVP 31 34',
      'm=audio 0 RTP/SAVP 0',
      'm=audio 10000 RTP/AVP 0',
      'm=audio 0 RTP/AVP 8',
      'm=application 0 UDP/BFCP *',
      'm=image 0 udptl t38',
      'm=message 0 TCP/TLS/MSRP *',
      'm=x-odd.type 0 a-b.c q',
    ]);
  });

  it('with feedback are answered in the same profile, without feedback', () => {
    const { answer } = answered(offerOf('m=audio 4000 RTP/AVPF 0', 'a=rtcp-fb:* nack'));
    expect(linesOf(answer, 'm=')).toEqual(['m=audio 10000 RTP/AVPF 0']);
    expect(answer).not.toContain('rtcp-fb');
  });

  it('with ICE and BUNDLE are answered without either', () => {
    const { answer } = answered(
      sdpOf(
        'c=IN IP4 192.0.2.7',
        'a=group:BUNDLE 0 1',
        'm=audio 4000 RTP/AVP 0',
        'a=mid:0',
        'a=ice-ufrag:F7gI',
        'a=candidate:0 1 UDP 2113667327 192.0.2.7 4000 typ host',
        'm=video 0 RTP/AVP 96',
        'a=bundle-only',
        'a=mid:1',
      ),
    );
    expect(linesOf(answer, 'a=')).toEqual(['a=rtpmap:0 PCMU/8000', 'a=ptime:20', 'a=sendrecv']);
  });

  it('switched off by the peer stay off, and nothing flows', () => {
    const { answer, media } = answered(offerOf('m=audio 0 RTP/AVP 8 101'));
    expect(linesOf(answer, 'm=')).toEqual(['m=audio 0 RTP/AVP 8 101']);
    expect(media).toMatchObject({ direction: 'inactive', remote: undefined, send: { encoding: 'PCMA' } });
  });
});
