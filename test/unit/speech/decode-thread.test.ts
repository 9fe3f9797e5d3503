import { afterEach, describe, expect, it } from 'vitest';
import type { DecodeJob } from '../../../src/speech/decoding/decode.js';
import { DecodeThread, type DecodeThreadOptions, DecodeThreads } from '../../../src/speech/decoding/decode-thread.js';

/** A thread that does what the first byte of a file says; it answers with its own number as the hash. */
const entry = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort, threadId } from 'node:worker_threads';
    parentPort.on('message', (job) => {
      const [what] = job.bytes;
      if (what === 1) process.exit(3);
      if (what === 2) throw new Error('bug');
      if (what === 3) for (;;);
      if (what === 4) { const all = []; for (;;) all.push(new Array(1e6).fill(all.length)); }
      if (what === 5) return parentPort.postMessage({ failure: { code: 'promptInvalid', detail: 'no', because: 'why' } });
      const clip = { samples: new SharedArrayBuffer(2), length: 1 };
      parentPort.postMessage({ decoded: { clip, sha256: String(threadId) } });
    });
  `)}`,
);
const job = (what: number, size = 1): DecodeJob => {
  const bytes = new Uint8Array(size);
  bytes[0] = what;
  return { type: 'file', bytes, mostSamples: 1 };
};
const [good, exits, throws, hangs, eats, fails] = [0, 1, 2, 3, 4, 5] as const;

let crashes: string[];
let open: { close(): Promise<void> } | undefined;
function start(options: Partial<DecodeThreadOptions> = {}): DecodeThread {
  crashes = [];
  const thread = new DecodeThread({ entry, onCrash: (reason) => crashes.push(reason), ...options });
  open = thread;
  return thread;
}
afterEach(() => open?.close());

describe('a decoding thread', () => {
  it('is started by the first job and serves the next ones', async () => {
    const thread = start();
    const numbers = await Promise.all([1, 2, 3].map(async () => (await thread.decode(job(good))).sha256));
    expect(new Set(numbers).size).toBe(1);
  });

  it.each([
    ['exits', exits, 'could not be decoded', /exited/],
    ['throws', throws, 'could not be decoded', /bug/],
    ['hangs', hangs, 'took too long', /too long/],
    ['eats all memory', eats, 'could not be decoded', /memory|exited/i],
  ])('that %s fails this job alone and is replaced', async (_, what, detail, reason) => {
    const thread = start(what === hangs ? { timeLimitMs: 200 } : {});
    const results = await Promise.allSettled([
      thread.decode(job(good)),
      thread.decode(job(what)),
      thread.decode(job(good)),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    const [first, second, third] = results;
    expect(second.status === 'rejected' && second.reason).toMatchObject({ code: 'promptInvalid' });
    expect(second.status === 'rejected' && String(second.reason)).toContain(detail);
    expect(
      first.status === 'fulfilled' && third.status === 'fulfilled' && first.value.sha256 !== third.value.sha256,
    ).toBe(true);
    expect(crashes).toHaveLength(1);
    expect(crashes[0]).toMatch(reason);
  });

  it('tells what a file lacks, with its cause', async () => {
    const failure = await start()
      .decode(job(fails))
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'promptInvalid', detail: 'no', cause: { message: 'why' } });
    expect(crashes).toEqual([]);
  });

  it('takes only so many jobs, and takes back those that wait', async () => {
    const thread = start({ mostWaiting: 2, timeLimitMs: 300 });
    const running = thread.decode(job(hangs)).catch(() => 'over');
    const leaving = new AbortController();
    const waiting = thread.decode(job(good), leaving.signal);
    const next = thread.decode(job(good));
    await expect(thread.decode(job(good))).rejects.toMatchObject({ code: 'capacityReached' });
    leaving.abort(new Error('left'));
    await expect(waiting).rejects.toThrow('left');
    await expect(thread.decode(job(good), leaving.signal)).rejects.toThrow('left');
    expect(await running).toBe('over');
    expect((await next).clip.length).toBe(1);
  });

  it('is not waited for by whoever leaves in the middle', async () => {
    const thread = start({ timeLimitMs: 300 });
    const leaving = new AbortController();
    const running = thread.decode(job(hangs), leaving.signal);
    leaving.abort(new Error('left'));
    await expect(running).rejects.toThrow('left');
  });

  it('fails everything when it is closed, and takes nothing after that', async () => {
    const thread = start();
    const [running, waiting] = [thread.decode(job(hangs)), thread.decode(job(good))];
    const ended = Promise.allSettled([running, waiting]);
    await thread.close();
    for (const result of await ended)
      expect(result.status === 'rejected' && result.reason).toMatchObject({ code: 'draining' });
    await expect(thread.decode(job(good))).rejects.toMatchObject({ code: 'capacityReached' });
    expect(crashes).toEqual([]);
  });
});

describe('two decoding threads', () => {
  it('do not let a small file wait for a large one', async () => {
    const threads = new DecodeThreads({ entry, onCrash: () => undefined, timeLimitMs: 5000 });
    open = threads;
    const large = threads.decode(job(hangs, 2_000_000)).catch(() => 'over');
    expect((await threads.decode(job(good))).clip.length).toBe(1);
    await threads.close();
    expect(await large).toBe('over');
  });
});
