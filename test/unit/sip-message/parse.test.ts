import { describe, expect, it } from 'vitest';
import { parseMessage } from '../../../src/sip/message/parse.js';
import { bytesOf, parsed, parsedRequest, requestBytes, requestLines } from './message-text.js';

/** What a refused message comes to: the counter's word, and the status of the answer if there is one. */
function refusal(bytes: Buffer): string {
  const outcome = parseMessage(bytes);
  return outcome.ok ? 'accepted' : `${outcome.reason} ${outcome.answer?.status ?? 'dropped'}`;
}

describe('A well-formed message', () => {
  it('is taken apart, with list headers cut at their commas', () => {
    const request = parsedRequest(
      requestBytes({ Route: '<sip:a,b@x;lr>, "x, y" <sip:c>;p="1,2"', Supported: 'timer,, 100rel', l: '3' }, 'abcdef'),
    );
    expect(request).toMatchObject({ method: 'OPTIONS', uri: 'sip:room@127.0.0.1' });
    expect(request.headers.getAll('Route')).toEqual(['<sip:a,b@x;lr>', '"x, y" <sip:c>;p="1,2"']);
    expect(request.headers.getAll('Supported')).toEqual(['timer', '100rel']);
    expect(request.body.toString()).toBe('abc');
  });

  it.each([
    ['bare line feeds', Buffer.from(`${requestLines().join('\n')}\n\n`)],
    ['empty lines before it', Buffer.concat([Buffer.from('\r\n\r\n'), requestBytes()])],
    ['a folded header', requestBytes({ From: '"Ann"\r\n\t<sip:ann@example.org>\r\n ;tag=a1' })],
    ['no Max-Forwards', requestBytes({ 'Max-Forwards': '' })],
    ['a From without tag', requestBytes({ From: 'sip:ann@example.org' })],
    ['an empty list header', requestBytes({ Supported: '' })],
    ['Contact *', requestBytes({ Contact: '*' })],
    ['a tel URI', bytesOf(['INVITE tel:+4930123;phone-context=x SIP/2.0', ...requestLines('INVITE').slice(1)])],
    ['a malformed Contact where none is needed', requestBytes({ Contact: 'None' }, '', 'BYE')],
    ['a lower-case version', bytesOf(['OPTIONS sip:a sip/2.0', ...requestLines().slice(1)])],
    ['the greatest CSeq', requestBytes({ CSeq: '2147483647 OPTIONS' })],
    ['200 header values', bytesOf([...requestLines(), ...Array<string>(193).fill('P-X: y')])],
  ])('may have %s', (_, bytes) => {
    expect(refusal(bytes)).toBe('accepted');
  });

  it('keeps the bytes of names that are UTF-8, and reads those that are not as Latin-1', () => {
    const latin1 = Buffer.from(requestBytes({ From: '"J\xf6rg" <sip:j@example.org>;tag=1' }).toString(), 'latin1');
    expect(parsed(latin1).headers.get('From')).toBe('"Jörg" <sip:j@example.org>;tag=1');
    expect(parsed(requestBytes({ From: '"Jörg" <sip:j@example.org>;tag=1' })).headers.get('From')).toContain('"Jörg"');
  });

  it('joins folded lines with one space', () => {
    expect(parsed(requestBytes({ Subject: 'one\r\n   two\r\n\tthree' })).headers.get('Subject')).toBe('one two three');
  });
});

describe('A malformed request is answered', () => {
  it.each([
    ['another version', bytesOf(['OPTIONS sip:a SIP/3.0', ...requestLines().slice(1)]), 'version 505'],
    [
      'two spaces in the request line',
      bytesOf(['OPTIONS  sip:a SIP/2.0', ...requestLines().slice(1)]),
      'startLine 400',
    ],
    ['no Request-URI', bytesOf(['OPTIONS SIP/2.0', ...requestLines().slice(1)]), 'startLine 400'],
    ['a Request-URI that is none', bytesOf(['OPTIONS sip: SIP/2.0', ...requestLines().slice(1)]), 'startLine 400'],
    ['a header line without colon', bytesOf([...requestLines(), 'nonsense']), 'header 400'],
    ['a header name with a space', bytesOf([...requestLines(), 'Bad name: x']), 'header 400'],
    ['a carriage return within a value', bytesOf([...requestLines(), 'Subject: a\rb']), 'header 400'],
    ['a header beyond 8 KB', requestBytes({ Subject: 'x'.repeat(8_200) }), 'bounds 400'],
    ['a folded header beyond 8 KB', requestBytes({ Subject: 'x\r\n '.repeat(5_000) + 'x' }), 'bounds 400'],
    ['201 header lines', bytesOf([...requestLines(), ...Array<string>(194).fill('P-X: y')]), 'bounds 400'],
    ['201 values in one list', requestBytes({ Route: Array<string>(194).fill('<sip:a>').join() }), 'bounds 400'],
    ['no empty line', Buffer.from(requestLines().join('\r\n')), 'headEnd 400'],
    ['a second CSeq', bytesOf([...requestLines(), 'CSeq: 1 OPTIONS']), 'duplicate 400'],
    ['a second Call-ID in compact form', bytesOf([...requestLines(), 'i: other']), 'duplicate 400'],
    ['no From', requestBytes({ From: '' }), 'from 400'],
    ['no To', requestBytes({ To: '' }), 'to 400'],
    ['no Call-ID', requestBytes({ 'Call-ID': '' }), 'callId 400'],
    ['no CSeq', requestBytes({ CSeq: '' }), 'cseq 400'],
    ['a CSeq out of range', requestBytes({ CSeq: '2147483648 OPTIONS' }), 'cseq 400'],
    ['a negative CSeq', requestBytes({ CSeq: '-1 OPTIONS' }), 'cseq 400'],
    ['a CSeq of another method', requestBytes({ CSeq: '1 INVITE' }), 'cseq 400'],
    ['Max-Forwards beyond 255', requestBytes({ 'Max-Forwards': '256' }), 'maxForwards 400'],
    ['Max-Forwards that is no number', requestBytes({ 'Max-Forwards': 'x' }), 'maxForwards 400'],
    ['a malformed Via', requestBytes({ Via: 'SIP/2.0/UDP' }), 'via 400'],
    ['a malformed second Via', requestBytes({ Via: 'SIP/2.0/UDP a;branch=z9hG4bKx,,' }), 'via 400'],
    ['an unbalanced quote', requestBytes({ From: '"Ann <sip:ann@example.org>;tag=1' }), 'from 400'],
    ['a malformed Route', requestBytes({ Route: '<sip:a' }), 'route 400'],
    ['a malformed Contact', requestBytes({ Contact: 'None' }), 'contact 400'],
    ['a Content-Length beyond the datagram', requestBytes({ l: '4' }, 'abc'), 'contentLength 400'],
    ['a Content-Length that overflows', requestBytes({ l: '99999999999999999999' }, 'abc'), 'contentLength 400'],
    ['two Content-Lengths that agree', requestBytes({ l: '3', 'Content-Length': '3' }, 'abc'), 'duplicate 400'],
  ])('with %s', (_, bytes, expected) => {
    expect(refusal(bytes)).toBe(expected);
  });

  it('with what could be read of it, so that the sender recognises the answer', () => {
    const outcome = parseMessage(bytesOf([requestLines()[0] ?? '', 'broken', ...requestLines().slice(1)]));
    const request = outcome.ok ? undefined : outcome.answer?.request;
    expect(request?.headers.get('Call-ID')).toBe('c1@example.org');
    expect(request?.headers.get('Via')).toContain('branch=z9hG4bK1');
  });
});

describe('Nothing is answered', () => {
  it.each([
    ['nothing at all', Buffer.alloc(0), 'empty dropped'],
    ['line ends only', Buffer.from('\r\n\r\n'), 'empty dropped'],
    ['random bytes', Buffer.from([0, 1, 2, 3, 250, 251]), 'startLine dropped'],
    ['another protocol', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'), 'startLine dropped'],
    ['a request without Via', requestBytes({ Via: '' }), 'via dropped'],
    ['a malformed ACK', requestBytes({ From: '' }, '', 'ACK'), 'from dropped'],
    ['a malformed response', bytesOf(['SIP/2.0 200 OK', 'Via: x']), 'via dropped'],
    ['a status below 100', bytesOf(['SIP/2.0 099 No', ...requestLines().slice(1)]), 'startLine dropped'],
    ['a status above 699', bytesOf(['SIP/2.0 700 No', ...requestLines().slice(1)]), 'startLine dropped'],
    ['a status of four digits', bytesOf(['SIP/2.0 2000 No', ...requestLines().slice(1)]), 'startLine dropped'],
    ['a response of another version', bytesOf(['SIP/3.0 200 OK', ...requestLines().slice(1)]), 'startLine dropped'],
    ['more than 64 KB', Buffer.alloc(65_537, 'a'), 'bounds dropped'],
  ])('to %s', (_, bytes, expected) => {
    expect(refusal(bytes)).toBe(expected);
  });

  it('to 1 MB in one header line, which is not even looked at', () => {
    expect(refusal(requestBytes({ Subject: 'x'.repeat(1 << 20) }))).toBe('bounds dropped');
  });
});
