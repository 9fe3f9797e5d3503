import { describe, expect, it } from 'vitest';
import { answerOffer } from '../../../src/sip/sdp/answer.js';
import { applyAnswer, createOffer } from '../../../src/sip/sdp/offer.js';
import type { VoipMetricsPolicy } from '../../../src/sip/sdp/session.js';
import { linesOf, localOf, offerOf, sdpOf } from './descriptions.js';

const audio = 'm=audio 4000 RTP/AVP 0';
const asks = 'a=rtcp-xr:voip-metrics';

function answered(offer: string, voipMetrics?: VoipMetricsPolicy) {
  const outcome = answerOffer({ offer, local: localOf(voipMetrics && { voipMetrics }) });
  if (!outcome.ok) throw new Error(outcome.detail);
  return { sends: outcome.media.sendVoipMetrics === true, lines: linesOf(outcome.answer, 'a=rtcp-xr'), ...outcome };
}

describe('a=rtcp-xr in an offer', () => {
  it.each([
    ['of the stream', offerOf(audio, asks), true],
    ['of the session', sdpOf('c=IN IP4 192.0.2.7', asks, audio), true],
    ['among others', offerOf(audio, 'a=rtcp-xr:rcvr-rtt=all:10 voip-metrics stat-summary=loss'), true],
    ['without VoIP metrics', offerOf(audio, 'a=rtcp-xr:stat-summary=loss'), false],
    ['with a name that only begins so', offerOf(audio, 'a=rtcp-xr:voip-metrics2'), false],
    ['of another stream', offerOf(audio, 'm=video 4002 RTP/AVP 99', asks), false],
    ['that is not there', offerOf(audio), false],
  ])('%s is answered in kind', (_name, offer, sends) => {
    expect(answered(offer)).toMatchObject({ sends, lines: sends ? [asks] : [] });
  });

  it('is ignored where XR is off', () => {
    expect(answered(offerOf(audio, asks), 'off')).toMatchObject({ sends: false, lines: [] });
  });
});

describe('an offer of ours', () => {
  it.each([
    [undefined, []],
    ['off', []],
    ['answer', []],
    ['offer', [asks]],
  ] as const)('asks for VoIP metrics with the policy %s as it says', (voipMetrics, lines) => {
    const { offer } = createOffer({ local: localOf(voipMetrics && { voipMetrics }) });
    expect(linesOf(offer, 'a=rtcp-xr')).toEqual(lines);
  });

  it('asks again for what was agreed on, so that a re-offer changes nothing', () => {
    const { session, answer } = answered(offerOf(audio, asks));
    const again = createOffer({ local: localOf(), previous: session });
    expect(linesOf(again.offer, 'a=rtcp-xr')).toEqual([asks]);
    expect(linesOf(again.offer, 'o=')).toEqual(linesOf(answer, 'o=').map((line) => line.replace(' 3 IN', ' 4 IN')));
  });

  it.each([
    [offerOf(audio, asks), true],
    [offerOf(audio), undefined],
  ])('is followed by reports exactly when the answer takes them', (answer, sends) => {
    const local = localOf({ voipMetrics: 'offer' });
    const { session } = createOffer({ local });
    const outcome = applyAnswer({ answer, session, local });
    expect(outcome.ok && outcome.media.sendVoipMetrics).toBe(sends);
  });
});
