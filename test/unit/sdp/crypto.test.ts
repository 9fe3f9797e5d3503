import { describe, expect, it } from 'vitest';
import type { SrtpKeys, SrtpSuite } from '../../../src/media/protocol.js';
import { answerOffer } from '../../../src/sip/sdp/answer.js';
import { parseCrypto } from '../../../src/sip/sdp/crypto.js';
import { applyAnswer, createOffer } from '../../../src/sip/sdp/offer.js';
import type { LocalMedia, Session, SrtpPolicy } from '../../../src/sip/sdp/session.js';
import { linesOf, localOf, offerOf } from './descriptions.js';
import { faultsOf } from './rfc3264.js';

const long: SrtpSuite = 'AES_CM_128_HMAC_SHA1_80';
const short: SrtpSuite = 'AES_CM_128_HMAC_SHA1_32';
/** RFC 4568 §9.1's key, and another. */
const key = 'inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR';
const otherKey = 'inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz';
const keyBytes = new Uint8Array(Buffer.from(key.slice(7), 'base64'));
const own: readonly SrtpKeys[] = [
  { suite: long, masterKey: new Uint8Array(30).fill(0xaa) },
  { suite: short, masterKey: new Uint8Array(30).fill(0xbb) },
];
const ownText = own.map(({ masterKey }) => `inline:${Buffer.from(masterKey).toString('base64')}`);

function secureLocal(policy: SrtpPolicy, keys = own): LocalMedia {
  return localOf({ srtp: { policy, keys } });
}

function secureOffer(...cryptos: string[]): string {
  return offerOf('m=audio 4000 RTP/SAVP 0', ...cryptos.map((value) => `a=crypto:${value}`));
}

function answered(offer: string, local: LocalMedia, previous?: Session) {
  const outcome = answerOffer({ offer, local, previous });
  if (!outcome.ok) throw new Error(outcome.detail);
  expect(faultsOf(offer, outcome.answer)).toEqual([]);
  return outcome;
}

describe('an a=crypto line', () => {
  const line = (text: string) => parseCrypto(text);

  it.each([
    ['plain', `1 ${long} ${key}`],
    ['with a lifetime as a power', `1 ${long} ${key}|2^20`],
    ['with a lifetime as a number', `1 ${long} ${key}|1048576`],
    ['with padding nobody needs', `1 ${long} ${key}==`],
    ['with a window size hint', `1 ${long} ${key} WSH=128`],
    ['with an extension that may be ignored', `1 ${long} ${key} -x=1`],
    ['with wide gaps', `1  ${long}\t${key} `],
  ])('is read: %s', (_, text) => {
    expect(line(text)).toEqual({ tag: 1, keys: { suite: long, masterKey: keyBytes } });
  });

  it.each([
    ['another suite', `1 F8_128_HMAC_SHA1_80 ${key}`],
    ['a suite in lower case', `1 ${long.toLowerCase()} ${key}`],
    ['no tag', `${long} ${key}`],
    ['a tag that is too long', `1234567890 ${long} ${key}`],
    ['a tag with a leading zero', `01 ${long} ${key}`],
    ['a key that is too short', `1 ${long} ${key.slice(0, -1)}`],
    ['a key that is too long', `1 ${long} ${key}AA`],
    ['a key with characters that are not base64', `1 ${long} ${key.slice(0, -1)}*`],
    ['a key by another method', `1 ${long} uri:https://example.org/key`],
    ['a master key identifier', `1 ${long} ${key}|2^20|1:4`],
    ['a master key identifier without lifetime', `1 ${long} ${key}|1:4`],
    ['several keys', `1 ${long} ${key}|2^20|1:4;${otherKey}|2^20|2:4`],
    ['a lifetime that is too long', `1 ${long} ${key}|2^49`],
    ['a lifetime of nothing', `1 ${long} ${key}|0`],
    ['a key derivation rate', `1 ${long} ${key} KDR=1`],
    ['no encryption', `1 ${long} ${key} UNENCRYPTED_SRTP`],
    ['no encryption of RTCP', `1 ${long} ${key} UNENCRYPTED_SRTCP`],
    ['no authentication', `1 ${long} ${key} UNAUTHENTICATED_SRTP`],
    ['an extension that has to be understood', `1 ${long} ${key} x=1`],
    ['nothing', ''],
    ['too much', `1 ${long} ${key} ${'-x '.repeat(300)}`],
  ])('is not taken: %s', (_, text) => {
    expect(line(text)).toBeUndefined();
  });
});

describe('answering SRTP', () => {
  it('takes the suite we like best, and answers its tag with our key', () => {
    const { answer, media } = answered(
      secureOffer(`4 ${short} ${otherKey}`, `7 ${long} ${key}|2^31`, `8 ${long} ${otherKey}`),
      secureLocal('optional'),
    );
    expect(linesOf(answer, 'm=')).toEqual(['m=audio 10000 RTP/SAVP 0']);
    expect(linesOf(answer, 'a=crypto')).toEqual([`a=crypto:7 ${long} ${ownText[0]}`]);
    expect(media.srtp).toEqual({ send: own[0], receive: { suite: long, masterKey: keyBytes } });
  });

  it('has no other order of suites than ours', () => {
    const offer = secureOffer(`1 ${long} ${key}`, `2 ${short} ${otherKey}`);
    const { answer } = answered(offer, secureLocal('required', own.toReversed()));
    expect(linesOf(answer, 'a=crypto')).toEqual([`a=crypto:2 ${short} ${ownText[1]}`]);
  });

  it('passes over lines that cannot be taken', () => {
    const { media } = answered(
      secureOffer(`1 ${long} ${otherKey} KDR=3`, 'nonsense', `2 ${long} ${key}`),
      secureLocal('required'),
    );
    expect(media.srtp?.receive.masterKey).toEqual(keyBytes);
  });

  it('keeps the feedback profile', () => {
    const offer = offerOf('m=audio 4000 RTP/SAVPF 0', `a=crypto:1 ${long} ${key}`);
    expect(linesOf(answered(offer, secureLocal('optional')).answer, 'm=')).toEqual(['m=audio 10000 RTP/SAVPF 0']);
  });

  it('does not take keys of the session or of another stream', () => {
    const refused = answerOffer({
      offer: [
        'v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0',
        `a=crypto:1 ${long} ${key}`,
        'm=audio 4000 RTP/SAVP 0',
        'm=video 4002 RTP/SAVP 31',
        `a=crypto:1 ${long} ${key}\r\n`,
      ].join('\r\n'),
      local: secureLocal('optional'),
    });
    expect(refused).toMatchObject({ ok: false, code: 'noCommonCodec' });
  });

  it('takes the secure stream of two when it is required', () => {
    const offer = offerOf('m=audio 4000 RTP/AVP 0', 'm=audio 4002 RTP/SAVP 0', `a=crypto:1 ${long} ${key}`);
    expect(linesOf(answered(offer, secureLocal('required')).answer, 'm=')).toEqual([
      'm=audio 0 RTP/AVP 0',
      'm=audio 10000 RTP/SAVP 0',
    ]);
  });

  it.each<[SrtpPolicy, string, string[]]>([
    ['off', 'RTP/SAVP', [`1 ${long} ${key}`]],
    ['off', 'RTP/SAVPF', [`1 ${long} ${key}`]],
    ['required', 'RTP/AVP', []],
    ['required', 'RTP/AVPF', []],
    // A plain profile is plain, whatever keys are beside it.
    ['required', 'RTP/AVP', [`1 ${long} ${key}`]],
    ['optional', 'RTP/SAVP', []],
    ['required', 'RTP/SAVP', [`1 F8_128_HMAC_SHA1_80 ${key}`]],
    ['optional', 'UDP/TLS/RTP/SAVPF', [`1 ${long} ${key}`]],
  ])('when it is %s, refuses %s with %j', (policy, protocol, cryptos) => {
    const offer = offerOf(`m=audio 4000 ${protocol} 0`, ...cryptos.map((value) => `a=crypto:${value}`));
    const outcome = answerOffer({ offer, local: secureLocal(policy) });
    expect(outcome).toMatchObject({ ok: false, code: 'noCommonCodec' });
    expect(JSON.stringify(outcome)).not.toContain(key.slice(7));
  });

  it.each<SrtpPolicy>(['off', 'optional'])('when it is %s, answers plain RTP plainly', (policy) => {
    const { answer, media } = answered(offerOf('m=audio 4000 RTP/AVP 0'), secureLocal(policy));
    expect(answer).not.toContain('crypto');
    expect(media).not.toHaveProperty('srtp');
  });

  it.each(['RTP/AVP', 'RTP/AVPF'])('when it is optional, takes keys beside %s (RFC 8643)', (protocol) => {
    const offer = offerOf(`m=audio 4000 ${protocol} 0`, `a=crypto:1 ${long} ${key}`);
    const { answer, media } = answered(offer, secureLocal('optional'));
    expect(linesOf(answer, 'm=')).toEqual([`m=audio 10000 ${protocol} 0`]);
    expect(linesOf(answer, 'a=crypto')).toEqual([`a=crypto:1 ${long} ${ownText[0]}`]);
    expect(media.srtp).toEqual({ send: own[0], receive: { suite: long, masterKey: keyBytes } });
  });

  it.each<[SrtpPolicy, string]>([
    ['off', `1 ${long} ${key}`],
    ['optional', `1 F8_128_HMAC_SHA1_80 ${key}`],
    ['optional', 'nonsense'],
  ])('when it is %s, answers plain RTP beside %s plainly', (policy, crypto) => {
    const { answer, media } = answered(offerOf('m=audio 4000 RTP/AVP 0', `a=crypto:${crypto}`), secureLocal(policy));
    expect(answer).not.toContain('crypto');
    expect(media).not.toHaveProperty('srtp');
  });

  it('of a session refresh is the same, word for word', () => {
    const offer = secureOffer(`1 ${long} ${key}`);
    const local = secureLocal('optional');
    const first = answered(offer, local);
    const again = answered(offer, local, first.session);
    expect(again.answer).toBe(first.answer);
    expect(again.media.srtp).toEqual(first.media.srtp);
  });

  it('takes a new key of the peer and keeps ours', () => {
    const local = secureLocal('optional');
    const first = answered(secureOffer(`1 ${long} ${key}`), local);
    const { media } = answered(secureOffer(`1 ${long} ${otherKey}`), local, first.session);
    expect(media.srtp?.send).toEqual(first.media.srtp?.send);
    expect(media.srtp?.receive.masterKey).not.toEqual(keyBytes);
  });
});

describe('offering SRTP', () => {
  const reply = (protocol: string, ...cryptos: string[]) =>
    offerOf(`m=audio 4000 ${protocol} 0`, ...cryptos.map((value) => `a=crypto:${value}`));

  it.each<[SrtpPolicy, string, string[]]>([
    ['off', 'RTP/AVP', []],
    ['optional', 'RTP/AVP', [`a=crypto:1 ${long} ${ownText[0]}`, `a=crypto:2 ${short} ${ownText[1]}`]],
    ['required', 'RTP/SAVP', [`a=crypto:1 ${long} ${ownText[0]}`, `a=crypto:2 ${short} ${ownText[1]}`]],
  ])('when it is %s, offers %s', (policy, protocol, lines) => {
    const { offer } = createOffer({ local: secureLocal(policy) });
    expect(linesOf(offer, 'm=')[0]).toContain(` ${protocol} `);
    expect(linesOf(offer, 'a=crypto')).toEqual(lines);
  });

  it('takes the key of the line the answer names', () => {
    const local = secureLocal('required');
    const { session } = createOffer({ local });
    const outcome = applyAnswer({ answer: reply('RTP/SAVP', `2 ${short} ${key}`), session, local });
    if (!outcome.ok) throw new Error(outcome.detail);
    expect(outcome.media.srtp).toEqual({ send: own[1], receive: { suite: short, masterKey: keyBytes } });
  });

  it.each([
    ['in plain RTP', reply('RTP/AVP')],
    ['in plain RTP with a key', reply('RTP/AVP', `1 ${long} ${key}`)],
    ['without a key', reply('RTP/SAVP')],
    ['with a tag that was not offered', reply('RTP/SAVP', `3 ${long} ${key}`)],
    ['with the suite of another tag', reply('RTP/SAVP', `1 ${short} ${key}`)],
    ['with two keys', reply('RTP/SAVP', `1 ${long} ${key}`, `2 ${short} ${key}`)],
    ['with a key that cannot be taken', reply('RTP/SAVP', `1 ${long} ${key} KDR=1`)],
  ])('refuses an answer %s', (_, answer) => {
    const local = secureLocal('required');
    const { session } = createOffer({ local });
    expect(applyAnswer({ answer, session, local })).toMatchObject({ ok: false, code: 'badSdp' });
  });

  it('refuses SRTP in answer to plain RTP', () => {
    const local = secureLocal('optional');
    const { session } = createOffer({ local });
    const answer = reply('RTP/SAVP', `1 ${long} ${key}`);
    expect(applyAnswer({ answer, session, local })).toMatchObject({ ok: false, code: 'badSdp' });
  });

  describe('that the peer may decline (RFC 8643)', () => {
    const local = secureLocal('optional');

    it('is SRTP when the answer takes a line, in the plain profile', () => {
      const { session } = createOffer({ local });
      const outcome = applyAnswer({ answer: reply('RTP/AVP', `2 ${short} ${key}`), session, local });
      if (!outcome.ok) throw new Error(outcome.detail);
      expect(outcome.media.srtp).toEqual({ send: own[1], receive: { suite: short, masterKey: keyBytes } });
      const again = createOffer({ local, previous: outcome.session });
      expect(again.offer).toBe(session.localSdp);
    });

    it('is plain when the answer takes none, and is not offered again', () => {
      const { session } = createOffer({ local });
      const outcome = applyAnswer({ answer: reply('RTP/AVP'), session, local });
      if (!outcome.ok) throw new Error(outcome.detail);
      expect(outcome.media).not.toHaveProperty('srtp');
      const again = createOffer({ local, previous: outcome.session });
      expect(linesOf(again.offer, 'a=crypto')).toEqual([]);
      const late = reply('RTP/AVP', `1 ${long} ${key}`);
      const refreshed = applyAnswer({ answer: late, session: again.session, local });
      expect(refreshed.ok && refreshed.media.srtp).toBe(undefined);
    });

    it.each([
      ['a line that was not offered', [`3 ${long} ${key}`]],
      ['two lines', [`1 ${long} ${key}`, `2 ${short} ${key}`]],
      ['a line that cannot be taken', ['nonsense']],
    ])('is refused with %s', (_name, cryptos) => {
      const { session } = createOffer({ local });
      const outcome = applyAnswer({ answer: reply('RTP/AVP', ...cryptos), session, local });
      expect(outcome).toMatchObject({ ok: false, code: 'badSdp' });
    });
  });

  it('goes on with SRTP in a session that has it, with the same keys', () => {
    const local = secureLocal('optional');
    const first = answered(secureOffer(`1 ${short} ${key}`), local);
    const { offer, session } = createOffer({ local, previous: first.session });
    expect(linesOf(offer, 'm=')[0]).toContain(' RTP/SAVP ');
    expect(linesOf(offer, 'a=crypto')).toEqual([
      `a=crypto:1 ${long} ${ownText[0]}`,
      `a=crypto:2 ${short} ${ownText[1]}`,
    ]);
    const again = createOffer({ local, previous: session });
    expect(again.offer).toBe(offer);
  });

  it('is understood by our own other side', () => {
    const callee = { ...secureLocal('optional', [{ suite: short, masterKey: keyBytes }]), address: '203.0.113.9' };
    const caller = secureLocal('required');
    const { offer, session } = createOffer({ local: caller });
    const theirs = answered(offer, callee);
    const outcome = applyAnswer({ answer: theirs.answer, session, local: caller });
    if (!outcome.ok) throw new Error(outcome.detail);
    expect(outcome.media.srtp?.send).toEqual(theirs.media.srtp?.receive);
    expect(outcome.media.srtp?.receive).toEqual(theirs.media.srtp?.send);
  });
});
