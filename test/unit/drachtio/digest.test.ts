import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { authorize } from '../../../src/sip/drachtio/digest.js';
import { DigestServer } from '../../../src/sip/auth/digest-server.js';

const credentials = { username: 'Mufasa', password: 'Circle of Life', realm: 'http-auth@example.org' };
const rfcRequest = { method: 'GET', uri: '/dir/index.html', cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ' };
const rfcNonce = '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v';

function field(name: string, header: string | undefined): string | undefined {
  return new RegExp(`\\b${name}="?([^",]+)`).exec(header ?? '')?.[1];
}

describe('an answer to a digest challenge', () => {
  // RFC 7616 §3.9.1
  it.each([
    ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
    ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
  ])('by %s is that of the RFC', (algorithm, response) => {
    const challenge = `Digest realm="${credentials.realm}", qop="auth, auth-int", algorithm=${algorithm}, nonce="${rfcNonce}", opaque="FQhe"`;
    const answer = authorize(challenge, credentials, rfcRequest);
    expect(field('response', answer)).toBe(response);
    expect(field('opaque', answer)).toBe('FQhe');
  });

  it('without qop is that of RFC 2069', () => {
    const md5 = (text: string) => createHash('md5').update(text).digest('hex');
    const answer = authorize('Digest realm="r", nonce="n"', { ...credentials, realm: 'r' }, rfcRequest);
    const expected = md5(`${md5('Mufasa:r:Circle of Life')}:n:${md5('GET:/dir/index.html')}`);
    expect(field('response', answer)).toBe(expected);
    expect(answer).not.toContain('qop');
  });

  it('takes the first of several challenges in one field that it can answer', () => {
    const server = new DigestServer({ nonceKey: randomBytes(16), now: () => 0 });
    const challenges = ['Basic realm="r"', 'Digest realm="r", nonce="x", algorithm=MYSTERY', ...server.challenge('r')];
    const own = { ...credentials, realm: 'r' };
    const answer = authorize(challenges.join(', '), own, { method: 'INVITE', uri: 'sip:a@b', cnonce: 'c' });
    expect(field('algorithm', answer)).toBe('SHA-256');
    expect(server.verify([answer ?? ''], 'INVITE', 'r', [own]).ok).toBe(true);
  });

  it.each([
    ['another realm', 'Digest realm="evil", nonce="1"'],
    ['an unknown algorithm', 'Digest realm="http-auth@example.org", nonce="1", algorithm=MD5-sess'],
    ['auth-int only', 'Digest realm="http-auth@example.org", nonce="1", qop="auth-int"'],
    ['no nonce', 'Digest realm="http-auth@example.org"'],
    ['another scheme', 'Basic realm="http-auth@example.org", nonce="1"'],
    ['nothing', ''],
    ['junk', ',,,=,"'],
  ])('is not given to %s', (_what, challenge) => {
    expect(authorize(challenge, credentials, rfcRequest)).toBeUndefined();
    expect(authorize(undefined, credentials, rfcRequest)).toBeUndefined();
  });

  it('cannot be made to hold another header by names or nonces', () => {
    const answer = authorize(
      'Digest realm="a\\"b", nonce="n\r\nVia: x"',
      { username: 'u"\r\n', password: 'p' },
      rfcRequest,
    );
    expect(answer).not.toMatch(/[\r\n]/);
    expect(answer).toContain('realm="a\\"b"');
  });
});
