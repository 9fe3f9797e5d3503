import { describe, expect, it } from 'vitest';
import { formatUri, parseUri } from '../../../src/sip/message/uri.js';

describe('parseUri', () => {
  it('takes a SIP URI apart', () => {
    expect(parseUri('SIP:al%40ice:p%3aw@Example.ORG:5061;Transport=TCP;lr?Subject=a%20b&x=')).toEqual({
      scheme: 'sip',
      user: 'al@ice',
      password: 'p:w',
      host: 'example.org',
      port: 5061,
      parameters: new Map([
        ['transport', 'TCP'],
        ['lr', undefined],
      ]),
      headers: new Map([
        ['Subject', 'a b'],
        ['x', ''],
      ]),
    });
  });

  it.each([
    ['sip:example.org', { user: '', host: 'example.org' }],
    ['sips:a@b', { scheme: 'sips', user: 'a', host: 'b' }],
    ['sip:*72#@pbx', { user: '*72#', host: 'pbx' }],
    ['sip:j%F6rg@x', { user: 'jörg', host: 'x' }],
    ['sip:j%C3%B6rg@x', { user: 'jörg', host: 'x' }],
    ['sip:a@[::1]:5060', { host: '::1', port: 5060 }],
    ['sip:a@under_score.example', { host: 'under_score.example' }],
    ['tel:+49-30-123;phone-context=+49', { scheme: 'tel', user: '+49-30-123', host: '' }],
    ['urn:service:sos', { scheme: 'urn', user: '', host: '' }],
  ])('accepts %s', (text, expected) => {
    expect(parseUri(text)).toMatchObject(expected);
  });

  it.each([
    '',
    'sip',
    'sip:',
    ':x',
    'sip:@host',
    'sip::pw@host',
    'sip:a@',
    'sip:a@b@c',
    'sip:a b@c',
    'sip:a@b c',
    'sip:a@b\n',
    'sip:a@b;',
    'sip:a@b;;lr',
    'sip:a@b;lr;lr',
    'sip:a@b;=x',
    'sip:a@b:',
    'sip:a@b:0',
    'sip:a@b:65536',
    'sip:a@b:x',
    'sip:a%4@b',
    'sip:a%zz@b',
    'sip:a@b%20c',
    'sip:a@[::1',
    'sip:a@[1.2.3.4]',
    'sip:a@[fe80::1%eth0]',
    'sip:a@::1',
    'sip:<a@b>',
    'sip:"a"@b',
    'sip:a@b?x',
    'sip:a@b?=x',
    '1sip:a@b',
    'tel:',
    'tel:abcxyz',
  ])('refuses %j', (text) => {
    expect(parseUri(text)).toBeUndefined();
  });

  it.each([
    'sip:alice@example.org',
    'sips:al%40ice:p%3Aw@[2001:db8::1]:5061;lr;transport=tcp?Subject=a%20b',
    'sip:example.org',
    'tel:+4930123;phone-context=x',
    'sip:null%00@x',
  ])('is undone by formatUri: %s', (text) => {
    const uri = parseUri(text);
    expect(uri && formatUri(uri)).toBe(text);
  });
});
