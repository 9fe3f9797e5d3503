import { describe, expect, it } from 'vitest';
import { StreamFramer, type Frame } from '../../src/sip/message/stream-framer.js';
import { requestBytes } from '../unit/sip-message/message-text.js';
import { mutate, Seeded } from './sip-mutation.js';

const messages = [
  requestBytes({ l: '5' }, 'hello'),
  requestBytes({ 'Content-Length': '0' }),
  requestBytes({ l: '3000' }, 'x'.repeat(3_000), 'INVITE'),
  Buffer.from('\r\n\r\n'),
];

/** Frames of a stream cut at random; messages as text, so that they compare. */
function framesOf(stream: Buffer, random: Seeded, largest: number): string[] {
  const framer = new StreamFramer();
  const frames: Frame[] = [];
  for (let at = 0; at < stream.length;) {
    const size = 1 + random.next(largest);
    frames.push(...framer.push(stream.subarray(at, at + size)));
    at += size;
  }
  return frames.flatMap((frame) => {
    if (frame.kind === 'ping') return [];
    return frame.kind === 'message' ? [frame.bytes.toString('latin1')] : [frame.reason];
  });
}

describe('Streams of mutated messages', () => {
  it('give the same frames however they are cut, and never throw', () => {
    const differing: number[] = [];
    for (let seed = 0; seed < 600; seed++) {
      const random = new Seeded(seed);
      const parts = Array.from({ length: 1 + random.next(6) }, () => {
        const message = random.pick(messages);
        return random.next(3) === 0 ? mutate(message, random) : message;
      });
      const stream = Buffer.concat(parts);
      const whole = framesOf(stream, new Seeded(seed), 1);
      const cut = framesOf(stream, random, 2_000);
      if (whole.join('\n') !== cut.join('\n')) differing.push(seed);
    }
    expect(differing).toEqual([]);
  });

  it('of one byte at a time cost linear work: 64 KB without an end', () => {
    const framer = new StreamFramer();
    const byte = Buffer.from('x');
    const frames: Frame[] = [];
    for (let count = 0; count < 70_000; count++) frames.push(...framer.push(byte));
    expect(frames).toEqual([{ kind: 'unframeable', reason: 'bounds', head: undefined }]);
  });

  it('of line feeds only a byte apart cost linear work too', () => {
    const framer = new StreamFramer();
    const frames: Frame[] = [];
    for (let count = 0; count < 35_000; count++)
      frames.push(...framer.push(Buffer.from('x')), ...framer.push(Buffer.from('\n')));
    expect(frames).toHaveLength(1);
  });
});
