import { describe, expect, it } from 'vitest';
import { answerOffer } from '../../../src/sip/sdp/answer.js';
import { applyAnswer, createOffer } from '../../../src/sip/sdp/offer.js';
import type { LocalMedia, Session } from '../../../src/sip/sdp/session.js';
import { codecsOf, linesOf, localOf, offerOf } from './descriptions.js';

const plain = offerOf('m=audio 4000 RTP/AVP 0 8');

function answered(offer: string, previous?: Session, local: LocalMedia = localOf()) {
  const outcome = answerOffer({ offer, local, previous });
  if (!outcome.ok) throw new Error(`${outcome.code}: ${outcome.detail}`);
  return outcome;
}

function versionOf(sdp: string): number {
  return Number(linesOf(sdp, 'o=')[0]?.split(' ')[2]);
}

describe('over the life of a session', () => {
  it('the version moves by one when our description changes, and only then', () => {
    const first = answered(plain);
    const same = answered(plain, first.session);
    const held = answered(offerOf('m=audio 4000 RTP/AVP 0 8', 'a=sendonly'), same.session);
    const resumed = answered(plain, held.session);
    expect([first, same, held, resumed].map(({ answer }) => versionOf(answer))).toEqual([3, 3, 4, 5]);
    expect(same.answer).toBe(first.answer);
  });

  it('the version also moves between offers and answers, in both orders', () => {
    const first = answered(plain);
    const offer = createOffer({ local: localOf({ direction: 'sendonly' }), previous: first.session });
    const again = createOffer({ local: localOf({ direction: 'sendonly' }), previous: offer.session });
    const next = answered(plain, again.session);
    expect([offer.offer, again.offer, next.answer].map(versionOf)).toEqual([4, 4, 5]);
  });

  it('session id and address of o= stay when our address moves; c= follows', () => {
    const first = answered(plain);
    const local = localOf({ address: '198.51.100.99', sessionId: '1', sessionVersion: 0 });
    const { answer } = answered(plain, first.session, local);
    expect(linesOf(answer, 'o=')).toEqual(['o=- 4711 4 IN IP4 198.51.100.1']);
    expect(linesOf(answer, 'c=')).toEqual(['c=IN IP4 198.51.100.99']);
  });

  it('a refused re-offer leaves the session object as it was', () => {
    const first = answered(plain);
    const before = structuredClone(first.session);
    expect(
      answerOffer({ offer: offerOf('m=audio 4000 RTP/AVP 18'), local: localOf(), previous: first.session }).ok,
    ).toBe(false);
    expect(first.session).toEqual(before);
  });

  it('a codec change in mid-call changes what is sent', () => {
    const first = answered(offerOf('m=audio 4000 RTP/AVP 0'));
    const second = answered(offerOf('m=audio 4000 RTP/AVP 8'), first.session);
    expect([first.media.send.encoding, second.media.send.encoding]).toEqual(['PCMU', 'PCMA']);
  });

  it('our re-offer keeps all m-lines in place and the peer’s numbers', () => {
    const local = localOf({ codecs: codecsOf('opus', 'PCMU') });
    const offer = offerOf(
      'm=video 5000 RTP/AVP 31',
      'm=audio 4000 RTP/AVPF 0 111 96',
      'a=rtpmap:111 opus/48000/2',
      'a=rtpmap:96 telephone-event/48000',
      'm=application 9 UDP/BFCP *',
    );
    const first = answered(offer, undefined, local);
    const again = createOffer({ local, previous: first.session });
    expect(linesOf(again.offer, 'm=')).toEqual([
      'm=video 0 RTP/AVP 31',
      'm=audio 10000 RTP/AVPF 111 0 96 101',
      'm=application 0 UDP/BFCP *',
    ]);
    expect(linesOf(again.offer, 'a=rtpmap')).toEqual([
      'a=rtpmap:111 opus/48000/2',
      'a=rtpmap:0 PCMU/8000',
      'a=rtpmap:96 telephone-event/48000',
      'a=rtpmap:101 telephone-event/8000',
    ]);
  });

  it('a new format never takes a number that meant another one', () => {
    const first = answered(offerOf('m=audio 4000 RTP/AVP 96', 'a=rtpmap:96 PCMU/8000'));
    const { offer } = createOffer({ local: localOf({ codecs: codecsOf('PCMU', 'opus') }), previous: first.session });
    expect(linesOf(offer, 'a=rtpmap').slice(0, 2)).toEqual(['a=rtpmap:96 PCMU/8000', 'a=rtpmap:97 opus/48000/2']);
  });

  it('a delayed offer is made, and the answer to it applied', () => {
    const first = answered(offerOf('m=video 0 RTP/AVP 31', 'm=audio 4000 RTP/AVP 8'));
    const { session } = createOffer({ local: localOf(), previous: first.session });
    const answer = offerOf('m=video 0 RTP/AVP 31', 'm=audio 4002 RTP/AVP 8', 'a=sendonly');
    const outcome = applyAnswer({ answer, session, local: localOf() });
    expect(outcome).toMatchObject({ ok: true, media: { direction: 'recvonly', remote: { rtpPort: 4002 } } });
  });

  it('the running stream stays the one in use when a second audio stream appears before or after it', () => {
    const first = answered(offerOf('m=audio 0 RTP/AVP 0', 'm=audio 4000 RTP/AVP 0'));
    const second = answered(offerOf('m=audio 6000 RTP/AVP 0', 'm=audio 4000 RTP/AVP 0'), first.session);
    expect(linesOf(second.answer, 'm=')).toEqual(['m=audio 0 RTP/AVP 0', 'm=audio 10000 RTP/AVP 0']);
    const moved = answered(offerOf('m=audio 6000 RTP/AVP 0', 'm=audio 0 RTP/AVP 0'), second.session);
    expect(linesOf(moved.answer, 'm=')).toEqual(['m=audio 10000 RTP/AVP 0', 'm=audio 0 RTP/AVP 0']);
  });

  it('a stream that was switched off can be offered again in its place', () => {
    const off = answered(offerOf('m=audio 0 RTP/SAVP 0'), answered(plain).session);
    const { offer } = createOffer({ local: localOf(), previous: off.session });
    expect(linesOf(offer, 'm=')).toEqual(['m=audio 10000 RTP/AVP 0 8 101']);
  });
});
