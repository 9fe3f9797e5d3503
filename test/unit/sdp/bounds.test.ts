import { describe, expect, it } from 'vitest';
import { answerOffer } from '../../../src/sip/sdp/answer.js';
import { localOf, offerOf, sdpOf } from './descriptions.js';

const audio = 'm=audio 4000 RTP/AVP 0';

function outcomeOf(offer: string): string {
  const outcome = answerOffer({ offer, local: localOf() });
  return outcome.ok ? 'accepted' : outcome.code;
}

function repeat(count: number, line: string): string[] {
  return new Array<string>(count).fill(line);
}

describe('a description is refused as badSdp', () => {
  it.each([
    ['when it is empty', ''],
    ['when it is something else', '<xml/>'],
    ['when it has another version', offerOf(audio).replace('v=0', 'v=1')],
    ['when it does not begin with v=', offerOf(audio).replace('v=0\r\n', '')],
    ['without o=', offerOf(audio).replace(/o=.*\r\n/, '')],
    ['with a line that is none', offerOf(audio, 'hello')],
    ['with an empty line in the middle', offerOf(audio, '', 'a=sendonly')],
    ['with a NUL', offerOf(audio, 'a=x:\0')],
    ['without c=', sdpOf(audio)],
    ['with c= of another network', sdpOf('c=ATM NSAP 47.0091', audio)],
    ['with an m-line without a profile', offerOf('m=audio 4000')],
    ['with a port that is no number', offerOf('m=audio x RTP/AVP 0')],
    ['with a negative port', offerOf('m=audio -1 RTP/AVP 0')],
    ['with a port beyond 65535', offerOf('m=audio 65536 RTP/AVP 0')],
    ['with the last port and no room for RTCP', offerOf('m=audio 65535 RTP/AVP 0')],
    ['with control characters in an m-line', offerOf('m=audio 4000 RTP/AVP 0\x1b[2J')],
    ['beyond 16 KB', offerOf(audio, `a=x:${'y'.repeat(16 * 1024)}`)],
    ['beyond 400 lines', offerOf(audio, ...repeat(400, 'a=x'))],
    ['beyond 16 m-lines', offerOf(...repeat(17, audio))],
    ['beyond 64 formats', offerOf(`m=audio 4000 RTP/AVP ${repeat(65, '0').join(' ')}`)],
  ])('%s', (_, offer) => {
    expect(outcomeOf(offer)).toBe('badSdp');
  });
});

describe('a description is taken', () => {
  it.each([
    ['with 400 lines', offerOf(audio, ...repeat(394, 'a=x'))],
    ['with 16 m-lines', offerOf(...repeat(16, audio))],
    ['with 64 formats', offerOf(`m=audio 4000 RTP/AVP ${repeat(64, '0').join(' ')}`)],
    ['with the last port and shared RTCP', offerOf('m=audio 65535 RTP/AVP 0', 'a=rtcp-mux')],
    ['without s= and t=', offerOf(audio).replace('s=call\r\n', '').replace('t=0 0\r\n', '')],
    ['with attributes nobody knows', offerOf(audio, 'a=', 'a=:', 'a=x-y', 'a=rtpmap', 'a=fmtp:', 'a=rtcp')],
    ['with lines nobody knows', offerOf(audio, 'q=1', 'z=')],
    ['with an o= line that is odd', offerOf(audio).replace(/o=.*/, 'o=odd')],
    ['with names of object properties', offerOf(audio, 'a=fmtp:0 __proto__=1;constructor=2', 'a=__proto__:x')],
  ])('%s', (_, offer) => {
    expect(outcomeOf(offer)).toBe('accepted');
  });

  it('and its parameters stay plain data, whatever they are called', () => {
    const outcome = answerOffer({ offer: offerOf(audio, 'a=fmtp:0 __proto__=1;Constructor=2'), local: localOf() });
    expect(outcome.ok && Object.entries(outcome.media.send.parameters)).toEqual([
      ['__proto__', '1'],
      ['constructor', '2'],
    ]);
  });
});
