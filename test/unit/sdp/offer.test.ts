import { describe, expect, it } from 'vitest';
import { answerOffer } from '../../../src/sip/sdp/answer.js';
import { applyAnswer, createOffer } from '../../../src/sip/sdp/offer.js';
import type { LocalMedia } from '../../../src/sip/sdp/session.js';
import { codecsOf, linesOf, localOf, offerOf } from './descriptions.js';

function applied(answer: string, local: LocalMedia = localOf()) {
  const { session } = createOffer({ local });
  const outcome = applyAnswer({ answer, session, local });
  if (!outcome.ok) throw new Error(`${outcome.code}: ${outcome.detail}`);
  return outcome.media;
}

function refusalCode(answer: string, local: LocalMedia = localOf()) {
  const { session } = createOffer({ local });
  const outcome = applyAnswer({ answer, session, local });
  return outcome.ok ? 'accepted' : outcome.code;
}

describe('an offer', () => {
  it('lists the codecs by preference, telephone-event, ptime, direction and mux', () => {
    const { offer } = createOffer({ local: localOf({ codecs: codecsOf('PCMA', 'PCMU'), ptimeMs: 30 }) });
    expect(offer.split('\r\n')).toEqual([
      'v=0',
      'o=- 4711 3 IN IP4 198.51.100.1',
      's=-',
      'c=IN IP4 198.51.100.1',
      't=0 0',
      'm=audio 10000 RTP/AVP 8 0 101',
      'a=rtpmap:8 PCMA/8000',
      'a=rtpmap:0 PCMU/8000',
      'a=rtpmap:101 telephone-event/8000',
      'a=fmtp:101 0-15',
      'a=ptime:30',
      'a=sendrecv',
      'a=rtcp-mux',
      '',
    ]);
  });

  it('gives every format a number of its own and every clock rate its telephone-event', () => {
    const codecs = [...codecsOf('opus', 'G722'), { encoding: 'L16', clockRateHz: 48_000 } as const];
    const { offer } = createOffer({ local: localOf({ codecs }) });
    expect(linesOf(offer, 'a=rtpmap')).toEqual([
      'a=rtpmap:96 opus/48000/2',
      'a=rtpmap:9 G722/8000',
      'a=rtpmap:97 L16/48000',
      'a=rtpmap:110 telephone-event/48000',
      'a=rtpmap:101 telephone-event/8000',
    ]);
    expect(linesOf(offer, 'a=fmtp:96')).toEqual(['a=fmtp:96 useinbandfec=1']);
  });

  it('names an RTCP port that is not the next one, for peers without mux', () => {
    const { offer } = createOffer({ local: localOf({ rtcpPort: 10_501 }) });
    expect(linesOf(offer, 'a=rtcp')).toEqual(['a=rtcp:10501', 'a=rtcp-mux']);
  });

  it('never uses a number twice', () => {
    const { offer } = createOffer({ local: localOf({ codecs: codecsOf('opus', 'L16', 'PCMU') }) });
    const numbers = linesOf(offer, 'a=rtpmap').map((line) => /\d+/.exec(line)?.[0]);
    expect(numbers).toHaveLength(6);
    expect(new Set(numbers).size).toBe(6);
  });

  it('does not name a codec twice', () => {
    const { offer } = createOffer({ local: localOf({ codecs: codecsOf('PCMU', 'PCMU') }) });
    expect(linesOf(offer, 'm=')).toEqual(['m=audio 10000 RTP/AVP 0 101']);
  });
});

describe('an answer to our offer', () => {
  it('settles both directions alike when two of us talk', () => {
    const caller = localOf();
    const callee = localOf({ address: '203.0.113.9', rtpPort: 20_000, rtcpPort: 20_001, codecs: codecsOf('PCMA') });
    const { offer, session } = createOffer({ local: caller });
    const answer = answerOffer({ offer, local: callee });
    if (!answer.ok) throw new Error(answer.detail);
    const outcome = applyAnswer({ answer: answer.answer, session, local: caller });
    if (!outcome.ok) throw new Error(outcome.detail);
    expect(outcome.media).toEqual({
      ...answer.media,
      remote: { address: '203.0.113.9', rtpPort: 20_000, rtcpPort: 20_000 },
    });
    expect(answer.media.remote).toEqual({ address: '198.51.100.1', rtpPort: 10_000, rtcpPort: 10_000 });
    expect(outcome.media.send.encoding).toBe('PCMA');
  });

  it('decides by its order what we send, and by its list what we receive', () => {
    const media = applied(offerOf('m=audio 4000 RTP/AVP 8 0'));
    expect(media.send.payloadType).toBe(8);
    expect(media.receive.map((format) => format.payloadType)).toEqual([8, 0]);
    expect(applied(offerOf('m=audio 4000 RTP/AVP 0')).receive.map((format) => format.payloadType)).toEqual([0]);
  });

  it('may number formats in its own way: we send with its numbers and receive with both', () => {
    const local = localOf({ codecs: codecsOf('opus') });
    const media = applied(
      offerOf(
        'm=audio 4000 RTP/AVP 120 121',
        'a=rtpmap:120 opus/48000/2',
        'a=fmtp:120 maxaveragebitrate=24000',
        'a=rtpmap:121 telephone-event/48000',
      ),
      local,
    );
    expect(media.send).toMatchObject({ payloadType: 120, parameters: { maxaveragebitrate: '24000' } });
    expect(media.receive.map((format) => format.payloadType)).toEqual([96, 120]);
    expect(media.receive[0]?.parameters).toEqual({ useinbandfec: '1' });
    expect(media.sendTelephoneEvent).toEqual({ payloadType: 121, clockRateHz: 48_000 });
    expect(media.receiveTelephoneEvents.map((format) => format.payloadType)).toEqual([110, 121]);
  });

  it('never makes a number mean two formats on receive', () => {
    const local = localOf({ codecs: codecsOf('opus', 'L16') });
    const swapped = offerOf('m=audio 4000 RTP/AVP 97 96', 'a=rtpmap:97 opus/48000/2', 'a=rtpmap:96 L16/16000');
    const receive = applied(swapped, local).receive.map(({ payloadType, encoding }) => `${payloadType} ${encoding}`);
    expect(receive).toEqual(['96 opus', '97 L16']);
  });

  it('that leaves a number of ours unexplained means what we offered', () => {
    expect(applied(offerOf('m=audio 4000 RTP/AVP 96'), localOf({ codecs: codecsOf('opus') })).send.encoding).toBe(
      'opus',
    );
  });

  it('without a=ptime leaves ours', () => {
    expect(applied(offerOf('m=audio 4000 RTP/AVP 0'), localOf({ ptimeMs: 40 })).sendPtimeMs).toBe(40);
    expect(applied(offerOf('m=audio 4000 RTP/AVP 0', 'a=ptime:30'), localOf({ ptimeMs: 40 })).sendPtimeMs).toBe(30);
  });

  it('cannot switch on mux we did not offer', () => {
    const answer = offerOf('m=audio 4000 RTP/AVP 0', 'a=rtcp-mux');
    expect(applied(answer, localOf({ rtcpMux: false })).rtcpMux).toBe(false);
    expect(applied(answer).rtcpMux).toBe(true);
  });

  it.each([
    ['sendrecv', 'sendrecv', 'sendrecv'],
    ['sendrecv', 'recvonly', 'sendonly'],
    ['sendonly', 'recvonly', 'sendonly'],
    ['sendonly', 'sendrecv', 'sendonly'],
    ['recvonly', 'recvonly', 'inactive'],
    ['inactive', 'sendrecv', 'inactive'],
  ] as const)('to an offer %s saying %s means %s', (direction, answered, expected) => {
    expect(applied(offerOf('m=audio 4000 RTP/AVP 0', `a=${answered}`), localOf({ direction })).direction).toBe(
      expected,
    );
  });

  it.each([
    ['without our audio', offerOf('m=audio 0 RTP/AVP 0'), 'noCommonCodec'],
    ['with a codec we did not offer', offerOf('m=audio 4000 RTP/AVP 9'), 'noCommonCodec'],
    ['with a clock rate we did not offer', offerOf('m=audio 4000 RTP/AVP 97', 'a=rtpmap:97 L16/8000'), 'noCommonCodec'],
    ['with another number of m-lines', offerOf('m=audio 4000 RTP/AVP 0', 'm=video 0 RTP/AVP 31'), 'badSdp'],
    ['with no m-line', offerOf(), 'badSdp'],
    ['with video in place of audio', offerOf('m=video 4000 RTP/AVP 0'), 'badSdp'],
    ['with another profile', offerOf('m=audio 4000 RTP/SAVP 0'), 'badSdp'],
    [
      'with an address we must not send to',
      offerOf('m=audio 4000 RTP/AVP 0', 'c=IN IP4 224.0.0.1'),
      'mediaAddressRefused',
    ],
    ['that is no SDP', 'hello', 'badSdp'],
  ])('%s is refused', (_, answer, code) => {
    expect(refusalCode(answer, localOf({ codecs: codecsOf('PCMU', 'PCMA', 'L16') }))).toBe(code);
  });

  it('in which the peer holds in the old style leaves nowhere to send to', () => {
    const media = applied(offerOf('m=audio 4000 RTP/AVP 0', 'c=IN IP4 0.0.0.0'));
    expect(media).toMatchObject({ remote: undefined, direction: 'recvonly' });
  });
});
