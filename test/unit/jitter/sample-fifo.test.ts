import { describe, expect, it } from 'vitest';
import { SampleFifo } from '../../../src/media/jitter/sample-fifo.js';

describe('SampleFifo', () => {
  it('gives back what was put in, whatever the sizes, for longer than its buffer', () => {
    const fifo = new SampleFifo(100, 10);
    const output = new Float32Array(20);
    let written = 0;
    let read = 0;
    for (let round = 0; round < 500; round++) {
      const size = (round * 7) % 37;
      if (fifo.free >= size) {
        fifo.write(
          Float32Array.from({ length: size }, (_, index) => written + index),
          size,
        );
        written += size;
      }
      const count = fifo.read(output, 0, (round * 5) % 21);
      for (let index = 0; index < count; index++) expect(output[index]).toBe(read + index);
      read += count;
    }
    expect(read).toBeGreaterThan(3000);
    expect(fifo.available).toBe(written - read);
  });

  it('keeps the history readable across every move of its buffer', () => {
    const fifo = new SampleFifo(30, 10);
    const output = new Float32Array(30);
    for (let at = 0; at < 400; at += 20) {
      fifo.write(
        Float32Array.from({ length: 20 }, (_, index) => at + index),
        20,
      );
      if (at > 0) for (let back = 1; back <= 10; back++) expect(fifo.samples[fifo.start - back]).toBe(at - back);
      fifo.read(output, 0, 20);
    }
  });

  it('leaves out what does not fit', () => {
    const fifo = new SampleFifo(8, 2);
    fifo.write(new Float32Array(12).fill(1), 12);
    expect(fifo.available).toBe(8);
    expect(fifo.free).toBe(0);
  });

  it('moves its reading point within what there is', () => {
    const fifo = new SampleFifo(20, 5);
    const output = new Float32Array(4);
    fifo.write(Float32Array.from([1, 2, 3, 4, 5, 6]), 6);
    fifo.read(output, 0, 4);
    fifo.shift(-3);
    fifo.read(output, 0, 2);
    expect([...output.subarray(0, 2)]).toEqual([2, 3]);
    fifo.shift(100);
    expect(fifo.available).toBe(0);
  });

  it('takes over what another holds at another rate', () => {
    const slow = new SampleFifo(80, 8);
    slow.write(
      Float32Array.from({ length: 40 }, (_, index) => index / 40),
      40,
    );
    const fast = new SampleFifo(480, 48);
    fast.writeResampled(slow, 8000, 48_000);
    expect(fast.available).toBe(240);
    const output = new Float32Array(240);
    fast.read(output, 0, 240);
    expect(output[120]).toBeCloseTo(20 / 40, 5);
    for (let index = 1; index < 230; index++) {
      expect((output[index] ?? 0) - (output[index - 1] ?? 0)).toBeCloseTo(1 / 240, 5);
    }
  });
});
