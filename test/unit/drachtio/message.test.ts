import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { refusalOf } from '../../../src/sip/drachtio/checks.js';
import {
  allHeaders,
  firstHeader,
  parseParty,
  partyOfUri,
  safeHeaders,
  sessionDescription,
} from '../../../src/sip/drachtio/message.js';
import { answerTimer, tooSmall } from '../../../src/sip/drachtio/session-timer.js';
import type { SrfMessage, SrfRequest } from '../../../src/sip/drachtio/srf-types.js';

const SipMessage = createRequire(import.meta.url)('drachtio-srf/lib/sip-parser/message.js') as new (
  text: string,
) => SrfMessage;

/** A message as srf's own parser gives it. */
function srfRequest(
  headers: readonly string[],
  body = '',
  startLine = 'INVITE sip:room@127.0.0.1 SIP/2.0',
): SrfRequest {
  const lines = [startLine, 'From: <sip:a@b>;tag=1', 'To: <sip:c@d>', 'Contact: <sip:a@127.0.0.1>', ...headers];
  const length = `Content-Length: ${Buffer.byteLength(body)}`;
  return new SipMessage([...lines, length, '', body].join('\r\n')) as unknown as SrfRequest;
}

describe('header fields', () => {
  const message = srfRequest(['X-One: first, with comma', 'x-one: second', 'k: timer', 'X-Folded: a\r\n  b', 's: hi']);

  it.each([
    ['x-one', 'first, with comma'],
    ['X-ONE', 'first, with comma'],
    ['Supported', 'timer'],
    ['Subject', 'hi'],
    ['x-folded', 'a b'],
    ['x-none', undefined],
  ])('%s is found by any-case or compact name', (name, value) => {
    expect(firstHeader(message, name)).toBe(value);
  });

  it('that are repeated stay apart', () => {
    expect(allHeaders(message, 'X-One')).toEqual(['first, with comma', 'second']);
  });

  it('of ours cannot break a line, and cannot be the adapter’s', () => {
    const headers = { 'X-Fine': 'yes', 'X-Bad': 'a\r\nVia: b', 'Call-ID': 'x', 'bad name': 'x', to: 'x', '': 'x' };
    expect(safeHeaders(headers)).toEqual({ 'X-Fine': 'yes', 'X-Bad': 'a Via: b' });
  });
});

describe('a party', () => {
  it.each([
    ['"A \\"B\\" <C>" <sip:al%69ce@example.org:5070;user=phone>;tag=1', 'A "B" <C>', 'alice', 'example.org'],
    ['Bob Smith <sip:bob@[2001:db8::1]:5060>', 'Bob Smith', 'bob', '[2001:db8::1]'],
    ['sip:carol@host;tag=x', undefined, 'carol', 'host'],
    ['<sip:host.only>', undefined, '', 'host.only'],
    ['<sip:dave:secret@host?X=1>', undefined, 'dave', 'host'],
    ['<sip:+49;phone-context=x@host>', undefined, '+49', 'host'],
    ['<tel:+4930123;isub=1>', undefined, '+4930123', ''],
    ['<sip:bad%zz@host>', undefined, 'bad%zz', 'host'],
    ['', undefined, '', ''],
    ['"open <sip:x@y', '"open', 'x', 'y'],
  ])('%s is understood', (text, displayName, user, host) => {
    expect(parseParty(text)).toMatchObject({ displayName, user, host });
  });

  it('of a URI keeps the URI whole', () => {
    expect(partyOfUri('sip:a@b;x=1').uri).toBe('sip:a@b;x=1');
  });
});

describe('a session description', () => {
  it.each([
    ['the body', ['Content-Type: application/sdp'], 'v=0\r\n', 'v=0\r\n'],
    ['the body by compact type', ['c: Application/SDP'], 'v=0\r\n', 'v=0\r\n'],
    ['no body', [], '', undefined],
    ['another body', ['Content-Type: text/plain'], 'v=0\r\n', undefined],
    [
      'a part of the body',
      ['Content-Type: multipart/mixed;boundary=x'],
      '--x\r\nContent-Type: text/plain\r\n\r\nhi\r\n--x\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--x--\r\n',
      'v=0',
    ],
  ])('is found in %s', (_where, headers, body, expected) => {
    const found = sessionDescription(srfRequest(headers, body));
    expect(expected === 'v=0' ? found?.split('\r\n')[0] : found).toBe(expected);
  });
});

describe('the checks of a UAS', () => {
  const invite = 'INVITE sip:room@127.0.0.1 SIP/2.0';
  it.each([
    [405, 'REFER sip:a@b SIP/2.0', [], ''],
    [501, 'DANCE sip:a@b SIP/2.0', [], ''],
    [416, 'INVITE http://a SIP/2.0', [], ''],
    [420, invite, ['Require: timer, precondition'], ''],
    [415, invite, ['Content-Type: text/plain'], 'hello'],
    [415, invite, ['Content-Type: application/sdp', 'Content-Encoding: gzip'], 'v=0'],
    [415, invite, [], 'v=0'],
    [406, invite, ['Accept: text/html'], ''],
    [undefined, invite, ['Accept: text/html, application/sdp', 'Require: timer'], ''],
    [undefined, invite, ['Content-Type: text/plain', 'Content-Disposition: render;handling=optional'], 'x'],
    [undefined, 'INFO sip:a@b SIP/2.0', ['Content-Type: text/plain'], 'x'],
  ])('say %s to %s with %j', (status, startLine, headers, body) => {
    expect(refusalOf(srfRequest(headers, body, startLine))?.status).toBe(status);
  });
});

describe('session timers', () => {
  it.each([
    [['Session-Expires: 1800;refresher=uas', 'Supported: timer'], { 'Session-Expires': '1800;refresher=uas' }],
    [['x: 600', 'k: timer'], { 'Session-Expires': '600;refresher=uac', Require: 'timer' }],
    [['Session-Expires: 600'], { 'Session-Expires': '600;refresher=uas' }],
    [['Session-Expires: soon'], {}],
    [[], {}],
  ])('asked for by %j are answered', (headers, expected) => {
    expect(answerTimer(srfRequest(headers))).toEqual(expected);
  });

  it('too short are refused, unless the peer could not ask for a longer one', () => {
    expect(tooSmall(srfRequest(['Session-Expires: 30', 'Supported: 100rel, timer']))).toEqual({ 'Min-SE': '90' });
    expect(tooSmall(srfRequest(['Session-Expires: 30']))).toBeUndefined();
    expect(tooSmall(srfRequest(['Session-Expires: 90', 'Supported: timer']))).toBeUndefined();
  });
});
