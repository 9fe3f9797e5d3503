import { describe, expect, it } from 'vitest';
import { StreamFramer, type Frame } from '../../../src/sip/message/stream-framer.js';
import { requestBytes } from './message-text.js';

const message = requestBytes({ l: '5' }, 'hello');
const other = requestBytes({ 'Content-Length': '0' });

function told(frames: readonly Frame[]): string[] {
  return frames.map((frame) => (frame.kind === 'unframeable' ? frame.reason : frame.kind));
}

function bytesIn(frames: readonly Frame[]): Buffer[] {
  return frames.flatMap((frame) => (frame.kind === 'message' ? [frame.bytes] : []));
}

/** Pushes a stream in chunks of `size`. */
function pushAll(framer: StreamFramer, stream: Buffer, size: number): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at < stream.length; at += size) frames.push(...framer.push(stream.subarray(at, at + size)));
  return frames;
}

describe('StreamFramer', () => {
  it.each([1, 2, 3, 7, 50, 300, 10_000])('finds the same messages in chunks of %i bytes', (size) => {
    const stream = Buffer.concat([message, other, Buffer.from('\r\n'), message, message]);
    expect(bytesIn(pushAll(new StreamFramer(), stream, size))).toEqual([message, other, message, message]);
  });

  it('gives bytes that later chunks do not change', () => {
    const framer = new StreamFramer();
    const chunk = Buffer.from(message);
    const [first] = bytesIn(framer.push(chunk));
    chunk.fill(0);
    framer.push(other);
    expect(first).toEqual(message);
  });

  it('takes two line ends for a ping, one for a pong, and tells several pings once', () => {
    const framer = new StreamFramer();
    expect(told(framer.push(Buffer.from('\r\n')))).toEqual([]);
    expect(told(framer.push(Buffer.from('\r\n\r\n')))).toEqual(['ping']);
    expect(told(framer.push(Buffer.from('\r\n'.repeat(5_000))))).toEqual(['ping']);
    expect(told(framer.push(Buffer.concat([Buffer.from('\r\n\r\n'), message])))).toEqual(['ping', 'message']);
  });

  it.each([
    ['no Content-Length', requestBytes(), 'contentLength'],
    ['a negative Content-Length', requestBytes({ l: '-1' }), 'contentLength'],
    ['two Content-Lengths', requestBytes({ l: '5', 'Content-Length': '5' }, 'hello'), 'contentLength'],
    ['a Content-Length beyond the bound', requestBytes({ l: '65536' }), 'bounds'],
    ['a Content-Length that overflows', requestBytes({ l: '9'.repeat(30) }), 'contentLength'],
  ])('cannot go on after %s, and gives the head for an answer', (_, bytes, reason) => {
    const framer = new StreamFramer();
    const [frame] = framer.push(bytes);
    expect(frame).toMatchObject({ kind: 'unframeable', reason });
    expect(frame?.kind === 'unframeable' && frame.head?.toString().startsWith('OPTIONS')).toBe(true);
    expect(framer.push(message)).toEqual([]);
  });

  it.each([1_000, 65_536, 100_000])('gives up on 64 KB without an empty line, in chunks of %i', (size) => {
    const frames = pushAll(new StreamFramer(), Buffer.alloc(200_000, 'x'), size);
    expect(frames).toEqual([{ kind: 'unframeable', reason: 'bounds', head: undefined }]);
  });

  it('takes a message of exactly 64 KB', () => {
    const head = requestBytes({ l: '65000' });
    const whole = requestBytes({ l: String(65_536 - head.length) }, 'x'.repeat(65_536 - head.length));
    expect(whole).toHaveLength(65_536);
    expect(bytesIn(pushAll(new StreamFramer(), whole, 1_460))).toEqual([whole]);
  });
});
