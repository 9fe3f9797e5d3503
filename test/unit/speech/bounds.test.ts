import { describe, expect, it } from 'vitest';
import { Gate } from '../../../src/speech/gate.js';
import { Recent } from '../../../src/speech/recent.js';
import { SharedWork } from '../../../src/speech/shared-work.js';
import { settle } from '../../support/fake-clock.js';

describe('what was used last', () => {
  it('stays, and what was not used for longest goes first', () => {
    const forgotten: string[] = [];
    const recent = new Recent<number>(10, (key) => forgotten.push(key));
    recent.set('a', 1, 4);
    recent.set('b', 2, 4);
    expect(recent.get('a')).toBe(1);
    recent.set('c', 3, 4);
    expect([recent.get('a'), recent.get('b'), recent.get('c')]).toEqual([1, undefined, 3]);
    expect([recent.weight, forgotten]).toEqual([8, ['b']]);
  });

  it('never weighs more than allowed, whatever comes', () => {
    const recent = new Recent<number>(100);
    for (let n = 0; n < 1000; n++) {
      recent.set(`k${n % 37}`, n, (n * 7919) % 120);
      if (n % 5 === 0) recent.delete(`k${n % 11}`);
      expect(recent.weight).toBeLessThanOrEqual(100);
    }
    recent.set('k1', 1, 101);
    expect(recent.get('k1')).toBeUndefined();
    for (let n = 0; n < 37; n++) recent.delete(`k${n}`);
    expect(recent.weight).toBe(0);
  });
});

describe('shared work', () => {
  it('is done once for all who wait, and again for who comes later', async () => {
    const work = new SharedWork<number>();
    let begun = 0;
    const begin = async () => ++begun;
    expect(await Promise.all([1, 2, 3].map(() => work.run('a', undefined, begin)))).toEqual([1, 1, 1]);
    expect(await work.run('b', undefined, begin)).toBe(2);
    expect(await work.run('a', undefined, begin)).toBe(3);
  });

  it('that fails, fails for all who wait, and is tried again after that', async () => {
    const work = new SharedWork<number>();
    const fail = () => Promise.reject(new Error('no'));
    const results = await Promise.allSettled([work.run('a', undefined, fail), work.run('a', undefined, fail)]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await work.run('a', undefined, async () => 5)).toBe(5);
  });

  it('goes on while one still waits, and is aborted when nobody does', async () => {
    const work = new SharedWork<number>();
    const [one, two] = [new AbortController(), new AbortController()];
    let inside: AbortSignal | undefined;
    const begin = (signal: AbortSignal) => {
      inside = signal;
      return new Promise<number>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    };
    const results = Promise.allSettled([work.run('a', one.signal, begin), work.run('a', two.signal, begin)]);
    one.abort(new Error('one'));
    await settle();
    expect(inside?.aborted).toBe(false);
    const late = work.run('a', undefined, async () => 9);
    late.catch(() => undefined);
    two.abort(new Error('two'));
    await settle();
    // The late one had joined.
    expect(inside?.aborted).toBe(false);
    expect((await results).map((result) => (result.status === 'rejected' ? String(result.reason) : ''))).toEqual([
      'Error: one',
      'Error: two',
    ]);
    const three = new AbortController();
    let aborted = false;
    const alone = work.run('b', three.signal, (signal) => {
      signal.addEventListener('abort', () => (aborted = true));
      return new Promise(() => undefined);
    });
    three.abort(new Error('three'));
    await expect(alone).rejects.toThrow('three');
    expect(aborted).toBe(true);
    expect(await work.run('b', undefined, async () => 1)).toBe(1);
    await expect(work.run('b', three.signal, async () => 1)).rejects.toThrow('three');
  });
});

describe('a gate', () => {
  it('lets so many in at once, the others in their order, and turns away what is too much', async () => {
    const gate = new Gate(2, 2);
    const order: string[] = [];
    const open: (() => void)[] = [];
    const enter = (name: string, signal?: AbortSignal) =>
      gate.run(() => {
        order.push(name);
        return new Promise<void>((resolve) => open.push(resolve));
      }, signal);
    const leaving = new AbortController();
    void enter('a');
    void enter('b');
    const gone = enter('c', leaving.signal);
    const d = enter('d');
    await settle();
    expect(order).toEqual(['a', 'b']);
    await expect(enter('e')).rejects.toMatchObject({ code: 'capacityReached' });
    leaving.abort(new Error('left'));
    await expect(gone).rejects.toThrow('left');
    open[0]!();
    await settle();
    expect(order).toEqual(['a', 'b', 'd']);
    open[2]!();
    await d;
  });

  it('opens after a failure too', async () => {
    const gate = new Gate(1, 1);
    await expect(gate.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await gate.run(async () => 'in')).toBe('in');
  });
});
