import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallFact } from '../../../src/tools/port.js';
import { FsCallRecord } from '../../../src/tools/record/fs-call-record.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'mixminus-record-'));
});
afterEach(() => rm(root, { recursive: true }));

const fact = (sequence: number, change: Partial<CallFact> = {}): CallFact => ({
  callId: 'call_1',
  sequence,
  tick: sequence * 50,
  timeMs: Date.UTC(2026, 0, 1),
  type: 'consent.given',
  legId: 'leg_1',
  data: { digits: '1', note: 'line\nbreak' },
  ...change,
});

const lines = async (callId: string) =>
  (await readFile(join(root, 'records', `${callId}.jsonl`), 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as CallFact);

function setUp(change: { maxQueued?: number; directory?: string } = {}) {
  const failures: unknown[] = [];
  const onFailure = (thrown: unknown) => failures.push(thrown);
  const record = new FsCallRecord({ directory: join(root, 'records'), onFailure, ...change });
  return { record, failures };
}

describe('the record of a call', () => {
  it('is one line of JSON per fact, in order, one file per call, for the owner only', async () => {
    const { record } = setUp();
    for (let sequence = 1; sequence <= 100; sequence++) {
      record.append(fact(sequence), sequence % 2 === 0);
      record.append(fact(sequence, { callId: 'call_2', legId: undefined }), false);
      if (sequence % 30 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await record.close();
    for (const callId of ['call_1', 'call_2']) {
      expect((await lines(callId)).map(({ sequence }) => sequence)).toEqual(
        Array.from({ length: 100 }, (_, i) => i + 1),
      );
    }
    expect((await lines('call_1'))[0]).toEqual({
      callId: 'call_1',
      sequence: 1,
      tick: 50,
      time: '2026-01-01T00:00:00.000Z',
      type: 'consent.given',
      legId: 'leg_1',
      data: { digits: '1', note: 'line\nbreak' },
    });
    const { mode } = await stat(join(root, 'records', 'call_1.jsonl'));
    expect((mode & 0o777).toString(8)).toBe('600');
    expect(record.counters()).toEqual({ written: 200, dropped: 0, failed: 0 });
  });

  it('is appended to, never written over', async () => {
    const first = setUp().record;
    first.append(fact(1), true);
    await first.close();
    const second = setUp().record;
    second.append(fact(2), true);
    await second.close();
    expect((await lines('call_1')).map(({ sequence }) => sequence)).toEqual([1, 2]);
  });

  it('takes no more than it may hold, and counts what it did not take', async () => {
    const { record } = setUp({ maxQueued: 10 });
    for (let sequence = 1; sequence <= 15; sequence++) record.append(fact(sequence), true);
    await record.close();
    expect(record.counters()).toEqual({ written: 10, dropped: 5, failed: 0 });
    record.append(fact(16), true);
    await record.close();
    expect((await lines('call_1')).at(-1)?.sequence).toBe(16);
  });

  it('fails without harm: counted, told once, and again after a success', async () => {
    const directory = join(root, 'records');
    await writeFile(directory, 'not a directory');
    const { record, failures } = setUp();
    for (const sequence of [1, 2]) {
      record.append(fact(sequence), true);
      await record.close();
    }
    expect([record.counters(), failures.length]).toEqual([{ written: 0, dropped: 0, failed: 2 }, 1]);
    await rm(directory);
    record.append(fact(3), true);
    await record.close();
    expect((await lines('call_1')).map(({ sequence }) => sequence)).toEqual([3]);
    await rm(directory, { recursive: true });
    await writeFile(directory, 'not a directory');
    record.append(fact(4), true);
    await record.close();
    expect(failures).toHaveLength(2);
  });

  it.each(['../call', 'a/b', '', '.', 'call\0', 'ä', 'x'.repeat(65)])(
    'writes nothing for the call %j',
    async (callId) => {
      const { record } = setUp();
      record.append(fact(1, { callId }), true);
      await record.close();
      expect(record.counters()).toEqual({ written: 0, dropped: 1, failed: 0 });
      expect(await readdir(root)).toEqual([]);
    },
  );

  it('follows no link out of its directory', async () => {
    const { record } = setUp();
    record.append(fact(1, { callId: 'call_0' }), true);
    await record.close();
    const outside = join(root, 'outside');
    await writeFile(outside, '');
    await symlink(outside, join(root, 'records', 'call_1.jsonl'));
    record.append(fact(1), true);
    await record.close();
    expect([await readFile(outside, 'utf8'), record.counters().failed]).toEqual(['', 1]);
  });
});
