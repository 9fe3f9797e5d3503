import { describe, expect, it } from 'vitest';
import { sessionBody } from '../../../src/sip/message/body.js';
import { parsed, requestBytes } from './message-text.js';

const sdp = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\n';

function multipart(boundary: string, ...parts: string[]): string {
  return `${parts.map((part) => `--${boundary}\r\n${part}\r\n`).join('')}--${boundary}--\r\n`;
}

describe('sessionBody', () => {
  it.each([
    ['application/sdp', {}, sdp],
    ['Application / SDP;charset=utf-8', {}, sdp],
    ['application/sdp', { 'Content-Encoding': 'identity' }, sdp],
    [
      'multipart/mixed;boundary=b1',
      {},
      multipart('b1', 'Content-Type: text/plain\r\n\r\nx', `Content-Type: application/sdp\r\n\r\n${sdp.slice(0, -2)}`),
    ],
    [
      'multipart/alternative;boundary="b 1"',
      {},
      multipart('b 1', `content-type : application/sdp;x=y\r\n\r\n${sdp.slice(0, -2)}`),
    ],
  ])('finds SDP in %s %j', (type, headers, body) => {
    const found = sessionBody(parsed(requestBytes({ 'Content-Type': type, ...headers }, body)));
    expect(found.kind === 'sdp' && found.sdp.startsWith('v=0\r\no=- 1 1 IN IP4 127.0.0.1')).toBe(true);
  });

  it.each([
    ['an empty body', { 'Content-Type': 'application/sdp' }, '', { kind: 'none' }],
    [
      'an optional body',
      { 'Content-Type': 'x/y', 'Content-Disposition': 'render;handling=optional' },
      'x',
      { kind: 'none' },
    ],
    ['another type', { 'Content-Type': 'text/plain' }, 'x', { kind: 'unsupported', reason: 'type' }],
    ['no type', {}, 'x', { kind: 'unsupported', reason: 'type' }],
    ['a malformed type', { 'Content-Type': 'application' }, 'x', { kind: 'unsupported', reason: 'type' }],
    [
      'a compressed body',
      { 'Content-Type': 'application/sdp', e: 'gzip' },
      'x',
      { kind: 'unsupported', reason: 'encoding' },
    ],
    ['multipart without boundary', { 'Content-Type': 'multipart/mixed' }, 'x', { kind: 'unsupported', reason: 'type' }],
    [
      'multipart without SDP',
      { 'Content-Type': 'multipart/mixed;boundary=b' },
      multipart('b', 'Content-Type: text/plain\r\n\r\nx'),
      { kind: 'unsupported', reason: 'type' },
    ],
    [
      'SDP after the closing boundary',
      { 'Content-Type': 'multipart/mixed;boundary=b' },
      `${multipart('b', 'Content-Type: text/plain\r\n\r\nx')}--b\r\nContent-Type: application/sdp\r\n\r\n${sdp}\r\n--b--`,
      { kind: 'unsupported', reason: 'type' },
    ],
    [
      'SDP in a seventeenth part',
      { 'Content-Type': 'multipart/mixed;boundary=b' },
      multipart(
        'b',
        ...Array<string>(16).fill('Content-Type: a/b\r\n\r\n'),
        `Content-Type: application/sdp\r\n\r\n${sdp}`,
      ),
      { kind: 'unsupported', reason: 'type' },
    ],
  ])('finds none in %s', (_, headers, body, expected) => {
    expect(sessionBody(parsed(requestBytes(headers as Record<string, string>, body)))).toEqual(expected);
  });
});
