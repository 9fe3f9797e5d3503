import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import { type ApiOptions, createApi } from '../../src/api/api.js';
import { type CallRig, callRig } from './call-rig.js';
import { FakeAssets } from './fake-assets.js';

/** @param body becomes JSON */
type Ask = (
  method: string,
  url: string,
  body?: object | string,
  headers?: Record<string, string>,
) => Promise<LightMyRequestResponse>;

/** An API over a {@link CallRig}. */
export interface ApiRig extends CallRig {
  readonly api: FastifyInstance;
  readonly assets: FakeAssets;
  /** `METHOD /pattern` of everything registered. */
  readonly routes: readonly string[];
  /** Sends a request as somebody on this machine would. */
  readonly ask: Ask;
}

/** Builds an {@link ApiRig}; without keys unless told otherwise. */
export async function apiRig(
  change: Partial<ApiOptions> = {},
  settings: Parameters<typeof callRig>[0] = {},
): Promise<ApiRig> {
  const rig = await callRig(settings);
  const assets = new FakeAssets();
  const api = createApi({
    service: rig.service,
    assets,
    clock: rig.clock,
    host: '127.0.0.1',
    keys: [],
    version: '0.0.0',
    checkHealth: () => ({ ready: true, checks: { signalling: { ok: true } } }),
    renderMetrics: () => Promise.resolve({ contentType: 'text/plain; version=0.0.4', text: 'mixminus_calls 0\n' }),
    ...change,
  });
  await api.ready();
  return {
    ...rig,
    api,
    assets,
    routes: routesOf(api),
    ask: (method, url, body, headers = {}) =>
      api.inject({
        method: method,
        url,
        headers: { host: '127.0.0.1:3000', ...headers },
        ...(body === undefined ? {} : { payload: body }),
      }),
  };
}

/** Reads fastify's own listing: one line per route, ending in its methods. */
function routesOf(api: FastifyInstance): string[] {
  const listing = api.printRoutes({ commonPrefix: false });
  const path: string[] = [];
  return listing.split('\n').flatMap((line) => {
    const found = /^([│ ]*)[├└]── (\S*)(?: \((.*)\))?$/.exec(line);
    if (found === null) return [];
    const [, indent = '', part = '', methods] = found;
    path.splice(indent.length / 4);
    path.push(part);
    return (methods ?? '').split(', ').flatMap((method) => (method === '' ? [] : [`${method} ${path.join('')}`]));
  });
}
