import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { Playout, type PlayoutPacket } from '../../../src/media/jitter/playout.js';
import { LinearDecoder } from '../../support/playout-rig.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

describe('memory of the playout', () => {
  it('does not grow in 100 000 ticks, and steady ticks allocate next to nothing', () => {
    const decoder = new LinearDecoder(8000);
    const playout = new Playout(() => ({ decoder, clockRateHz: 8000 }));
    const packet: PlayoutPacket = {
      payloadType: 0,
      extendedSequence: 70_000,
      extendedTimestamp: 2 ** 32,
      payload: new Uint8Array(320),
      offset: 0,
      length: 320,
      arrivalMs: 0,
    };
    const output = new Float32Array(960);
    let tick = 0;
    const run = (ticks: number) => {
      for (const end = tick + ticks; tick < end; tick++) {
        packet.extendedSequence++;
        packet.extendedTimestamp += 160;
        packet.arrivalMs = tick * 20 + 3.37 + (tick % 5);
        playout.insert(packet);
        playout.pull(output, tick * 20 + 20.21);
      }
    };
    run(30_000);
    collectGarbage();
    const start = process.memoryUsage().heapUsed;
    const perTick: number[] = [];
    for (let part = 0; part < 9; part++) {
      const before = process.memoryUsage().heapUsed;
      run(2000);
      perTick.push((process.memoryUsage().heapUsed - before) / 2000);
    }
    run(82_000);
    collectGarbage();
    const growth = process.memoryUsage().heapUsed - start;
    // One boxed number is 16 bytes; a frame or a view per tick would be hundreds.
    expect(perTick.sort((a, b) => a - b)[4]).toBeLessThan(100);
    expect(growth).toBeLessThan(200_000);
  });
});
