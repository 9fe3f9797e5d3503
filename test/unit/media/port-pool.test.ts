import { describe, expect, it } from 'vitest';
import { PortPool } from '../../../src/media/port-pool.js';

const range = { min: 10_001, max: 10_011, quarantineMs: 5000 };

describe('the port pool', () => {
  it('gives even ports whose odd neighbour is inside the range', () => {
    const pool = new PortPool(range, () => 0.99);
    const ports = Array.from({ length: 5 }, () => pool.take(0)).sort();
    expect(ports).toEqual([10_002, 10_004, 10_006, 10_008, 10_010]);
  });

  it('says portsExhausted when all are taken or resting', () => {
    const pool = new PortPool(range, () => 0);
    const ports = Array.from({ length: 5 }, () => pool.take(0));
    expect(() => pool.take(0)).toThrowError(expect.objectContaining({ code: 'portsExhausted' }) as Error);
    pool.release(ports[2] ?? 0, 100);
    expect(() => pool.take(5099)).toThrow();
    expect(pool.take(5100)).toBe(ports[2]);
  });

  it('takes ports at random', () => {
    const draws = [0.1, 0.9, 0.5, 0.3, 0.7];
    const pool = new PortPool(range, () => draws.shift() ?? 0);
    const ports = Array.from({ length: 5 }, () => pool.take(0));
    expect(ports).not.toEqual([...ports].sort());
    expect(new Set(ports).size).toBe(5);
  });

  it('ignores a port given back twice', () => {
    const pool = new PortPool(range, () => 0);
    const port = pool.take(0);
    pool.release(port, 0);
    pool.release(port, 0);
    expect(pool.free(5000)).toBe(5);
  });
});
