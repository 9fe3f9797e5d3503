/** Messages for the tests of this folder: a valid one, and ways to make it differ. */
import type { SipMessage, SipRequest } from '../../../src/sip/message/message.js';
import { parseMessage } from '../../../src/sip/message/parse.js';

/** Lines of a valid request of `method`, without the empty line. */
export function requestLines(method = 'OPTIONS'): string[] {
  return [
    `${method} sip:room@127.0.0.1 SIP/2.0`,
    'Via: SIP/2.0/UDP 127.0.0.1:5071;branch=z9hG4bK1;rport',
    'Max-Forwards: 70',
    'From: "Ann" <sip:ann@example.org>;tag=a1',
    'To: <sip:room@127.0.0.1>',
    'Call-ID: c1@example.org',
    `CSeq: 1 ${method}`,
    'Contact: <sip:ann@127.0.0.1:5071>',
  ];
}

/** Bytes of lines, an empty line and a body. */
export function bytesOf(lines: readonly string[], body = ''): Buffer {
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`);
}

/** A valid request with the lines of some headers replaced (by name), and others added. An empty text removes a header. */
export function requestBytes(changes: Readonly<Record<string, string>> = {}, body = '', method = 'OPTIONS'): Buffer {
  const left = new Map(Object.entries(changes));
  const lines = requestLines(method).flatMap((line) => {
    const name = line.slice(0, line.indexOf(':'));
    const change = left.get(name);
    if (change === undefined) return [line];
    left.delete(name);
    return change === '' ? [] : [`${name}: ${change}`];
  });
  return bytesOf([...lines, ...[...left].map(([name, value]) => `${name}: ${value}`)], body);
}

/** The message in bytes that must parse. */
export function parsed(bytes: Buffer): SipMessage {
  const outcome = parseMessage(bytes);
  if (!outcome.ok) throw new Error(`refused: ${outcome.reason}`);
  return outcome.message;
}

/** The request in bytes that must parse. */
export function parsedRequest(bytes: Buffer): SipRequest {
  const message = parsed(bytes);
  if (message.kind !== 'request') throw new Error('not a request');
  return message;
}
