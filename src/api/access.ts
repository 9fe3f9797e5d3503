import type { FastifyRequest } from 'fastify';
import { CodedError } from '../errors.js';
import type { KeyRing } from './keys.js';
import { isForeignOrigin, namesLoopback } from './origin.js';
import type { RateLimiter } from './rate-limit.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Served without a key: probes and documentation, nothing of any call. */
    public?: boolean;
    /** Media types of its body, for people; absent = JSON. */
    accepts?: string;
  }
  interface FastifyRequest {
    /** Who asks: a name of the key, or `open` where no keys are configured. */
    caller: string;
  }
}

/** Where the browsable documentation lives; its files belong to a plugin and are public as a whole. */
export const docsPrefix = '/docs';

/**
 * Lets a request in or throws; the same for every method, every address (also those where nothing is) and for WebSocket
 * upgrades.
 * @throws CodedError `unauthorized`, `forbidden` or `rateLimited`
 */
export function admit(request: FastifyRequest, keys: KeyRing, limiter: RateLimiter): void {
  const { host, origin, authorization } = request.headers;
  if (isForeignOrigin(origin, host) && (request.ws || !isSafe(request.method))) {
    throw new CodedError('forbidden', 'Requests from pages of another origin are refused.');
  }
  if (keys.empty && !namesLoopback(host)) {
    throw new CodedError('forbidden', 'Without API keys only requests to a loopback host are served.');
  }
  if (isPublic(request)) return;
  const caller = keys.empty ? 'open' : keys.identify(authorization);
  if (!limiter.take(caller ?? `address ${request.ip}`)) throw new CodedError('rateLimited');
  if (caller === undefined) throw new CodedError('unauthorized');
  request.caller = caller;
}

function isPublic(request: FastifyRequest): boolean {
  const { url, config } = request.routeOptions;
  if (url === undefined) return false;
  return config.public === true || url === docsPrefix || url.startsWith(`${docsPrefix}/`);
}

/** RFC 9110 §9.2.1. */
function isSafe(method: string): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
}
