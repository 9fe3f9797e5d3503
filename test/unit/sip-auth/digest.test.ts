import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DigestClient } from '../../../src/sip/auth/digest-client.js';
import { parseDigestFields } from '../../../src/sip/auth/digest-fields.js';
import { digestResponse } from '../../../src/sip/auth/digest-hash.js';
import { DigestServer } from '../../../src/sip/auth/digest-server.js';
import { responseTo } from '../../../src/sip/message/response.js';
import type { SipResponse } from '../../../src/sip/message/message.js';
import { parsedRequest, requestBytes } from '../sip-message/message-text.js';

const realm = 'mixminus';
const users = [{ username: 'ann', password: 'secret' }];
const uri = 'sip:room@127.0.0.1';

function server(nonceTtlMs = 30_000) {
  const clock = { nowMs: 1_000_000 };
  const digest = new DigestServer({ nonceKey: Buffer.alloc(32, 7), nonceTtlMs, now: () => clock.nowMs });
  return { clock, digest };
}

function challengeOf(values: readonly string[], status: 401 | 407 = 401): SipResponse {
  const name = status === 401 ? 'WWW-Authenticate' : 'Proxy-Authenticate';
  return responseTo(parsedRequest(requestBytes({}, '', 'INVITE')), status, undefined, { headers: { [name]: values } });
}

function client(options: Partial<ConstructorParameters<typeof DigestClient>[0]> = {}): DigestClient {
  return new DigestClient({ username: 'ann', password: 'secret', realm, newClientNonce: () => 'cn"1', ...options });
}

/** The Authorization a client gives to challenges. */
function answerTo(
  values: readonly string[],
  options: Partial<ConstructorParameters<typeof DigestClient>[0]> = {},
): string {
  return client(options).answer(challengeOf(values), 'INVITE', uri)?.value ?? '';
}

describe('The digest', () => {
  const rfc7616 = {
    username: 'Mufasa',
    realm: 'http-auth@example.org',
    password: 'Circle of Life',
    method: 'GET',
    uri: '/dir/index.html',
    nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
    protection: { qop: 'auth', nc: '00000001', cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ' },
  } as const;

  it('is that of RFC 7616 §3.9.1, MD5 and SHA-256', () => {
    expect(digestResponse({ ...rfc7616, algorithm: 'MD5' })).toBe('8ca523f5e9506fed4657c9700eebdbec');
    expect(digestResponse({ ...rfc7616, algorithm: 'SHA-256' })).toBe(
      '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1',
    );
  });

  it('by SHA-512-256 is that of FIPS 180-4 over the same text', () => {
    const hash = (text: string) => createHash('sha512-256').update(text).digest('hex');
    const { username, password, method, nonce, protection } = rfc7616;
    const secret = hash(`${username}:${rfc7616.realm}:${password}`);
    const middle = `${nonce}:${protection.nc}:${protection.cnonce}:${protection.qop}`;
    expect(digestResponse({ ...rfc7616, algorithm: 'SHA-512-256' })).toBe(
      hash(`${secret}:${middle}:${hash(`${method}:${rfc7616.uri}`)}`),
    );
  });

  it('is that of RFC 2617 §3.5, and without qop that of RFC 2069 with its erratum', () => {
    const rfc2617 = {
      algorithm: 'MD5',
      username: 'Mufasa',
      realm: 'testrealm@host.com',
      password: 'Circle Of Life',
      method: 'GET',
      uri: '/dir/index.html',
      nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093',
    } as const;
    const protection = { qop: 'auth', nc: '00000001', cnonce: '0a4f113b' } as const;
    expect(digestResponse({ ...rfc2617, protection })).toBe('6629fae49393a05397450978507c4ef1');
    expect(digestResponse({ ...rfc2617, password: 'CircleOfLife' })).toBe('1949323746fe6a43ef61f9606e7febea');
  });
});

describe('Digest fields', () => {
  it('are read with and without quotes, in any order and case', () => {
    const fields = parseDigestFields('  dIgEsT\tRealm="a, \\"b\\"" ,nonce=abc,, QOP="auth,auth-int"');
    expect(fields && [...fields]).toEqual([
      ['realm', 'a, "b"'],
      ['nonce', 'abc'],
      ['qop', 'auth,auth-int'],
    ]);
  });

  it.each([
    undefined,
    '',
    ' ',
    'Digest',
    'Digest ',
    'Basic x',
    'Digestrealm="a"',
    'Digest realm',
    'Digest ="a"',
    'Digest a=1,a=2',
    'Digest a b=1',
    'null',
  ])('are not in %j', (value) => {
    expect(parseDigestFields(value)).toBeUndefined();
  });
});

describe('A server', () => {
  it('offers SHA-256 before MD5, and admits who answers either', () => {
    const { digest } = server();
    const algorithms = digest.challenge(realm).map((value) => parseDigestFields(value)?.get('algorithm'));
    expect(algorithms).toEqual(['SHA-256', 'MD5']);
    for (const algorithm of algorithms) {
      const only = digest.challenge(realm).filter((value) => value.includes(`algorithm=${algorithm},`));
      expect(only).toHaveLength(1);
      expect(digest.verify([answerTo(only)], 'INVITE', realm, users)).toEqual({ ok: true, username: 'ann' });
    }
  });

  it('takes no answer by an algorithm it did not offer', () => {
    const { digest } = server();
    const [strong = ''] = digest.challenge(realm);
    const answer = answerTo([strong.replace('SHA-256', 'SHA-512-256')]);
    expect(answer).toContain('algorithm=SHA-512-256');
    expect(digest.verify([answer], 'INVITE', realm, users)).toMatchObject({ ok: false, reason: 'malformed' });
  });

  it('tells a wrong password, an unknown user and another method alike', () => {
    const { digest } = server();
    const wrong = { ok: false, stale: false, reason: 'wrong' };
    expect(digest.verify([answerTo(digest.challenge(realm), { password: 'x' })], 'INVITE', realm, users)).toEqual(
      wrong,
    );
    expect(digest.verify([answerTo(digest.challenge(realm), { username: 'bob' })], 'INVITE', realm, users)).toEqual(
      wrong,
    );
    expect(
      digest.verify([answerTo(digest.challenge(realm), { username: 'bob', password: '' })], 'INVITE', realm, users),
    ).toEqual(wrong);
    expect(digest.verify([answerTo(digest.challenge(realm))], 'BYE', realm, users)).toEqual(wrong);
  });

  it('takes every credential once: a replay is stale, a higher count is not', () => {
    const { digest } = server();
    const challenge = digest.challenge(realm);
    const authorization = answerTo(challenge);
    expect(digest.verify([authorization], 'INVITE', realm, users).ok).toBe(true);
    const stale = { ok: false, stale: true, reason: 'stale' };
    expect(digest.verify([authorization], 'INVITE', realm, users)).toEqual(stale);

    const nonce = parseDigestFields(challenge[0])?.get('nonce') ?? '';
    const counted = (nc: string) => {
      const protection = { qop: 'auth', nc, cnonce: 'c' } as const;
      const input = {
        algorithm: 'SHA-256',
        username: 'ann',
        password: 'secret',
        realm,
        method: 'INVITE',
        uri,
        nonce,
        protection,
      } as const;
      return `Digest username="ann", realm="${realm}", nonce="${nonce}", uri="${uri}", algorithm=SHA-256, qop=auth, nc=${nc}, cnonce="c", response="${digestResponse(input)}"`;
    };
    expect(digest.verify([counted('00000003')], 'INVITE', realm, users).ok).toBe(true);
    expect(digest.verify([counted('00000002')], 'INVITE', realm, users)).toEqual(stale);
    expect(digest.verify([counted('00000004')], 'INVITE', realm, users).ok).toBe(true);
  });

  it('takes a nonce for its time to live and no longer', () => {
    const { clock, digest } = server();
    const [early, late] = [answerTo(digest.challenge(realm)), answerTo(digest.challenge(realm))];
    clock.nowMs += 30_000;
    expect(digest.verify([early], 'INVITE', realm, users).ok).toBe(true);
    clock.nowMs += 1;
    expect(digest.verify([late], 'INVITE', realm, users)).toMatchObject({ ok: false, stale: true });
    expect(digest.challenge(realm, true)[0]).toContain('stale=true');
  });

  it('takes no nonce it did not make, nor one made for another realm', () => {
    const { digest } = server();
    const forged = digest
      .challenge(realm)
      .map((value) => value.replace(/nonce="(.)/, (_, first: string) => `nonce="${first === 'A' ? 'B' : 'A'}`));
    expect(digest.verify([answerTo(forged)], 'INVITE', realm, users)).toMatchObject({ ok: false, stale: true });
    const elsewhere = digest.challenge('other').map((value) => value.replace('realm="other"', `realm="${realm}"`));
    expect(digest.verify([answerTo(elsewhere)], 'INVITE', realm, users)).toMatchObject({ ok: false, stale: true });
  });

  it('gives every challenge a nonce of its own, within one millisecond too', () => {
    const { digest } = server();
    const nonces = Array.from({ length: 100 }, () => parseDigestFields(digest.challenge(realm)[0])?.get('nonce'));
    expect(new Set(nonces).size).toBe(100);
  });

  it('finds its realm among several Authorization headers', () => {
    const { digest } = server();
    const authorization = answerTo(digest.challenge(realm));
    expect(digest.verify(['Basic x', 'Digest realm="other"', authorization], 'INVITE', realm, users).ok).toBe(true);
  });

  it.each([
    ['missing', []],
    ['malformed', ['']],
    ['malformed', ['Digest']],
    ['malformed', ['NoOneKnowsThisScheme opaque-data=here']],
    ['malformed', [`Digest realm="${realm}"`]],
    ['malformed', [`Digest realm="${realm}", username="ann", nonce="x", uri="u", response="r"`]],
    [
      'malformed',
      [`Digest realm="${realm}", username="ann", nonce="x", uri="u", response="r", qop=auth, nc=0, cnonce=""`],
    ],
    [
      'malformed',
      [`Digest realm="${realm}", username="ann", nonce="x", uri="u", response="r", qop=auth, nc=00000000, cnonce=""`],
    ],
    [
      'malformed',
      [
        `Digest realm="${realm}", username="ann", nonce="x", uri="u", response="r", qop=auth-int, nc=00000001, cnonce=""`,
      ],
    ],
    [
      'malformed',
      [
        `Digest realm="${realm}", username="ann", nonce="x", uri="u", response="r", qop=auth, nc=00000001, cnonce="", algorithm=MD4`,
      ],
    ],
    [
      'wrong',
      [`Digest realm="${realm}", username="ann", nonce="", uri="", response="", qop=auth, nc=00000001, cnonce=""`],
    ],
  ])('calls %s what is %j', (reason, values) => {
    expect(server().digest.verify(values, 'INVITE', realm, users)).toEqual({ ok: false, stale: false, reason });
  });
});

describe('A client', () => {
  const md5 = `Digest realm="${realm}", nonce="n1", qop="auth", algorithm=MD5`;
  const sha = `Digest realm="${realm}", nonce="n2", qop="auth", algorithm=SHA-256, opaque="o\\"p"`;

  it('answers the strongest challenge it can, with what the server said', () => {
    const fields = parseDigestFields(answerTo([md5, sha]));
    expect(Object.fromEntries(fields ?? [])).toMatchObject({
      ...{ username: 'ann', realm, nonce: 'n2', uri, algorithm: 'SHA-256' },
      ...{ qop: 'auth', nc: '00000001', cnonce: 'cn"1', opaque: 'o"p' },
    });
    expect(
      parseDigestFields(answerTo(['Basic realm="x"', `${sha.replace('SHA-256', 'SHA-512')}`, md5]))?.get('nonce'),
    ).toBe('n1');
  });

  it('tells challenges apart that came joined in one field, as drachtio-server and some proxies send them', () => {
    const joined = ['Basic realm="a, b"', `Digest realm="${realm}", nonce="x", algorithm=MYSTERY`, md5, sha].join(', ');
    expect(parseDigestFields(answerTo([joined]))?.get('nonce')).toBe('n2');
    expect(parseDigestFields(answerTo([joined.replace(sha, 'Bearer')]))?.get('nonce')).toBe('n1');
  });

  it('cannot be made to write another header by what names, realms and nonces hold', () => {
    const answer = answerTo([`Digest realm="a\\"b", nonce="n\r\nVia: x"`], { username: 'u"\r\n', realm: undefined });
    expect(answer).not.toMatch(/[\r\n]/);
    expect(answer).toContain('realm="a\\"b"');
  });

  it('answers a peer that knows only RFC 2069', () => {
    const fields = parseDigestFields(answerTo([`Digest realm="${realm}", nonce="n1"`]));
    expect(fields?.has('qop')).toBe(false);
    expect(fields?.get('response')).toBe(
      digestResponse({
        algorithm: 'MD5',
        username: 'ann',
        password: 'secret',
        realm,
        method: 'INVITE',
        uri,
        nonce: 'n1',
      }),
    );
  });

  it.each([
    ['another realm', [md5.replace(realm, 'other')]],
    ['no realm', ['Digest nonce="n1"']],
    ['no nonce', [`Digest realm="${realm}"`]],
    ['integrity protection only', [md5.replace('qop="auth"', 'qop="auth-int"')]],
    ['an unknown algorithm only', [md5.replace('MD5', 'MD5-sess')]],
    ['another scheme', [`Basic realm="${realm}", nonce="n1"`]],
    ['junk', [',,,=,"']],
    ['nothing', []],
  ])('does not answer a challenge with %s', (_, values) => {
    expect(client().answer(challengeOf(values), 'INVITE', uri)).toBeUndefined();
  });

  it('answers once when the password is refused, twice when only the nonce was old, never more', () => {
    const refused = client();
    expect(refused.answer(challengeOf([md5]), 'INVITE', uri)).toBeDefined();
    expect(refused.answer(challengeOf([md5]), 'INVITE', uri)).toBeUndefined();

    const stale = client();
    const answers = Array.from({ length: 5 }, (_, index) =>
      stale.answer(challengeOf([`${md5.replace('n1', `n${index}`)}, stale=TRUE`]), 'INVITE', uri),
    );
    expect(answers.map((answer) => answer !== undefined)).toEqual([true, true, false, false, false]);
  });

  it('answers a proxy and then the server behind it, each by its header', () => {
    const both = client();
    expect(both.answer(challengeOf([md5], 407), 'INVITE', uri)?.name).toBe('Proxy-Authorization');
    expect(both.answer(challengeOf([md5], 401), 'INVITE', uri)?.name).toBe('Authorization');
    expect(both.answer(challengeOf([md5], 401), 'INVITE', uri)).toBeUndefined();
  });

  it('does not answer what is no challenge', () => {
    const other = responseTo(parsedRequest(requestBytes()), 403, undefined, { headers: { 'WWW-Authenticate': md5 } });
    expect(client().answer(other, 'INVITE', uri)).toBeUndefined();
  });
});
