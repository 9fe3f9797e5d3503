import { beforeAll, describe, expect, it } from 'vitest';
import { createApi } from '../../../src/api/api.js';
import { KeyRing } from '../../../src/api/keys.js';
import { isForeignOrigin, isLoopbackHost, namesLoopback } from '../../../src/api/origin.js';
import { RateLimiter } from '../../../src/api/rate-limit.js';
import { type ApiRig, apiRig } from '../../support/api-rig.js';

const key = 'a-key-of-this-test-0123';
const otherKey = 'another-key-of-this-test';

/** Every route there is: statuses without a key, with a wrong one, and what a right one leads to. */
const routes: [method: string, url: string, body: object | undefined, withKey: number][] = [
  ['POST', '/v1/calls', { name: 'made' }, 201],
  ['GET', '/v1/calls', undefined, 200],
  ['GET', '/v1/calls/call_1', undefined, 200],
  ['PATCH', '/v1/calls/call_1', { locked: false }, 200],
  ['DELETE', '/v1/calls/call_x', undefined, 404],
  ['GET', '/v1/calls/call_1/legs', undefined, 200],
  ['POST', '/v1/calls/call_1/legs', { to: '00' }, 403],
  ['GET', '/v1/calls/call_1/legs/leg_x', undefined, 404],
  ['PATCH', '/v1/calls/call_1/legs/leg_x', { muted: true }, 404],
  ['DELETE', '/v1/calls/call_1/legs/leg_x', undefined, 404],
  ['POST', '/v1/calls/call_1/legs/leg_x/digits', { digits: '1' }, 404],
  ['POST', '/v1/calls/call_1/legs/leg_x/interactions', { prompt: [{ type: 'silence', durationMs: 20 }] }, 404],
  ['GET', '/v1/calls/call_1/legs/leg_x/interactions', undefined, 404],
  ['GET', '/v1/calls/call_1/legs/leg_x/interactions/interaction_x', undefined, 404],
  ['DELETE', '/v1/calls/call_1/legs/leg_x/interactions/interaction_x', undefined, 404],
  ['POST', '/v1/calls/call_1/playbacks', { prompt: [{ type: 'silence', durationMs: 20 }] }, 201],
  ['GET', '/v1/calls/call_1/playbacks', undefined, 200],
  ['GET', '/v1/calls/call_1/playbacks/playback_x', undefined, 404],
  ['PATCH', '/v1/calls/call_1/playbacks/playback_x', { paused: true }, 404],
  ['DELETE', '/v1/calls/call_1/playbacks/playback_x', undefined, 404],
  ['POST', '/v1/assets', undefined, 400],
  ['GET', '/v1/assets', undefined, 200],
  ['GET', '/v1/assets/asset_x', undefined, 404],
  ['DELETE', '/v1/assets/asset_x', undefined, 404],
  ['GET', '/v1/calls/call_1/routing', undefined, 200],
  ['PUT', '/v1/calls/call_1/routing', { audiences: [], pairs: [] }, 200],
  ['GET', '/v1/calls/call_1/legs/leg_x/audience', undefined, 404],
  ['PUT', '/v1/calls/call_1/legs/leg_x/audience', {}, 404],
  ['PUT', '/v1/calls/call_1/legs/leg_x/audience/source_y', { gainDb: -6 }, 404],
  ['DELETE', '/v1/calls/call_1/legs/leg_x/audience/source_y', undefined, 404],
  ['GET', '/v1/calls/call_1/consent', undefined, 200],
  ['POST', '/v1/calls/call_1/consent', undefined, 409],
  ['GET', '/v1/calls/call_1/legs/leg_x/consent', undefined, 404],
  ['POST', '/v1/calls/call_1/legs/leg_x/consent', { action: 'ask' }, 404],
  ['POST', '/v1/calls/call_1/recordings', undefined, 201],
  ['GET', '/v1/calls/call_1/recordings', undefined, 200],
  ['POST', '/v1/calls/call_1/recordings/recording_x/stop', undefined, 404],
  ['GET', '/v1/recordings', undefined, 200],
  ['GET', '/v1/recordings/recording_x', undefined, 404],
  ['DELETE', '/v1/recordings/recording_x', undefined, 404],
  ['GET', '/v1/recordings/recording_x/files/leg.wav', undefined, 404],
  ['GET', '/v1/events', undefined, 426],
  ['GET', '/metrics', undefined, 200],
];
const publicRoutes = ['/livez', '/readyz', '/openapi.json', '/docs/', '/docs/static/swagger-ui.css'];

describe('with keys', () => {
  let rig: ApiRig;
  beforeAll(async () => {
    rig = await apiRig({ host: '0.0.0.0', keys: [key, otherKey], rateLimit: { perSecond: 1, burst: 10_000 } });
    await rig.ask('POST', '/v1/calls', { name: 'first' }, { authorization: `Bearer ${key}` });
  });

  it.each(routes)('%s %s asks for one', async (method, url, body, withKey) => {
    const ask = (authorization?: string) =>
      rig.ask(method, url, body, { host: 'bridge.example', ...(authorization ? { authorization } : {}) });
    for (const wrong of [
      undefined,
      'Bearer wrong',
      `Bearer ${key}x`,
      `Basic ${key}`,
      key,
      'Bearer',
      `Bearer  ${key}`,
    ]) {
      const refused = await ask(wrong);
      expect([refused.statusCode, refused.json<{ code: string }>().code]).toEqual([401, 'unauthorized']);
      expect(refused.headers['www-authenticate']).toBe('Bearer');
    }
    expect((await ask(`Bearer ${otherKey}`)).statusCode).toBe(withKey);
    if (method !== 'POST') expect((await ask(`bearer ${key}`)).statusCode).toBe(withKey);
  });

  it.each(publicRoutes)('GET %s is open', async (url) => {
    expect((await rig.ask('GET', url)).statusCode).toBe(200);
  });

  it('the table above has every route', () => {
    const paths = Object.entries((rig.api.swagger() as { paths: Record<string, object> }).paths);
    const described = paths.flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const pattern = (url: string) => url.replaceAll(/([a-z]+)_\w+/g, '{$1Id}').replace(/files\/.+$/, 'files/{name}');
    const tested = routes.map(([method, url]) => `${method} ${pattern(url)}`);
    expect(described.sort()).toEqual([...tested, 'GET /livez', 'GET /readyz'].sort());
    // Nothing hidden either: what is registered is described, but for the documentation itself.
    const registered = new Set(rig.routes.filter((route) => !/^(HEAD|OPTIONS) |\/docs|\/openapi\.json/.test(route)));
    expect(registered).toEqual(new Set(described.map((route) => route.replaceAll(/\{(\w+)\}/g, ':$1'))));
  });

  it('addresses where nothing is tell nothing without a key', async () => {
    for (const url of ['/v1/nothing', '/v1/calls/call_1/nothing', '/docsx', '/livez/x']) {
      expect((await rig.ask('GET', url)).statusCode).toBe(401);
    }
    expect((await rig.ask('GET', '/v1/nothing', undefined, { authorization: `Bearer ${key}` })).statusCode).toBe(404);
  });
});

describe('without keys', () => {
  it('listening beyond loopback is refused', async () => {
    const rig = await apiRig();
    const start = (host: string) => () =>
      createApi({
        service: rig.service,
        assets: rig.assets,
        clock: rig.clock,
        host,
        keys: [],
        version: '0',
        checkHealth: () => ({ ready: true, checks: {} }),
        renderMetrics: () => Promise.reject(new Error('unused')),
      });
    for (const host of ['0.0.0.0', '::', '10.0.0.1', '128.0.0.1', 'example.org', '127.0.0.1.example.org']) {
      expect(start(host), host).toThrow('needs API keys');
    }
    for (const host of ['127.0.0.1', '::1', 'localhost', '127.1.2.3']) expect(start(host), host).not.toThrow();
  });

  it('only requests that name a loopback host are served, so that no page can rebind its name to this machine', async () => {
    const { ask } = await apiRig();
    for (const host of ['127.0.0.1:3000', 'localhost', '[::1]:3000', 'LOCALHOST:3000']) {
      expect((await ask('GET', '/v1/calls', undefined, { host })).statusCode, host).toBe(200);
    }
    for (const host of ['evil.example', 'evil.example:3000', '10.0.0.1', '127.0.0.1.evil.example', 'a@127.0.0.1:x']) {
      expect((await ask('GET', '/livez', undefined, { host })).statusCode, host).toBe(403);
    }
  });

  it('pages of another origin cannot change anything', async () => {
    const { ask, service } = await apiRig();
    for (const origin of ['https://evil.example', 'null', 'http://127.0.0.1:4000', 'http://localhost:3000']) {
      const response = await ask('POST', '/v1/calls', {}, { origin });
      expect([response.statusCode, response.json<{ code: string }>().code]).toEqual([403, 'forbidden']);
    }
    expect(service.counters().calls).toBe(0);
    expect((await ask('POST', '/v1/calls', {}, { origin: 'http://127.0.0.1:3000' })).statusCode).toBe(201);
  });
});

describe('rate limits', () => {
  it('hold per key, tell when to try again, and refill', async () => {
    const rig = await apiRig({ keys: [key, otherKey], rateLimit: { perSecond: 2, burst: 3 } });
    const ask = async (authorization: string) =>
      (await rig.ask('GET', '/v1/calls', undefined, { authorization: `Bearer ${authorization}` })).statusCode;
    expect([await ask(key), await ask(key), await ask(key), await ask(key)]).toEqual([200, 200, 200, 429]);
    expect(await ask(otherKey)).toBe(200);
    await rig.clock.advance(500);
    expect([await ask(key), await ask(key)]).toEqual([200, 429]);
    const refused = await rig.ask('GET', '/v1/calls', undefined, { authorization: `Bearer ${key}` });
    expect(refused.headers['retry-after']).toBe('1');
    expect(refused.json()).toMatchObject({ code: 'rateLimited', status: 429 });
  });

  it('hold for who guesses keys, and never for probes', async () => {
    const rig = await apiRig({ keys: [key], rateLimit: { perSecond: 1, burst: 2 } });
    const guess = async () =>
      (await rig.ask('GET', '/v1/calls', undefined, { authorization: 'Bearer guess' })).statusCode;
    expect([await guess(), await guess(), await guess()]).toEqual([401, 401, 429]);
    for (let n = 0; n < 5; n++) expect((await rig.ask('GET', '/livez')).statusCode).toBe(200);
  });

  it('are kept for a bounded number of callers', () => {
    const limiter = new RateLimiter({ perSecond: 1, burst: 1 }, () => 0);
    expect([limiter.take('first'), limiter.take('first')]).toEqual([true, false]);
    for (let n = 0; n < 10_000; n++) limiter.take(`caller ${n}`);
    expect(limiter.take('first')).toBe(true);
  });
});

describe('keys and origins', () => {
  it('tells keys apart without telling them', () => {
    const ring = new KeyRing([key, otherKey]);
    expect([ring.identify(`Bearer ${key}`), ring.identify(`Bearer ${otherKey}`)]).toEqual(['key0', 'key1']);
    expect(ring.identify(`Bearer ${key.toUpperCase()}`)).toBeUndefined();
    expect(JSON.stringify(ring)).not.toContain(key);
    expect(new KeyRing([]).identify('Bearer ')).toBeUndefined();
  });

  it('knows loopback hosts and foreign origins', () => {
    expect(['127.0.0.1', '[::1]', 'localhost', '127.255.0.1'].every(isLoopbackHost)).toBe(true);
    expect(['127.0.0.1x', '0.0.0.0', 'local', '1.127.0.0'].some(isLoopbackHost)).toBe(false);
    expect(namesLoopback(undefined)).toBe(false);
    expect(isForeignOrigin(undefined, 'a')).toBe(false);
    expect(isForeignOrigin('http://a:80', 'a')).toBe(false);
    expect(isForeignOrigin('http://a', undefined)).toBe(true);
  });
});
