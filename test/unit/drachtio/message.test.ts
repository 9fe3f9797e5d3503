import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { arrivalOf } from '../../../src/sip/drachtio/message.js';
import { serverTimer } from '../../../src/sip/drachtio/server-timer.js';
import type { SrfRequest, SrfResponse } from '../../../src/sip/drachtio/srf-types.js';
import { sessionDescription } from '../../../src/sip/message/body.js';
import type { SipRequest } from '../../../src/sip/message/message.js';
import {
  answerSessionTimer,
  sessionTimerFields,
  sessionTimerHeaders,
  type SessionTimerVerdict,
} from '../../../src/sip/rules/session-timer.js';
import { refusalOf } from '../../../src/sip/rules/uas-checks.js';

const SipMessage = createRequire(import.meta.url)('drachtio-srf/lib/sip-parser/message.js') as new (
  text: string,
) => SrfRequest;

/** A message that srf's own parser has read, as we read it. */
function received(headers: readonly string[], body = '', startLine = 'INVITE sip:room@127.0.0.1 SIP/2.0'): SipRequest {
  const lines = [startLine, 'From: <sip:a@b>;tag=1', 'To: <sip:c@d>', 'Contact: <sip:a@127.0.0.1>', ...headers];
  const length = `Content-Length: ${Buffer.byteLength(body)}`;
  const request = new SipMessage([...lines, length, '', body].join('\r\n'));
  return arrivalOf(request, {} as SrfResponse).message;
}

describe('header fields', () => {
  const { headers } = received([
    'X-One: first, with comma',
    'x-one: second',
    'k: timer',
    'X-Folded: a\r\n  b',
    's: hi',
  ]);

  it.each([
    ['x-one', 'first, with comma'],
    ['X-ONE', 'first, with comma'],
    ['Supported', 'timer'],
    ['Subject', 'hi'],
    ['x-folded', 'a b'],
    ['x-none', undefined],
  ])('%s is found by any-case or compact name', (name, value) => {
    expect(headers.get(name)).toBe(value);
  });

  it('that are repeated stay apart', () => {
    expect(headers.getAll('X-One')).toEqual(['first, with comma', 'second']);
  });
});

describe('a session description', () => {
  it.each([
    ['the body', ['Content-Type: application/sdp'], 'v=0\r\n', 'v=0\r\n'],
    ['the body by compact type', ['c: Application/SDP'], 'v=0\r\n', 'v=0\r\n'],
    ['no body', [], '', undefined],
    ['white space', [], '\r\n', undefined],
    ['another body', ['Content-Type: text/plain'], 'v=0\r\n', undefined],
    [
      'a part of the body',
      ['Content-Type: multipart/mixed;boundary=x'],
      '--x\r\nContent-Type: text/plain\r\n\r\nhi\r\n--x\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--x--\r\n',
      'v=0',
    ],
  ])('is found in %s', (_where, headers, body, expected) => {
    const found = sessionDescription(received(headers, body));
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
    expect(refusalOf(received(headers, body, startLine))?.status).toBe(status);
  });
});

describe('session timers', () => {
  const verdict = (headers: readonly string[]): SessionTimerVerdict =>
    answerSessionTimer(sessionTimerFields(received(headers)), serverTimer);

  it.each([
    [['Session-Expires: 1800;refresher=uas', 'Supported: timer'], { 'Session-Expires': '1800;refresher=uas' }],
    [['Session-Expires: 86400', 'Supported: timer'], { 'Session-Expires': '86400;refresher=uac', Require: 'timer' }],
    [['x: 600', 'k: timer'], { 'Session-Expires': '600;refresher=uac', Require: 'timer' }],
    [['Session-Expires: 600'], { 'Session-Expires': '600;refresher=uas' }],
    [['Session-Expires: soon'], {}],
    [[], {}],
  ])('asked for by %j are answered as they are asked for', (headers, expected) => {
    const answer = verdict(headers);
    expect(answer.kind === 'refused' ? answer : sessionTimerHeaders(answer)).toEqual(expected);
  });

  it('too short are refused, unless the peer could not ask for a longer one', () => {
    const refused = { kind: 'refused', refusal: { status: 422, headers: { 'Min-SE': '90' } } };
    expect(verdict(['Session-Expires: 30', 'Supported: 100rel, timer'])).toEqual(refused);
    expect(verdict(['Session-Expires: 30']).kind).toBe('agreed');
    expect(verdict(['Session-Expires: 90', 'Supported: timer']).kind).toBe('agreed');
  });
});
