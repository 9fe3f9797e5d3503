import { describe, expect, it } from 'vitest';
import { sessionBody } from '../../src/sip/message/body.js';
import type { SipMessage, SipRequest } from '../../src/sip/message/message.js';
import { parseNameAddr } from '../../src/sip/message/name-addr.js';
import { parseMessage } from '../../src/sip/message/parse.js';
import { responseTo } from '../../src/sip/message/response.js';
import { serialize } from '../../src/sip/message/serialize.js';
import { parseUri } from '../../src/sip/message/uri.js';
import { parseVia } from '../../src/sip/message/via.js';
import { refusalOf } from '../../src/sip/rules/uas-checks.js';
import { rfc4475Messages, rfc5118Messages } from './sip-torture/table.js';

const messages = [...rfc4475Messages, ...rfc5118Messages];

/** What parser and UAS checks say of a message, in the words of the table. */
function judge(bytes: Buffer): number | 'pass' | 'dropped' {
  const outcome = parseMessage(bytes);
  if (!outcome.ok) return outcome.answer?.status ?? 'dropped';
  if (outcome.message.kind === 'response') return 'pass';
  return refusalOf(outcome.message)?.status ?? 'pass';
}

function bytesOf(name: string): Buffer {
  const found = messages.find((message) => message.name === name);
  if (!found) throw new Error(`no message ${name}`);
  return found.bytes;
}

function parsed(name: string): SipMessage {
  const outcome = parseMessage(bytesOf(name));
  if (!outcome.ok) throw new Error(`${name}: ${outcome.reason}`);
  return outcome.message;
}

function request(name: string): SipRequest {
  const message = parsed(name);
  if (message.kind !== 'request') throw new Error(`${name} is a response`);
  return message;
}

describe('The torture messages of RFC 4475 and RFC 5118', () => {
  it('are all there', () => {
    expect(rfc4475Messages).toHaveLength(49);
    expect(rfc5118Messages).toHaveLength(12);
    expect(new Set(messages.map(({ name }) => name)).size).toBe(61);
  });

  it.each(messages)('$name ($section) is judged as the RFC and SAFETY.md say: $core', ({ bytes, core, whole }) => {
    expect(judge(bytes)).toBe(core);
    if (typeof core === 'number') expect(whole).toContain(core);
    if (core === 'dropped') expect(whole).toBe('none');
  });

  it.each(messages)('$name can be answered in a message that parses again', ({ bytes }) => {
    const outcome = parseMessage(bytes);
    const received = outcome.ok ? outcome.message : outcome.answer?.request;
    if (received?.kind !== 'request') return;
    const text = serialize(responseTo(received, 400, undefined, { toTag: 'ours' })).toString('utf8');
    expect(text).toMatch(/^SIP\/2\.0 400 Bad Request\r\nVia: /);
    for (const name of ['From', 'Call-ID', 'CSeq']) {
      const value = received.headers.get(name);
      if (value !== undefined) expect(text).toContain(`\r\n${name}: ${value}\r\n`);
    }
  });

  it.each(messages.filter(({ bytes }) => parseMessage(bytes).ok))('$name survives writing and reading', ({ name }) => {
    const first = parsed(name);
    const again = parseMessage(serialize(first));
    expect(again.ok && again.message.body.equals(first.body)).toBe(true);
    const withoutLength = (message: SipMessage) =>
      [...message.headers].filter(([header]) => header !== 'Content-Length');
    expect(again.ok && withoutLength(again.message)).toEqual(withoutLength(first));
  });
});

describe('What stands in the torture messages is understood', () => {
  it('wsinv: folded lines, list headers cut, escapes in quotes, leading zeros', () => {
    const { headers, body } = request('wsinv');
    expect(headers.getAll('Via').map((via) => parseVia(via)?.host)).toEqual([
      '192.0.2.2',
      'spindle.example.com',
      '192.168.255.111',
    ]);
    expect(headers.getAll('Via').map((via) => parseVia(via)?.parameters.get('branch'))).toEqual([
      '390skdjuw',
      'z9hG4bK9ikj8',
      'z9hG4bK30239',
    ]);
    expect(parseNameAddr(headers.get('From') ?? '')?.displayName).toBe('J Rosenberg \\"');
    expect(parseNameAddr(headers.get('To') ?? '')?.parameters.get('tag')).toBe('1918181833n');
    expect(parseNameAddr(headers.get('Contact') ?? '')?.displayName).toBe('Quoted string ""');
    expect(parseNameAddr(headers.get('Contact') ?? '')?.parameters).toEqual(
      new Map([
        ['newparam', 'newvalue'],
        ['secondparam', undefined],
        ['q', '0.33'],
      ]),
    );
    expect(headers.get('UnknownHeaderWithUnusualValue')).toBe(';;,,;;,;');
    expect(headers.get('NewFangledHeader')).toBe('newfangled value continued newfangled value');
    expect(headers.get('Subject')).toBe('');
    expect(body).toHaveLength(150);
  });

  it('intmeth: any token as method, any letters in names, NUL within quotes', () => {
    const message = request('intmeth');
    expect(message.method).toBe("!interesting-Method0123456789_*+`.%indeed'~");
    expect(parseNameAddr(message.headers.get('To') ?? '')?.displayName).toBe('BEL:\x07 NUL:\x00 DEL:\x7f');
    expect(parseNameAddr(message.headers.get('From') ?? '')?.displayName).toBe("token1~` token2'+_ token3*%!.-");
    expect(parseUri(message.uri)).toMatchObject({
      user: "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*",
      password: "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)",
      host: 'example.com',
    });
    expect(message.headers.get("extensionHeader-!.%*+_`'~")).toBe('\ufeff大停電');
  });

  it('esc01 and escnull: escapes in URIs are undone, once, and NUL is a character like any other', () => {
    const { uri, headers } = request('esc01');
    expect(parseUri(uri)).toMatchObject({ scheme: 'sip', user: 'sips:user@example.com', host: 'example.net' });
    expect(parseNameAddr(headers.get('To') ?? '')?.uri.user).toBe('user');
    const contact = parseNameAddr(headers.get('Contact') ?? '')?.uri;
    expect(contact?.user).toBe('caller');
    expect(contact?.parameters).toEqual(
      new Map([
        ['lr', undefined],
        ['name', 'value%41'],
      ]),
    );
    const contacts = request('escnull').headers.getAll('Contact');
    expect(contacts.map((value) => parseNameAddr(value)?.uri.user)).toEqual(['\0', '\0\0']);
  });

  it('esc02: an escaped header name is not the header it would be without escapes', () => {
    expect(request('esc02').headers.getAll('Contact')).toHaveLength(2);
  });

  it('semiuri: a user part may hold parameters of its own', () => {
    expect(parseUri(request('semiuri').uri)).toMatchObject({ user: 'user;par=u@example.net', host: 'example.com' });
    expect(request('semiuri').headers.getAll('Accept')).toHaveLength(6);
  });

  it('longreq: 34 Vias in every spelling and a long parameter each', () => {
    const { headers } = request('longreq');
    expect(headers.getAll('Via')).toHaveLength(34);
    expect(parseVia(headers.getAll('v')[33] ?? '')?.parameters.get('branch')).toBe(
      `very${'long'.repeat(50)}branchvalue`,
    );
    expect(headers.get(`Unknown-${'Long'.repeat(20)}-Name`)).toContain(`${'long'.repeat(20)}-parameter-value`);
  });

  it('dblreq: what follows the Content-Length of a datagram is ignored', () => {
    expect(request('dblreq').method).toBe('REGISTER');
    expect(request('dblreq').body).toHaveLength(0);
  });

  it('bext01: a 420 lists what was required and not supported, and nothing of Proxy-Require', () => {
    const refusal = refusalOf(request('bext01'));
    expect(refusal?.headers).toEqual({ Unsupported: 'nothingSupportsThis, nothingSupportsThisEither' });
  });

  it('invut and the refused methods: the answer tells what would have been taken', () => {
    expect(refusalOf(request('invut'))?.headers).toEqual({ Accept: 'application/sdp' });
    expect(refusalOf(request('cparam01'))?.headers).toEqual({ Allow: expect.stringContaining('INVITE') as unknown });
  });

  it('unreason and noreason: any reason phrase, or none', () => {
    expect(parsed('unreason')).toMatchObject({ kind: 'response', status: 200 });
    expect(parsed('unreason')).toHaveProperty('reason', '= 2**3 * 5**2 но сто девяносто девять - простое');
    expect(parsed('noreason')).toMatchObject({ kind: 'response', status: 100, reason: '' });
  });

  it('inv2543: a body without Content-Length goes to the end of the datagram', () => {
    const session = sessionBody(request('inv2543'));
    expect(session.kind === 'sdp' && session.sdp).toMatch(/^v=0\r\n[^]*AVP 0\r\n$/);
  });

  it('port-ambiguous and its like: brackets say where an address ends', () => {
    expect(parseUri(request('port-ambiguous').uri)).toMatchObject({ host: '2001:db8::10:5070' });
    expect(parseUri(request('port-ambiguous').uri)?.port).toBeUndefined();
    expect(parseUri(request('port-unambiguous').uri)).toMatchObject({ host: '2001:db8::10', port: 5070 });
    expect(parseUri(request('ipv6-bug-abnf-3-colons').uri)?.host).toBe('2001:db8::192.0.2.1');
    const vias = request('ipv4-mapped-ipv6').headers.getAll('Via');
    expect(vias.map((via) => parseVia(via)?.host)).toEqual(['::ffff:192.0.2.10', '::ffff:192.0.2.2']);
  });

  it('received may have its brackets or not', () => {
    const received = (name: string) => parseVia(request(name).headers.get('Via') ?? '')?.parameters.get('received');
    expect(received('via-received-param-with-delim')).toBe('[2001:db8::9:255]');
    expect(received('via-received-param-no-delim')).toBe('2001:db8::9:255');
  });
});
