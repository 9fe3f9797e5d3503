import { describe, expect, it } from 'vitest';
import { parseCSeq } from '../../../src/sip/message/cseq.js';
import { formatNameAddr, parseNameAddr } from '../../../src/sip/message/name-addr.js';
import { formatParameters, parseParameters } from '../../../src/sip/message/parameters.js';
import {
  isQuotedString,
  isToken,
  parseNumber,
  quote,
  splitTopLevel,
  unquote,
} from '../../../src/sip/message/tokens.js';
import { formatVia, parseVia } from '../../../src/sip/message/via.js';

describe('Tokens', () => {
  it('are letters, digits and a few marks', () => {
    expect(["a-.!%*_+`'~9", '', 'a b', 'ä', 'a"', 'a,'].map(isToken)).toEqual([
      true,
      false,
      false,
      false,
      false,
      false,
    ]);
  });

  it('as numbers keep to their range', () => {
    expect(parseNumber('0255', 255)).toBe(255);
    expect(parseNumber('256', 255)).toBeUndefined();
    expect(parseNumber('9'.repeat(4_000), 2 ** 31)).toBeUndefined();
    expect(parseNumber('', 9)).toBeUndefined();
    expect(parseNumber('+1', 9)).toBeUndefined();
    expect(parseNumber('1e3', 9_999)).toBeUndefined();
  });

  it('split lists outside quotes and brackets only', () => {
    expect(splitTopLevel('a , "b,\\",c" <d,e>,,f', ',')).toEqual(['a', '"b,\\",c" <d,e>', '', 'f']);
    expect(splitTopLevel('a,"b,c', ',')).toEqual(['a', '"b,c']);
    expect(splitTopLevel('a,<b,c', ',')).toEqual(['a', '<b,c']);
  });

  it('know where a quoted string ends', () => {
    expect(['"a"', '"a\\""', '""', '"', '"a', '"a\\"', '"a"b', 'a'].map(isQuotedString)).toEqual([
      ...[true, true, true],
      ...[false, false, false, false, false],
    ]);
    expect(unquote(quote('a"b\\c'))).toBe('a"b\\c');
    expect(unquote('plain')).toBe('plain');
  });
});

describe('parseNameAddr', () => {
  it.each([
    ['"A \\"B\\" C" <sip:a@b>;tag=1', { displayName: 'A "B" C', uriText: 'sip:a@b' }],
    ['A B <sip:a@b;lr>', { displayName: 'A B', uriText: 'sip:a@b;lr' }],
    ['Jörg (Home) <sip:a@b>', { displayName: 'Jörg (Home)' }],
    ['"" <sip:a@b>', { displayName: undefined }],
    ['<sip:a@b>', { displayName: undefined }],
    ['  sip:a@b ; tag = 1 ', { displayName: undefined, uriText: 'sip:a@b' }],
    ['"a<b>" <sip:c@d>', { displayName: 'a<b>', uriText: 'sip:c@d' }],
    ['<tel:+123>', { displayName: undefined, uriText: 'tel:+123' }],
  ])('accepts %s', (text, expected) => {
    expect(parseNameAddr(text)).toMatchObject(expected);
  });

  it('tells parameters of the header from those of the URI', () => {
    expect(parseNameAddr('sip:a@b;tag=1;x')?.parameters.get('tag')).toBe('1');
    expect(parseNameAddr('sip:a@b;tag=1;x')?.uri.parameters.size).toBe(0);
    expect(parseNameAddr('<sip:a@b;tag=1>')?.parameters.size).toBe(0);
  });

  it.each([
    '',
    '<>',
    '<sip:a@b',
    'sip:a@b>',
    '"A <sip:a@b>',
    '"A" sip:a@b',
    'A, B <sip:a@b>',
    '< sip:a@b>',
    '<sip:a@b>x',
    '<sip:a@b>;',
    '<sip:a@b>;;',
    '<sip:a@b>;t=1;t=2',
    'sip:a@b?x=y',
    'sip:a@b,c',
  ])('refuses %j', (text) => {
    expect(parseNameAddr(text)).toBeUndefined();
  });

  it.each(['Ann', 'Ann Lee', 'Ann "X" Lee', 'a\\b', 'a, b <c>', 'Jörg'])(
    'reads back what formatNameAddr writes: %s',
    (name) => {
      const text = formatNameAddr(name, 'sip:a@b', new Map([['tag', '1']]));
      expect(parseNameAddr(text)).toMatchObject({ displayName: name, uriText: 'sip:a@b' });
      expect(text).toMatch(/<sip:a@b>;tag=1$/);
    },
  );

  it('writes no line end, whatever is in a name', () => {
    expect(formatNameAddr('a\r\nVia: x', 'sip:a@b')).toBe('"a Via: x" <sip:a@b>');
    expect(formatNameAddr(undefined, 'sip:a@b')).toBe('<sip:a@b>');
  });
});

describe('parseVia', () => {
  it('takes a hop apart', () => {
    expect(parseVia('sip / 2.0/tcp\t[2001:DB8::1] : 5061 ;branch=z9hG4bK1;rport;received=[::1]')).toEqual({
      protocol: 'SIP/2.0',
      transport: 'TCP',
      host: '2001:db8::1',
      port: 5061,
      parameters: new Map([
        ['branch', 'z9hG4bK1'],
        ['rport', undefined],
        ['received', '[::1]'],
      ]),
    });
  });

  it('is undone by formatVia', () => {
    const text = 'SIP/2.0/UDP [::1]:5060;branch=z9hG4bK1;rport';
    const via = parseVia(text);
    expect(via && formatVia(via)).toBe(text);
  });

  it.each([
    '',
    'SIP/2.0',
    'SIP/2.0/UDP',
    'SIP/2.0/UDP ;branch=x',
    'SIP/2.0/U P a b',
    'SIP/2.0/UDP a:b',
    'SIP/2.0/UDP a:0',
    'SIP/2.0/UDP ::1',
    'SIP//UDP a',
    '/2.0/UDP a',
    'SIP/2.0/UDP a;;b',
  ])('refuses %j', (text) => {
    expect(parseVia(text)).toBeUndefined();
  });
});

describe('Parameters and CSeq', () => {
  it('keep order, flags and quotes', () => {
    const parameters = parseParameters(' ; A = 1 ;b; c="x;\\"y" ');
    expect(parameters && formatParameters(parameters)).toBe(';a=1;b;c="x;\\"y"');
  });

  it.each(['a=1', ';', ';=', ';a=', ';a="x', ';a b', ';a=1 2', ';a=<x>'])('refuse %j', (text) => {
    expect(parseParameters(text)).toBeUndefined();
  });

  it('parse a CSeq with any blanks', () => {
    expect(parseCSeq('  0042 \t INVITE ')).toEqual({ number: 42, method: 'INVITE' });
    for (const text of ['', '1', 'INVITE', '1 ', 'x INVITE', '1 IN VITE', '1 INV@'])
      expect(parseCSeq(text)).toBeUndefined();
  });
});
