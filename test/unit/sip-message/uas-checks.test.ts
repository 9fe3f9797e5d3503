import { describe, expect, it } from 'vitest';
import { refusalOf } from '../../../src/sip/rules/uas-checks.js';
import { bytesOf, parsedRequest, requestBytes, requestLines } from './message-text.js';

const sdpType = { 'Content-Type': 'application/sdp' };

function verdict(bytes: Buffer): number | 'pass' {
  return refusalOf(parsedRequest(bytes))?.status ?? 'pass';
}

describe('refusalOf', () => {
  it.each([
    ['OPTIONS', 'pass'],
    ['INVITE', 'pass'],
    ['BYE', 'pass'],
    ['CANCEL', 'pass'],
    ['INFO', 'pass'],
    ['UPDATE', 'pass'],
    ['REGISTER', 405],
    ['SUBSCRIBE', 405],
    ['NOTIFY', 405],
    ['MESSAGE', 405],
    ['REFER', 405],
    ['PUBLISH', 405],
    ['PRACK', 405],
    ['invite', 501],
    ['DANCE', 501],
  ])('judges the method %s: %s', (method, expected) => {
    expect(verdict(requestBytes({}, '', method))).toBe(expected);
  });

  it.each([
    ['an extension we have', 'INVITE', { Require: 'TIMER' }, '', 'pass'],
    ['an extension we do not have', 'INVITE', { Require: 'timer, 100rel' }, '', 420],
    ['the same in a CANCEL', 'CANCEL', { Require: '100rel' }, '', 'pass'],
    ['an extension for proxies', 'OPTIONS', { 'Proxy-Require': 'x' }, '', 'pass'],
    ['SDP', 'INVITE', sdpType, 'v=0', 'pass'],
    ['a body we do not know', 'INVITE', { 'Content-Type': 'text/plain' }, 'x', 415],
    ['such a body in an UPDATE', 'UPDATE', { 'Content-Type': 'text/plain' }, 'x', 415],
    ['any body in an INFO', 'INFO', { 'Content-Type': 'application/dtmf-relay' }, 'Signal=1', 'pass'],
    [
      'SDP among what is accepted',
      'INVITE',
      { ...sdpType, Accept: 'text/plain, application/SDP;level=1' },
      'v=0',
      'pass',
    ],
    ['anything accepted', 'INVITE', { Accept: '*/*' }, '', 'pass'],
    ['nothing accepted', 'INVITE', { Accept: '' }, '', 406],
    ['two Contacts', 'INVITE', { Contact: '<sip:a@b>, <sip:c@d>' }, '', 400],
    ['Contact *', 'INVITE', { Contact: '*' }, '', 400],
    ['a Contact that cannot be called', 'INVITE', { Contact: '<tel:+1>' }, '', 400],
  ])('judges %s in %s', (_, method, headers, body, expected) => {
    expect(verdict(requestBytes(headers as Record<string, string>, body, method))).toBe(expected);
  });

  it('wants a Contact of peers that follow RFC 3261 only', () => {
    const without = requestLines('INVITE').filter((line) => !line.startsWith('Contact'));
    expect(verdict(bytesOf(without))).toBe(400);
    expect(verdict(bytesOf(without.map((line) => line.replace('branch=z9hG4bK1', 'branch=1'))))).toBe('pass');
  });

  it('judges the scheme of the Request-URI', () => {
    const to = (uri: string) => verdict(bytesOf([`OPTIONS ${uri} SIP/2.0`, ...requestLines().slice(1)]));
    expect(['sip:a', 'sips:a', 'tel:+1', 'http://x', 'mailto:a@b'].map(to)).toEqual(['pass', 'pass', 'pass', 416, 416]);
  });

  it('never answers an ACK', () => {
    expect(verdict(requestBytes({ Require: 'x' }, '', 'ACK'))).toBe('pass');
  });
});
