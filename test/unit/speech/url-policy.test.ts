import { describe, expect, it } from 'vitest';
import { asCodedError } from '../../../src/errors.js';
import { freshnessMs } from '../../../src/speech/url/freshness.js';
import { checkUrl, type UrlPolicy } from '../../../src/speech/url/url-policy.js';

const strict: UrlPolicy = { allowHttp: false, allowHosts: [] };

function detail(text: string, policy = strict, base?: URL): string {
  try {
    checkUrl(text, policy, base);
  } catch (error) {
    return asCodedError(error).detail;
  }
  return 'taken';
}

describe('a URL', () => {
  it.each([
    ['http://example.com/a.wav', /https:/],
    ['ftp://example.com/a.wav', /https:/],
    ['file:///etc/passwd', /https:/],
    ['data:audio/wav;base64,AAAA', /https:/],
    ['gopher://127.0.0.1:6379/_INFO', /https:/],
    ['a.wav', /no URL/],
    ['', /no URL/],
    ['//example.com/a.wav', /no URL/],
    ['https://', /no URL/],
    ['https://user:pass@example.com/', /credentials/],
    ['https://user@example.com/', /credentials/],
    ['https://@example.com/', /credentials/],
    ['https://example.com\\@127.0.0.1/', /no URL/],
    ['https://example.com/\r\nHost: localhost', /no URL/],
    ['https://exa\tmple.com/', /no URL/],
    [' https://example.com/', /no URL/],
    ['https://2130706433/', /four decimal/],
    ['https://0x7f000001/', /four decimal/],
    ['https://0x7f.0.0.1/', /four decimal/],
    ['https://0177.0.0.1/', /four decimal/],
    ['https://017700000001/', /four decimal/],
    ['https://127.1/', /four decimal/],
    ['https://127.0.1/', /four decimal/],
    ['https://①②⑦.⓪.⓪.①/', /four decimal/],
    ['https://127。0。0。1/', /four decimal/],
    ['https://%31%32%37.0.0.1/', /four decimal/],
    ['https://8.8.8.8./', /four decimal/],
    ['https://[fe80::1%25lo]/', /no URL/],
    ['https://[::1/', /no URL/],
    [`https://example.com/${'a'.repeat(2048)}`, /no URL/],
  ])('such as %j is refused', (text, why) => {
    expect(detail(text)).toMatch(why);
  });

  it.each([
    'https://example.com/a.wav?sig=1',
    'https://8.8.8.8:8443/a',
    'https://[2a00::1]/a',
    'HTTPS://Example.com/a',
  ])('such as %s is taken', (text) => {
    expect(detail(text)).toBe('taken');
  });

  it('may be http: where that is allowed', () => {
    expect(detail('http://example.com/', { ...strict, allowHttp: true })).toBe('taken');
  });

  it('names an allowed host, where there is a list', () => {
    const policy = { ...strict, allowHosts: ['cdn.example.com', '*.Example.org'] };
    const taken = [
      'https://cdn.example.com/',
      'https://CDN.example.com./',
      'https://a.example.org/',
      'https://a.b.example.org/',
    ];
    const others = [
      'https://example.com/',
      'https://evil-cdn.example.com/',
      'https://cdn.example.com.evil.com/',
      'https://example.org/',
      'https://badexample.org/',
      'https://8.8.8.8/',
    ];
    expect(taken.map((text) => detail(text, policy))).toEqual(taken.map(() => 'taken'));
    for (const text of others) expect(detail(text, policy)).toMatch(/host that is not allowed/);
  });

  it('is never told in the refusal', () => {
    expect(detail('http://h/?token=s3cret')).not.toContain('s3cret');
  });

  it('of a redirect may be relative to where it comes from', () => {
    const base = new URL('https://1.2.3.4/x/y');
    expect(checkUrl('../z?q#f', strict, base).href).toBe('https://1.2.3.4/z?q');
    expect(detail('//0x7f.1/z', strict, base)).toMatch(/four decimal/);
    expect(detail('http://1.2.3.4/z', strict, base)).toMatch(/https:/);
  });
});

describe('an answer may be used again', () => {
  it.each([
    [undefined, undefined, 60_000],
    ['max-age=600', undefined, 600_000],
    ['public, MAX-AGE="600"', '100', 500_000],
    ['max-age=600', '700', 0],
    ['max-age=999999999', undefined, 86_400_000],
    ['max-age=abc', undefined, 0],
    ['no-cache, max-age=600', undefined, 0],
    ['no-store', undefined, undefined],
  ])('with Cache-Control %j and Age %j for %j ms', (cacheControl, age, expected) => {
    expect(freshnessMs(cacheControl, age)).toBe(expected);
  });
});
