import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ApiRig, apiRig } from '../../support/api-rig.js';
import { settle } from '../../support/fake-clock.js';

type Body = Record<string, unknown> & { id: string; code: string; status: string; items: Body[]; next?: string };

let rig: ApiRig;
let call: string;
let root: string;
beforeAll(async () => {
  rig = await apiRig();
});
beforeEach(async () => {
  const made = await rig.ask('POST', '/v1/calls', { endWhenEmpty: false });
  call = `/v1/calls/${made.json<Body>().id}`;
  rig.recorder.infos.clear();
  rig.recorder.orders.length = 0;
  root = await mkdtemp(join(tmpdir(), 'mixminus-files-'));
});
afterEach(() => rm(root, { recursive: true }));

const start = async () => (await rig.ask('POST', `${call}/recordings`)).json<Body>();

describe('/v1/calls/{callId}/recordings', () => {
  it('starts one and says where it is; stops it; lists it', async () => {
    const made = await rig.ask('POST', `${call}/recordings`);
    const { id } = made.json<Body>();
    expect([made.statusCode, made.headers.location]).toEqual([201, `/v1/recordings/${id}`]);
    const stopping = rig.ask('POST', `${call}/recordings/${id}/stop`);
    await settle();
    expect((await rig.ask('GET', `/v1/recordings/${id}`)).json<Body>().status).toBe('stopping');
    rig.recorder.end(id, { firstTick: 0, endTick: 5, files: [{ name: 'leg_2.wav', legId: 'leg_2', bytes: 44 }] });
    const stopped = await stopping;
    expect([stopped.statusCode, stopped.json<Body>().status]).toEqual([200, 'completed']);
    const listed = (await rig.ask('GET', `${call}/recordings`)).json<Body>();
    expect(listed.items).toEqual([
      {
        ...{
          id,
          callId: call.slice(10),
          callName: call.slice(10),
          status: 'completed',
          startedAt: '2026-01-01T00:00:00.000Z',
        },
        ...{ firstTick: 0, endTick: 5, droppedTicks: 0 },
        files: [{ name: 'leg_2.wav', legId: 'leg_2', bytes: 44 }],
      },
    ]);
    expect((await rig.ask('GET', `/v1/recordings/${id}`)).json<Body>()).toEqual(listed.items[0]);
  });

  it('starts one only for one Idempotency-Key', async () => {
    const headers = { 'idempotency-key': 'once' };
    const [one, same] = [1, 2].map(() => rig.ask('POST', `${call}/recordings`, undefined, headers));
    expect((await one)?.json<Body>().id).toBe((await same)?.json<Body>().id);
    expect(rig.recorder.orders).toHaveLength(1);
  });

  it('answers 503 when the call has too many, 404 for a call that is not there', async () => {
    for (let made = 0; made < 4; made++) await start();
    expect(await start()).toMatchObject({ status: 503, code: 'capacityReached' });
    const nowhere = await rig.ask('POST', '/v1/calls/call_x/recordings');
    expect(nowhere.json<Body>().code).toBe('callNotFound');
    expect((await rig.ask('GET', '/v1/calls/call_x/recordings')).json<Body>().code).toBe('callNotFound');
  });
});

describe('/v1/recordings', () => {
  it('lists page by page', async () => {
    const ids = [(await start()).id, (await start()).id, (await start()).id].reverse();
    const first = (await rig.ask('GET', '/v1/recordings?limit=2')).json<Body>();
    expect(first.items.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    const second = (await rig.ask('GET', `/v1/recordings?limit=2&cursor=${String(first.next)}`)).json<Body>();
    expect(second.items.map(({ id }) => id)).toEqual(ids.slice(2));
    expect(second).not.toHaveProperty('next');
    expect((await rig.ask('GET', '/v1/recordings?callId=call_x')).json<Body>().items).toEqual([]);
  });

  it('deletes one that has ended', async () => {
    const { id } = await start();
    expect((await rig.ask('DELETE', `/v1/recordings/${id}`)).json<Body>()).toMatchObject({
      status: 409,
      code: 'recordingActive',
    });
    rig.recorder.end(id);
    expect((await rig.ask('DELETE', `/v1/recordings/${id}`)).statusCode).toBe(204);
    expect((await rig.ask('GET', `/v1/recordings/${id}`)).statusCode).toBe(404);
  });
});

describe('a file of a recording', () => {
  const content = Array.from({ length: 1000 }, (_, index) => String(index % 10)).join('');
  let url = '';
  beforeEach(async () => {
    const { id } = await start();
    url = `/v1/recordings/${id}/files/leg_2.wav`;
    await writeFile(join(root, 'leg_2.wav'), content);
    rig.recorder.paths.set(`${id}/leg_2.wav`, join(root, 'leg_2.wav'));
  });
  const get = (headers: Record<string, string> = {}) => rig.ask('GET', url, undefined, headers);

  it('comes whole, with type, length and name', async () => {
    const { statusCode, headers, body } = await get();
    expect([statusCode, body]).toEqual([200, content]);
    expect(headers).toMatchObject({
      'content-type': 'audio/wav',
      'content-length': '1000',
      'accept-ranges': 'bytes',
      'content-disposition': 'attachment; filename="leg_2.wav"',
      'x-content-type-options': 'nosniff',
    });
  });

  it('comes in part', async () => {
    const { statusCode, headers, body } = await get({ range: 'bytes=10-29' });
    expect([statusCode, body]).toEqual([206, content.slice(10, 30)]);
    expect(headers).toMatchObject({ 'content-range': 'bytes 10-29/1000', 'content-length': '20' });
  });

  it('has no part beyond its end', async () => {
    const answer = await get({ range: 'bytes=1000-' });
    expect([answer.statusCode, answer.headers['content-range']]).toEqual([416, 'bytes */1000']);
    expect(answer.json<Body>()).toMatchObject({ status: 416, code: 'invalidRequest' });
  });

  it('comes whole when it has changed since', async () => {
    const { headers } = await get();
    const part = { range: 'bytes=0-9', 'if-range': String(headers.etag) };
    expect((await get(part)).statusCode).toBe(206);
    await writeFile(join(root, 'leg_2.wav'), `${content}more`);
    expect((await get(part)).statusCode).toBe(200);
  });

  it('may be empty, or asked for its head', async () => {
    const head = await rig.ask('HEAD', url);
    expect([head.statusCode, head.headers['content-length'], head.body]).toEqual([200, '1000', '']);
    await writeFile(join(root, 'leg_2.wav'), '');
    const empty = await get();
    expect([empty.statusCode, empty.body]).toEqual([200, '']);
  });

  it('that is gone, or a link, is not found', async () => {
    await rm(join(root, 'leg_2.wav'));
    expect((await get()).json<Body>().code).toBe('recordingNotFound');
    await symlink('/etc/passwd', join(root, 'leg_2.wav'));
    expect((await get()).json<Body>().code).toBe('recordingNotFound');
  });

  it.each([
    ...[
      '..%2F..%2Fetc%2Fpasswd',
      '%2e%2e%2fx',
      '..',
      '.',
      '%00',
      'a%00.wav',
      'a%2Fb',
      '%5C..%5Cx',
      '.hidden',
      'x'.repeat(200),
    ],
    ...['%C0%AE%C0%AE', '%252e%252e%252f', 'a b', 'ü.wav', 'leg_2.wav%20', 'CON%3A', '~', '*', 'a%0Ab'],
  ])('never asks the recorder for %s', async (name) => {
    const before = rig.recorder.filesAsked.length;
    const answer = await rig.ask('GET', url.replace('leg_2.wav', name));
    expect([400, 404]).toContain(answer.statusCode);
    expect(rig.recorder.filesAsked.slice(before)).toEqual([]);
  });
});
