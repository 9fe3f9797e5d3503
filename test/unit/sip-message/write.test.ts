import { describe, expect, it } from 'vitest';
import { HeaderFields } from '../../../src/sip/message/header-fields.js';
import type { SipRequest } from '../../../src/sip/message/message.js';
import { responseTo } from '../../../src/sip/message/response.js';
import { serialize } from '../../../src/sip/message/serialize.js';
import { parsed, parsedRequest, requestBytes } from './message-text.js';

function request(changes: Partial<SipRequest> = {}): SipRequest {
  return { ...parsedRequest(requestBytes()), ...changes };
}

describe('serialize', () => {
  it('writes the Content-Length of the body, whatever was there before', () => {
    const headers = HeaderFields.of({ l: '999', Via: ['a', 'b'], s: 'ä' });
    const bytes = serialize({ kind: 'response', status: 200, reason: 'OK', headers, body: Buffer.from('öl') });
    expect(bytes.toString()).toBe('SIP/2.0 200 OK\r\nVia: a\r\nVia: b\r\nSubject: ä\r\nContent-Length: 3\r\n\r\nöl');
  });

  it.each([
    ['a line end in a value', { headers: HeaderFields.of({ Subject: 'a\r\nVia: x' }) }],
    ['a lone CR in a value', { headers: HeaderFields.of({ Subject: 'a\rb' }) }],
    ['a name that is no token', { headers: HeaderFields.of({ 'Bad Name': 'x' }) }],
    ['white space in the Request-URI', { uri: 'sip:a b' }],
    ['no Request-URI', { uri: '' }],
    ['a method that is no token', { method: 'IN VITE' }],
  ])('throws for %s', (_, changes) => {
    expect(() => serialize(request(changes))).toThrow();
  });

  it('throws for a line end in a reason phrase', () => {
    expect(() =>
      serialize({ kind: 'response', status: 200, reason: 'a\nb', headers: new HeaderFields(), body: Buffer.alloc(0) }),
    ).toThrow();
  });
});

describe('responseTo', () => {
  it('copies what a response must carry, and nothing else', () => {
    const via = 'SIP/2.0/UDP a;branch=z9hG4bK1, SIP/2.0/TCP b;branch=z9hG4bK2';
    const from = parsedRequest(requestBytes({ Via: via, Subject: 'x', 'Record-Route': '<sip:p;lr>' }));
    const response = responseTo(from, 486, undefined, {
      toTag: 't1',
      headers: { 'Retry-After': '5', Warning: ['a', 'b'] },
    });
    expect(serialize(response).toString()).toBe(
      [
        'SIP/2.0 486 Busy Here',
        'Via: SIP/2.0/UDP a;branch=z9hG4bK1',
        'Via: SIP/2.0/TCP b;branch=z9hG4bK2',
        'From: "Ann" <sip:ann@example.org>;tag=a1',
        'To: <sip:room@127.0.0.1>;tag=t1',
        'Call-ID: c1@example.org',
        'CSeq: 1 OPTIONS',
        'Retry-After: 5',
        'Warning: a',
        'Warning: b',
        'Content-Length: 0',
        '\r\n',
      ].join('\r\n'),
    );
  });

  it.each([
    ['adds no second tag', '<sip:a@b>;tag=old', 200, '<sip:a@b>;tag=old'],
    ['adds none to a 100', '<sip:a@b>', 100, '<sip:a@b>'],
    ['adds one to a To without brackets', 'sip:a@b', 200, 'sip:a@b;tag=new'],
    ['sees the tag of a To that is malformed', '"x <sip:a@b>; tag=old', 400, '"x <sip:a@b>; tag=old'],
  ])('%s', (_, to, status, expected) => {
    const headers = HeaderFields.of({ To: to });
    expect(responseTo(request({ headers }), status, undefined, { toTag: 'new' }).headers.get('To')).toBe(expected);
  });

  it('gives back the Timestamp in a 100 only', () => {
    const from = parsedRequest(requestBytes({ Timestamp: '54' }));
    expect(responseTo(from, 100).headers.get('Timestamp')).toBe('54');
    expect(responseTo(from, 200).headers.get('Timestamp')).toBeUndefined();
  });

  it('has a phrase for every status, and takes another', () => {
    expect([100, 299, 488, 599, 699].map((status) => responseTo(request(), status).reason)).toEqual([
      'Trying',
      'Success',
      'Not Acceptable Here',
      'Server Error',
      'Global Failure',
    ]);
    expect(responseTo(request(), 400, 'Because').reason).toBe('Because');
    expect(parsed(serialize(responseTo(request(), 699)))).toMatchObject({ kind: 'response', status: 699 });
  });
});
