import { beforeAll, describe, expect, it } from 'vitest';
import { apiRig } from '../../support/api-rig.js';
import { settle } from '../../support/fake-clock.js';
import { phoneSdp } from '../../support/sdp-text.js';

type Body = Record<string, unknown> & { id: string; items: Body[]; next?: string };

describe('/v1/calls', () => {
  it('creates a call and says where it is', async () => {
    const { ask } = await apiRig();
    const made = await ask('POST', '/v1/calls', { name: 'standup', maxLegs: 4, endWhenEmpty: false, codecs: ['PCMA'] });
    expect(made.statusCode).toBe(201);
    const call = made.json<Body>();
    expect(made.headers.location).toBe(`/v1/calls/${call.id}`);
    expect(call).toEqual({
      id: 'call_1',
      name: 'standup',
      origin: 'api',
      status: 'open',
      createdAt: '2026-01-01T00:00:00.000Z',
      tick: 0,
      legCount: 0,
      speakers: [],
      maxLegs: 4,
      locked: false,
      muteOnEntry: false,
      endWhenEmpty: false,
      idleTimeoutMs: 300_000,
      codecs: ['PCMA'],
      pinRequired: false,
    });
    expect((await ask('GET', '/v1/calls/call_1')).json()).toEqual(call);
  });

  it('answers 409 to a name that is taken', async () => {
    const { ask } = await apiRig();
    await ask('POST', '/v1/calls', { name: 'a' });
    const again = await ask('POST', '/v1/calls', { name: 'a' });
    expect([again.statusCode, again.json<Body>().code]).toEqual([409, 'callExists']);
  });

  it('lists by pages and by name', async () => {
    const { ask } = await apiRig();
    for (const name of ['a', 'b', 'c']) await ask('POST', '/v1/calls', { name });
    const first = (await ask('GET', '/v1/calls?limit=2')).json<Body>();
    expect(first.items.map(({ name }) => name)).toEqual(['a', 'b']);
    const second = (await ask('GET', `/v1/calls?limit=2&cursor=${String(first.next)}`)).json<Body>();
    expect(second.items.map(({ name }) => name)).toEqual(['c']);
    expect(second).not.toHaveProperty('next');
    expect((await ask('GET', '/v1/calls?name=b')).json<Body>().items).toHaveLength(1);
    expect((await ask('GET', '/v1/calls?cursor=bogus')).statusCode).toBe(400);
  });

  it('changes the policy of a call', async () => {
    const { ask, invite } = await apiRig();
    await ask('POST', '/v1/calls', { name: 'room' });
    const patched = await ask('PATCH', '/v1/calls/call_1', { locked: true });
    expect(patched.json()).toMatchObject({ locked: true, maxLegs: 10 });
    expect((await invite()).status).toBe(403);
  });

  it('ends a call, and its legs get BYE', async () => {
    const { ask, join } = await apiRig();
    const invite = await join();
    const [call] = (await ask('GET', '/v1/calls')).json<Body>().items;
    expect((await ask('DELETE', `/v1/calls/${String(call?.id)}`)).statusCode).toBe(204);
    await settle();
    expect(invite.dialog?.live).toBe(false);
    expect((await ask('GET', `/v1/calls/${String(call?.id)}`)).statusCode).toBe(404);
  });
});

describe('/v1/calls/{callId}/legs', () => {
  it('shows members with codec, controls, hold, level and statistics', async () => {
    const { ask, join } = await apiRig();
    const invite = await join({ displayName: 'Alice' });
    await invite.handlers.onOffer(phoneSdp({ direction: 'sendonly' }));
    const [leg] = (await ask('GET', '/v1/calls/call_1/legs')).json<Body>().items;
    expect(leg).toMatchObject({
      id: 'leg_2',
      callId: 'call_1',
      direction: 'inbound',
      status: 'in-progress',
      trunk: 'default',
      number: 'alice',
      displayName: 'Alice',
      joinedAt: '2026-01-01T00:00:00.000Z',
      joinedAtTick: 0,
      muted: false,
      deaf: false,
      gainDb: 0,
      held: true,
      mediaDirection: 'recvonly',
      codec: { encoding: 'PCMU', payloadType: 0, clockRateHz: 8000, channels: 1, ptimeMs: 20 },
      speaking: false,
      levelDbov: -127,
      statistics: { receive: { packets: 0, dropped: { malformed: 3 } }, playout: { decodeErrors: 0 }, send: {} },
    });
  });

  it('sends everything a leg has: nothing of the view is missing in the schema', async () => {
    const { ask, join, service } = await apiRig();
    await join({ displayName: 'A' });
    const view = JSON.parse(JSON.stringify(await service.getLeg('call_1', 'leg_2'))) as object;
    expect((await ask('GET', '/v1/calls/call_1/legs/leg_2')).json()).toEqual(view);
    const call = JSON.parse(JSON.stringify(service.getCall('call_1'))) as object;
    expect((await ask('GET', '/v1/calls/call_1')).json()).toEqual(call);
  });

  it('dials somebody in: 202, where to look, and what became of it', async () => {
    const { ask, gateway } = await apiRig();
    await ask('POST', '/v1/calls', {});
    const dialled = await ask('POST', '/v1/calls/call_1/legs', { to: '49301', callerName: 'Bridge', muted: true });
    expect(dialled.statusCode).toBe(202);
    expect(dialled.headers.location).toBe('/v1/calls/call_1/legs/leg_2');
    expect(dialled.json()).toMatchObject({ status: 'queued', number: '49301', muted: true });
    await settle();
    gateway.attempt.fail(486);
    await settle();
    const over = await ask('GET', '/v1/calls/call_1/legs/leg_2');
    expect(over.json()).toMatchObject({ status: 'busy', endReason: 'busy', sipStatus: 486, q850Cause: 17 });
  });

  it('answers 403 to a destination that is not allowed', async () => {
    const { ask } = await apiRig();
    await ask('POST', '/v1/calls', {});
    const refused = await ask('POST', '/v1/calls/call_1/legs', { to: '00881' });
    expect([refused.statusCode, refused.json<Body>().code]).toEqual([403, 'destinationRefused']);
  });

  it('mutes, deafens and amplifies', async () => {
    const { ask, join, media } = await apiRig();
    await join();
    const patched = await ask('PATCH', '/v1/calls/call_1/legs/leg_2', { muted: true, gainDb: -3.5 });
    expect(patched.json()).toMatchObject({ muted: true, deaf: false, gainDb: -3.5 });
    expect(media.call('call_1').legs.get('leg_2')?.controls).toMatchObject({ muted: true, deaf: false, gainDb: -3.5 });
  });

  it('says what becomes of digits', async () => {
    const { ask, join, media } = await apiRig();
    await join();
    const path = '/v1/calls/call_1/legs/leg_2';
    expect((await ask('GET', path)).json()).toMatchObject({ digitMode: 'both', inBandDigits: 'auto' });
    const patched = await ask('PATCH', path, { digitMode: 'detect', inBandDigits: 'on' });
    expect(patched.json()).toMatchObject({ digitMode: 'detect', inBandDigits: 'on' });
    const held = media.call('call_1').legs.get('leg_2')?.controls;
    expect(held).toMatchObject({ digitMode: 'detect', inBandDigits: 'on' });
  });

  it('denoises and levels, by default as the settings say', async () => {
    const { ask, join, media } = await apiRig();
    await join();
    const path = '/v1/calls/call_1/legs/leg_2';
    expect((await ask('GET', path)).json()).toMatchObject({ denoise: 'auto', agc: 'off', denoising: false });
    const change = { denoise: 'on', agc: { targetDbov: -23 } };
    expect((await ask('PATCH', path, change)).json()).toMatchObject(change);
    expect(media.call('call_1').legs.get('leg_2')?.controls).toMatchObject(change);
    expect((await ask('PATCH', path, { agc: 'off' })).json()).toMatchObject({ denoise: 'on', agc: 'off' });
  });

  it('hangs up; once it is over 204 again, but nothing can be changed', async () => {
    const { ask, join } = await apiRig();
    await ask('POST', '/v1/calls', { name: 'room', endWhenEmpty: false });
    const invite = await join();
    const leg = '/v1/calls/call_1/legs/leg_2';
    expect((await ask('DELETE', leg)).statusCode).toBe(204);
    await settle();
    expect(invite.dialog?.byes).toMatchObject([{ q850Cause: 16 }]);
    expect((await ask('DELETE', leg)).statusCode).toBe(204);
    const late = await ask('PATCH', leg, { muted: true });
    expect([late.statusCode, late.json<Body>().code]).toEqual([409, 'legEnded']);
    expect((await ask('POST', `${leg}/digits`, { digits: '1' })).statusCode).toBe(409);
  });

  it('sends digits', async () => {
    const { ask, join, media } = await apiRig();
    await join();
    const sent = await ask('POST', '/v1/calls/call_1/legs/leg_2/digits', { digits: '12*#A', durationMs: 80 });
    expect([sent.statusCode, sent.body]).toEqual([202, '']);
    expect(media.commands.at(-1)).toBe('sendDigits 12*#A leg_2');
  });
});

describe('unknown things', () => {
  const cases: [string, string, object | undefined, string][] = [
    ['GET', '/v1/calls/call_x', undefined, 'callNotFound'],
    ['PATCH', '/v1/calls/call_x', { locked: true }, 'callNotFound'],
    ['DELETE', '/v1/calls/call_x', undefined, 'callNotFound'],
    ['GET', '/v1/calls/call_x/legs', undefined, 'callNotFound'],
    ['POST', '/v1/calls/call_x/legs', { to: '49301' }, 'callNotFound'],
    ['GET', '/v1/calls/call_x/legs/leg_x', undefined, 'callNotFound'],
    ['GET', '/v1/calls/call_1/legs/leg_x', undefined, 'legNotFound'],
    ['PATCH', '/v1/calls/call_1/legs/leg_x', { deaf: true }, 'legNotFound'],
    ['DELETE', '/v1/calls/call_1/legs/leg_x', undefined, 'legNotFound'],
    ['POST', '/v1/calls/call_1/legs/leg_x/digits', { digits: '1' }, 'legNotFound'],
    ['GET', '/v1/calls/__proto__', undefined, 'callNotFound'],
    ['GET', '/v1/nothing', undefined, 'routeNotFound'],
    ['PUT', '/v1/calls', {}, 'routeNotFound'],
    ['GET', '/v1/calls/..%2f..%2fetc', undefined, 'callNotFound'],
  ];
  let ask: Awaited<ReturnType<typeof apiRig>>['ask'];
  beforeAll(async () => {
    ({ ask } = await apiRig());
    await ask('POST', '/v1/calls', { name: 'there' });
  });
  it.each(cases)('%s %s is a 404 with a code', async (method, url, body, code) => {
    const response = await ask(method, url, body);
    expect(response.statusCode).toBe(404);
    expect(response.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(response.json()).toMatchObject({ code, status: 404, type: `urn:mixminus:problem:${code}` });
  });
});

describe('/livez, /readyz, /metrics', () => {
  it('say how the server is', async () => {
    const { ask } = await apiRig();
    expect((await ask('GET', '/livez')).json()).toEqual({ status: 'ok' });
    expect((await ask('GET', '/readyz')).json()).toEqual({ ready: true, checks: { signalling: { ok: true } } });
    const metrics = await ask('GET', '/metrics');
    expect(metrics.headers['content-type']).toBe('text/plain; version=0.0.4');
    expect(metrics.body).toBe('mixminus_calls 0\n');
  });

  it('answer 503 with the reason while not ready', async () => {
    const checks = { signalling: { ok: false, detail: 'not connected' } };
    const { ask } = await apiRig({ checkHealth: () => ({ ready: false, checks }) });
    const response = await ask('GET', '/readyz');
    expect([response.statusCode, response.json()]).toEqual([503, { ready: false, checks }]);
  });
});
