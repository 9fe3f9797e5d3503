import { describe, expect, it } from 'vitest';
import { answerOffer } from '../../../src/sip/sdp/answer.js';
import { applyAnswer, createOffer } from '../../../src/sip/sdp/offer.js';
import type { LocalMedia } from '../../../src/sip/sdp/session.js';
import { codecsOf, linesOf, localOf, offerOf } from './descriptions.js';
import { faultsOf } from './rfc3264.js';

function answered(offer: string, changes: Partial<LocalMedia> = {}) {
  const outcome = answerOffer({ offer, local: localOf(changes) });
  if (!outcome.ok) throw new Error(outcome.detail);
  expect(faultsOf(offer, outcome.answer)).toEqual([]);
  return { ...outcome, noise: outcome.media.receiveComfortNoise, m: linesOf(outcome.answer, 'm=') };
}

const narrow = [{ payloadType: 13, clockRateHz: 8000 }];

describe('comfort noise in an offer', () => {
  it.each([
    ['by its static number', offerOf('m=audio 4000 RTP/AVP 0 13'), 'm=audio 10000 RTP/AVP 0 13', narrow],
    ['by name', offerOf('m=audio 4000 RTP/AVP 0 13', 'a=rtpmap:13 cn/8000'), 'm=audio 10000 RTP/AVP 0 13', narrow],
    [
      'by another number',
      offerOf('m=audio 4000 RTP/AVP 0 98', 'a=rtpmap:98 CN/8000'),
      'm=audio 10000 RTP/AVP 0 98',
      [{ payloadType: 98, clockRateHz: 8000 }],
    ],
    [
      'at two rates, of which a codec has one',
      offerOf('m=audio 4000 RTP/AVP 0 105 13', 'a=rtpmap:105 CN/16000'),
      'm=audio 10000 RTP/AVP 0 13',
      narrow,
    ],
    [
      'at no codec’s rate',
      offerOf('m=audio 4000 RTP/AVP 0 105', 'a=rtpmap:105 CN/16000'),
      'm=audio 10000 RTP/AVP 0',
      undefined,
    ],
    [
      'under a number that means something else',
      offerOf('m=audio 4000 RTP/AVP 0 13', 'a=rtpmap:13 VDVI/8000'),
      'm=audio 10000 RTP/AVP 0',
      undefined,
    ],
    ['not at all', offerOf('m=audio 4000 RTP/AVP 0'), 'm=audio 10000 RTP/AVP 0', undefined],
  ])('%s is answered in kind', (_name, offer, m, noise) => {
    expect(answered(offer)).toMatchObject({ m: [m], noise });
  });

  it('comes between codecs and telephone-events in the answer, with its rtpmap', () => {
    const { answer } = answered(offerOf('m=audio 4000 RTP/AVP 101 0 13', 'a=rtpmap:101 telephone-event/8000'));
    expect(linesOf(answer, 'm=')).toEqual(['m=audio 10000 RTP/AVP 0 13 101']);
    expect(linesOf(answer, 'a=rtpmap:13')).toEqual(['a=rtpmap:13 CN/8000']);
  });

  it('is taken at 16 kHz beside a codec of that rate', () => {
    const lines = ['m=audio 4000 RTP/AVP 97 105', 'a=rtpmap:97 L16/16000', 'a=rtpmap:105 CN/16000'];
    const { noise } = answered(offerOf(...lines), { codecs: codecsOf('L16') });
    expect(noise).toEqual([{ payloadType: 105, clockRateHz: 16_000 }]);
  });

  it('is refused where it is off', () => {
    const outcome = answered(offerOf('m=audio 4000 RTP/AVP 0 13'), { comfortNoise: false });
    expect(outcome).toMatchObject({ m: ['m=audio 10000 RTP/AVP 0'], noise: undefined });
  });

  it('keeps its number from being given to something else later (RFC 3264 §8.3.2)', () => {
    const offer = offerOf('m=audio 4000 RTP/AVP 0 101', 'a=rtpmap:101 CN/8000');
    const { session } = answered(offer);
    const again = createOffer({ local: localOf(), previous: session });
    expect(linesOf(again.offer, 'a=rtpmap:101')).toEqual([]);
  });
});

describe('an offer of ours', () => {
  it('has no comfort noise, and takes none from the answer', () => {
    const local = localOf();
    const { offer, session } = createOffer({ local });
    expect(linesOf(offer, 'm=')[0]).not.toMatch(/ 13\b/);
    const outcome = applyAnswer({ answer: offerOf('m=audio 4000 RTP/AVP 0 13'), session, local });
    expect(outcome.ok && outcome.media.receiveComfortNoise).toBe(undefined);
  });
});
