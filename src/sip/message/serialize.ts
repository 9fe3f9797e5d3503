/** A message → bytes (RFC 3261 §7). */
import type { SipMessage } from './message.js';
import { isToken } from './tokens.js';

/**
 * Writes a message, with the Content-Length of its body. Throws an Error when a name, value or start line could not be read
 * back as what it was (CR, LF, a name that is no token): whoever built it must have let untrusted text through unescaped.
 */
export function serialize(message: SipMessage): Buffer {
  const startLine =
    message.kind === 'request'
      ? `${message.method} ${message.uri} SIP/2.0`
      : `SIP/2.0 ${message.status} ${message.reason}`;
  if (message.kind === 'request' && (!isToken(message.method) || !/^[^\x00-\x20\x7f]+$/.test(message.uri))) {
    throw new Error('Method or Request-URI cannot be written');
  }
  let head = `${singleLine(startLine)}\r\n`;
  for (const [name, value] of message.headers) {
    if (name === 'Content-Length') continue;
    if (!isToken(name)) throw new Error('Header name is no token');
    head += `${name}: ${singleLine(value)}\r\n`;
  }
  head += `Content-Length: ${message.body.length}\r\n\r\n`;
  const headBytes = Buffer.from(head, 'utf8');
  return message.body.length === 0 ? headBytes : Buffer.concat([headBytes, message.body]);
}

function singleLine(text: string): string {
  if (text.includes('\r') || text.includes('\n')) throw new Error('Header value holds a line end');
  return text;
}
