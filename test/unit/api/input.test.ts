import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IdempotencyCache } from '../../../src/api/idempotency.js';
import { type ApiRig, apiRig } from '../../support/api-rig.js';
import { settle } from '../../support/fake-clock.js';

interface Problem {
  code: string;
  status: number;
  detail: string;
  errors?: { pointer: string; detail: string }[];
}

let rig: ApiRig;
beforeAll(async () => {
  rig = await apiRig({ rateLimit: { perSecond: 1, burst: 100_000 } });
  await rig.ask('POST', '/v1/calls', { name: 'there' });
});
afterAll(() => rig.api.close());

describe('input that does not match its schema', () => {
  const leg = '/v1/calls/call_1/legs';
  const cases: [string, string, object, string][] = [
    ['POST', '/v1/calls', { name: 'a b' }, '/body/name'],
    ['POST', '/v1/calls', { name: 7 }, '/body/name'],
    ['POST', '/v1/calls', { maxLegs: '4' }, '/body/maxLegs'],
    ['POST', '/v1/calls', { maxLegs: 0 }, '/body/maxLegs'],
    ['POST', '/v1/calls', { maxLegs: 1.5 }, '/body/maxLegs'],
    ['POST', '/v1/calls', { muteOnEntry: 'true' }, '/body/muteOnEntry'],
    ['POST', '/v1/calls', { endWhenEmpty: null }, '/body/endWhenEmpty'],
    ['POST', '/v1/calls', { codecs: [] }, '/body/codecs'],
    ['POST', '/v1/calls', { codecs: ['PCMU', 'PCMU'] }, '/body/codecs'],
    ['POST', '/v1/calls', { codecs: ['G729'] }, '/body/codecs/0'],
    ['POST', '/v1/calls', { surprise: 1 }, '/body'],
    ['POST', '/v1/calls', [], '/body'],
    ['PATCH', '/v1/calls/call_1', {}, '/body'],
    ['PATCH', '/v1/calls/call_1', { name: 'new' }, '/body'],
    ['POST', leg, {}, '/body'],
    ['POST', leg, { to: 'a@evil.example' }, '/body/to'],
    ['POST', leg, { to: 'a;transport=tcp' }, '/body/to'],
    ['POST', leg, { to: '4930\r\nX: y' }, '/body/to'],
    ['POST', leg, { to: '4930', callerName: 'a"b' }, '/body/callerName'],
    ['POST', leg, { to: '4930', callerName: 'a\r\nVia: x' }, '/body/callerName'],
    ['POST', leg, { to: '4930', ringTimeoutMs: 1 }, '/body/ringTimeoutMs'],
    ['POST', leg, { to: '4930', gainDb: 25 }, '/body/gainDb'],
    ['PATCH', `${leg}/leg_x`, { gainDb: -61 }, '/body/gainDb'],
    ['PATCH', `${leg}/leg_x`, { denoise: true }, '/body/denoise'],
    ['PATCH', `${leg}/leg_x`, { agc: { targetDbov: -9 } }, '/body/agc'],
    ['PATCH', `${leg}/leg_x`, { digitMode: 'relay' }, '/body/digitMode'],
    ['PATCH', `${leg}/leg_x`, { inBandDigits: true }, '/body/inBandDigits'],
    ['PATCH', `${leg}/leg_x`, { muted: 1 }, '/body/muted'],
    ['PATCH', `${leg}/leg_x`, {}, '/body'],
    ['POST', `${leg}/leg_x/digits`, { digits: '12E' }, '/body/digits'],
    ['POST', `${leg}/leg_x/digits`, { digits: '' }, '/body/digits'],
    ['POST', `${leg}/leg_x/digits`, { digits: '1', durationMs: 39 }, '/body/durationMs'],
  ];
  it.each(cases)('%s %s %j is a 400 that names the place', async (method, url, body, pointer) => {
    const response = await rig.ask(method, url, body);
    const problem = response.json<Problem>();
    expect(response.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect([response.statusCode, problem.code]).toEqual([400, 'invalidRequest']);
    expect(problem.errors?.map((place) => place.pointer)).toContain(pointer);
  });

  it.each(['limit=0', 'limit=201', 'limit=many', 'name=a%20b', 'surprise=1', 'cursor=%00'])(
    'GET /v1/calls?%s is a 400',
    async (query) => {
      expect((await rig.ask('GET', `/v1/calls?${query}`)).json<Problem>().code).toBe('invalidRequest');
    },
  );

  it('takes names of people in any script', async () => {
    const dialled = await rig.ask('POST', leg, { to: '49301', callerName: 'Zoë 山田' });
    expect(dialled.statusCode).toBe(202);
  });
});

describe('requests that are not even that', () => {
  const json = { 'content-type': 'application/json' };
  const cases: [string, string | object, Record<string, string>, number, string][] = [
    ['malformed JSON', '{"name":', json, 400, 'invalidRequest'],
    ['an empty body', '', json, 400, 'invalidRequest'],
    ['JSON that reaches for prototypes', '{"__proto__":{"a":1}}', json, 400, 'invalidRequest'],
    ['plain text', 'name=a', { 'content-type': 'text/plain' }, 415, 'unsupportedMediaType'],
    ['a form', 'name=a', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'unsupportedMediaType'],
    ['a media type that is none', 'x', { 'content-type': 'x' }, 415, 'unsupportedMediaType'],
    ['a body of 1 MB', { name: 'x'.repeat(1_000_000) }, {}, 413, 'tooLarge'],
    ['a body just over 64 KiB', { name: 'x'.repeat(65_536) }, {}, 413, 'tooLarge'],
  ];
  it.each(cases)('%s', async (_name, body, headers, status, code) => {
    const response = await rig.ask('POST', '/v1/calls', body, headers);
    expect([response.statusCode, response.json<Problem>().code]).toEqual([status, code]);
    expect(response.headers['content-type']).toMatch(/^application\/problem\+json/);
  });

  it('an address that cannot be decoded', async () => {
    const response = await rig.ask('GET', '/v1/calls/%zz');
    expect([response.statusCode, response.json<Problem>().code]).toEqual([400, 'invalidRequest']);
  });

  it('bytes that are no HTTP', async () => {
    const other = await apiRig();
    await other.api.listen({ host: '127.0.0.1', port: 0 });
    const { port } = other.api.server.address() as AddressInfo;
    const answer = await new Promise<string>((resolve) => {
      let text = '';
      const socket = connect(port, '127.0.0.1', () => socket.write('hello\r\n\r\n'));
      socket.on('data', (chunk) => (text += chunk.toString()));
      socket.on('close', () => {
        resolve(text);
      });
    });
    await other.api.close();
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('"code":"invalidRequest"');
  });

  it('show nothing of the inside when the server fails', async () => {
    const broken = await apiRig({ renderMetrics: () => Promise.reject(new Error('secret inside')) });
    const response = await broken.ask('GET', '/metrics');
    expect(response.statusCode).toBe(500);
    expect(response.json()).toEqual({
      type: 'urn:mixminus:problem:internal',
      title: 'The server failed to handle this.',
      status: 500,
      detail: 'The server failed to handle this.',
      code: 'internal',
    });
  });
});

describe('when the server cannot', () => {
  it('answers 503 with Retry-After for want of capacity, and while draining', async () => {
    const full = await apiRig({}, { limits: { maxCalls: 0, maxLegs: 9, maxLegsPerCall: 9 } });
    const refused = await full.ask('POST', '/v1/calls', {});
    expect([refused.statusCode, refused.headers['retry-after']]).toEqual([503, '5']);
    full.service.beginDrain();
    const draining = await full.ask('POST', '/v1/calls', {});
    expect([draining.json<Problem>().code, draining.headers['retry-after']]).toEqual(['draining', '30']);
  });
});

describe('slow or many clients', () => {
  it('are bounded in time and number', () => {
    const { requestTimeout, headersTimeout, timeout, maxConnections } = rig.api.server;
    expect({ requestTimeout, headersTimeout, timeout, maxConnections }).toEqual({
      requestTimeout: 30_000,
      headersTimeout: 30_000,
      // An interaction may be waited for as long as 30 s.
      timeout: 40_000,
      maxConnections: 2_000,
    });
    expect(rig.api.initialConfig).toMatchObject({ bodyLimit: 65_536 });
  });
});

describe('requests answered', () => {
  it('are told by route pattern, status and time', async () => {
    const seen: object[] = [];
    const observed = await apiRig({ observeRequest: (request) => seen.push(request) });
    await observed.ask('GET', '/v1/calls/call_x');
    await observed.ask('GET', '/nothing');
    await settle();
    expect(seen).toMatchObject([
      { method: 'GET', route: '/v1/calls/:callId', status: 404 },
      { method: 'GET', route: 'unmatched', status: 404 },
    ]);
  });
});

describe('Idempotency-Key', () => {
  it('gives the first answer again and does nothing twice', async () => {
    const headers = { 'idempotency-key': 'k1' };
    const before = rig.service.counters().calls;
    const first = await rig.ask('POST', '/v1/calls', { name: 'once' }, headers);
    const again = await rig.ask('POST', '/v1/calls', { name: 'once' }, headers);
    expect([again.statusCode, again.json(), again.headers.location]).toEqual([
      201,
      first.json(),
      first.headers.location,
    ]);
    expect(rig.service.counters().calls).toBe(before + 1);
  });

  it('also when both come at once', async () => {
    const headers = { 'idempotency-key': 'k2' };
    const before = rig.service.counters().calls;
    const answers = await Promise.all([1, 2, 3].map(() => rig.ask('POST', '/v1/calls', {}, headers)));
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
    expect(rig.service.counters().calls).toBe(before + 1);
  });

  it('dials once', async () => {
    const other = await apiRig();
    await other.ask('POST', '/v1/calls', {});
    const dial = () => other.ask('POST', '/v1/calls/call_1/legs', { to: '49301' }, { 'idempotency-key': 'd' });
    const [first, second] = [await dial(), await dial()];
    await settle();
    expect(first.json<{ id: string }>().id).toBe(second.json<{ id: string }>().id);
    expect(other.gateway.attempts.size).toBe(1);
  });

  it('refuses the key for another body, or another address', async () => {
    const headers = { 'idempotency-key': 'k3' };
    await rig.ask('POST', '/v1/calls', { name: 'k3' }, headers);
    for (const [url, body] of [
      ['/v1/calls', { name: 'k3b' }],
      ['/v1/calls/call_1/legs', { to: '49301' }],
    ] as const) {
      const response = await rig.ask('POST', url, body, headers);
      expect(response.statusCode).toBe(422);
      expect(response.json<Problem>().detail).toContain('Idempotency-Key');
    }
  });

  it('is not remembered when the request failed', async () => {
    const other = await apiRig();
    const headers = { 'idempotency-key': 'k4' };
    await other.ask('POST', '/v1/calls', { name: 'taken', endWhenEmpty: true });
    expect((await other.ask('POST', '/v1/calls', { name: 'taken' }, headers)).statusCode).toBe(409);
    other.service.endCall('call_1');
    await settle();
    expect((await other.ask('POST', '/v1/calls', { name: 'taken' }, headers)).statusCode).toBe(201);
  });

  it('must be visible ASCII', async () => {
    const response = await rig.ask('POST', '/v1/calls', {}, { 'idempotency-key': 'a b' });
    expect([response.statusCode, response.json<Problem>().code]).toEqual([400, 'invalidRequest']);
  });

  it('is forgotten after a day, and kept for a bounded number of requests', async () => {
    let nowMs = 0;
    const cache = new IdempotencyCache(() => nowMs);
    let ran = 0;
    const run = (key: string, body: string) =>
      cache.run({ headers: { 'idempotency-key': key }, caller: 'c', method: 'POST', url: '/', body } as never, () => {
        ran += 1;
        return ran;
      });
    expect([await run('a', 'x'), await run('a', 'x')]).toEqual([1, 1]);
    await expect(run('a', 'y')).rejects.toMatchObject({ code: 'idempotencyKeyReused' });
    nowMs = 24 * 3_600_000;
    expect(await run('a', 'y')).toBe(2);
    for (let n = 0; n < 1_500; n++) await run(`n${n}`, '');
    expect(cache.size).toBe(1_000);
  });
});
