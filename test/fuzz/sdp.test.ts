import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LocalMedia } from '../../src/sip/sdp/session.js';
import { answerOffer } from '../../src/sip/sdp/answer.js';
import { applyAnswer, createOffer } from '../../src/sip/sdp/offer.js';
import { codecsOf, localOf, offerOf, sdpOf } from '../unit/sdp/descriptions.js';
import { faultsOf } from '../unit/sdp/rfc3264.js';

const srtpKeys = [{ suite: 'AES_CM_128_HMAC_SHA1_80' as const, masterKey: new Uint8Array(30).fill(9) }];
const local: LocalMedia = localOf({
  codecs: codecsOf('opus', 'PCMU', 'PCMA', 'G722', 'L16'),
  srtp: { policy: 'optional', keys: srtpKeys },
});
const secureLocal: LocalMedia = { ...local, srtp: { policy: 'required', keys: srtpKeys } };

/** Where mutation starts: descriptions as phones, browsers and gateways send them. */
const seeds = [
  offerOf('m=audio 4000 RTP/AVP 0 8 101', 'a=rtpmap:101 telephone-event/8000', 'a=fmtp:101 0-16', 'a=ptime:20'),
  offerOf(
    'm=audio 4000 RTP/AVP 96 9 97',
    'a=rtpmap:96 opus/48000/2',
    'a=fmtp:96 useinbandfec=1;stereo=0',
    'a=rtcp-mux',
  ),
  sdpOf(
    'm=video 5000 RTP/AVP 31',
    'c=IN IP4 192.0.2.8',
    'm=audio 4000/2 RTP/AVPF 8',
    'c=IN IP4 0.0.0.0',
    'a=rtcp:5 IN IP4 1.2.3.4',
  ),
  sdpOf('c=IN IP6 ::ffff:192.0.2.1', 'a=sendonly', 'm=audio 4000 RTP/AVP 0', 'a=maxptime:40', 'a=inactive'),
  offerOf(
    'm=audio 4000 UDP/TLS/RTP/SAVPF 111',
    'a=rtpmap:111 opus/48000/2',
    'a=ice-ufrag:F7gI',
    'a=candidate:0 1 UDP 2113667327 192.0.2.7 4000 typ host',
    'a=imageattr:97 send [x=800,y=640] recv [x=330,y=250]',
    'a=simulcast:send 1,2,3;~4,~5 recv 6;~7,~8',
    'm=audio 4002 RTP/AVP 8',
  ),
  offerOf(
    'm=audio 4000 RTP/SAVP 0 8',
    'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR|2^20',
  ),
];

const poison = [
  '%s%d%v%%',
  '__proto__',
  '9'.repeat(400),
  '-1',
  '1e309',
  'NaN',
  '\0',
  '\u2028',
  '\ud800',
  ' '.repeat(200),
  'm=',
  'm=audio',
  'a=rtpmap:',
  'a=fmtp:0 ',
  'a=rtcp:',
  'a=crypto:',
  'a=ptime:',
  'c=IN IP4 ',
  'c=IN IP6 ::',
  'o=',
  '\r\n\r\n',
  '/'.repeat(50),
];

const edits = fc.array(
  fc.tuple(
    fc.constantFrom('insert', 'delete', 'flip', 'repeat', 'swap'),
    fc.nat(2000),
    fc.nat(2000),
    fc.oneof(fc.constantFrom(...poison), fc.string({ unit: 'binary', maxLength: 8 })),
  ),
  { maxLength: 8 },
);

function mutate(seed: string, steps: readonly (readonly [string, number, number, string])[]): string {
  let text = seed;
  for (const [kind, a, b, material] of steps) {
    const at = text.length === 0 ? 0 : a % text.length;
    const lines = text.split('\r\n');
    if (kind === 'insert') text = text.slice(0, at) + material + text.slice(at);
    if (kind === 'delete') text = text.slice(0, at) + text.slice(at + (b % 12) + 1);
    if (kind === 'flip') text = text.slice(0, at) + String.fromCharCode(b % 256) + text.slice(at + 1);
    if (kind === 'repeat') lines.splice(a % lines.length, 0, lines[b % lines.length] ?? '');
    if (kind === 'swap') lines.push(...lines.splice(a % lines.length, 1));
    if (kind === 'repeat' || kind === 'swap') text = lines.join('\r\n');
  }
  return text;
}

describe('mutated descriptions', () => {
  it('as offers are refused, or answered by the rules', () => {
    let accepted = 0;
    fc.assert(
      fc.property(fc.constantFrom(...seeds), edits, (seed, steps) => {
        const offer = mutate(seed, steps);
        const outcome = answerOffer({ offer, local });
        if (!outcome.ok) return;
        accepted++;
        expect(faultsOf(offer, outcome.answer)).toEqual([]);
        // Keys also come with RTP/AVP, from peers that would do without them (RFC 8643).
        expect(outcome.media.srtp !== undefined).toBe(/^a=crypto:/m.test(outcome.answer));
        if (/^m=audio [1-9]\d* RTP\/SAVPF? /m.test(outcome.answer)) expect(outcome.media.srtp).toBeDefined();
        // What we said can be taken back by ourselves, and made into the next offer.
        const again = createOffer({ local, previous: outcome.session });
        expect(again.offer.split('\r\nm=')).toHaveLength(outcome.answer.split('\r\nm=').length);
      }),
      { numRuns: 4000 },
    );
    expect(accepted).toBeGreaterThan(400);
  });

  it.each([
    ['plain RTP', local],
    ['SRTP', secureLocal],
  ])('as answers to %s are refused, or applied', (_, local) => {
    const { session } = createOffer({ local });
    const secure = local === secureLocal;
    fc.assert(
      fc.property(fc.constantFrom(...seeds), edits, (seed, steps) => {
        const outcome = applyAnswer({ answer: mutate(seed, steps), session, local });
        if (!outcome.ok) return;
        const { media } = outcome;
        expect(media.receive.length).toBeGreaterThan(0);
        expect(media.srtp !== undefined).toBe(secure);
        expect(media.sendPtimeMs % 10).toBe(0);
        if (media.remote !== undefined) expect(media.remote.rtcpPort).toBeLessThanOrEqual(65_535);
      }),
      { numRuns: 3000 },
    );
  });

  it('of nothing but noise are refused', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2000 }), (offer) => {
        expect(answerOffer({ offer, local }).ok).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});

describe('descriptions made to cost time, as large as they may be', () => {
  const room = 15_000;
  it.each([
    ['digits and dots', `a=ptime:${'1.'.repeat(room / 2)}x`],
    ['blanks', `a=fmtp:0${' '.repeat(room)}x`],
    ['brackets', `a=imageattr:1 send ${'[x] '.repeat(room / 4)}`],
    ['simulcast', `a=simulcast:send ${'1;'.repeat(room / 2)}!`],
    ['semicolons', `a=fmtp:0 ${';=;'.repeat(room / 3)}`],
    ['event lists', `a=fmtp:101 ${'0-9,'.repeat(room / 4)}`],
    ['slashes', `a=rtpmap:0 x${'/1'.repeat(room / 2)}`],
    ['colons', `c=IN IP6 ${':1'.repeat(room / 2)}`],
    ['one long m-line', `m=audio 1 RTP/AVP ${'1'.repeat(room)}`],
    ['one m-line of blanks', `m=audio 1 RTP/AVP ${' '.repeat(room)}0`],
    ['400 rtpmaps', Array.from({ length: 380 }, (_, n) => `a=rtpmap:${n} opus/48000/2`).join('\r\n')],
    ['one long key', `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${'A'.repeat(room)}`],
    ['line feeds', '\n\r'.repeat(room / 2)],
  ])('%s', (_, line) => {
    const offer = offerOf('m=audio 4000 RTP/AVP 0 101', 'a=rtpmap:101 telephone-event/8000', line);
    for (let round = 0; round < 20; round++) {
      const outcome = answerOffer({ offer, local });
      if (outcome.ok) expect(faultsOf(offer, outcome.answer)).toEqual([]);
    }
  });
});
