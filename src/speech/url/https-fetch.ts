/**
 * Fetches a file from an address that somebody else chose (SAFETY P9).
 *
 *   URL ─► checked ─► resolved once ─► every address checked ─► connected to exactly that address
 *    ▲                                                            │
 *    └───────────── redirect, at most three, all over again ◄─────┘
 *
 * The connection is made to the checked address itself, not to the name, so that no second answer of a resolver counts.
 */
import { lookup } from 'node:dns/promises';
import http from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import { CodedError } from '../../errors.js';
import { readBounded, TooLong } from '../bounded-read.js';
import { isAudioType } from '../media-type.js';
import type { AddressPolicy } from './address-policy.js';
import { freshnessMs } from './freshness.js';
import { checkUrl, type UrlPolicy } from './url-policy.js';

/** All addresses of a host name, as the resolver gives them. */
export type Resolve = (host: string) => Promise<readonly string[]>;

/** Settings of {@link fetchAudio}. */
export interface FetchOptions extends UrlPolicy {
  readonly addresses: AddressPolicy;
  /** Default: the system's resolver. */
  readonly resolve?: Resolve;
  /** From the beginning to the last byte; default 10 s. */
  readonly totalMs?: number;
  /** Without a byte, from connecting on; default 4 s. */
  readonly idleMs?: number;
  /** Default 20 MB. */
  readonly mostBytes?: number;
  /** Certificate authorities in place of the system's, PEM. */
  readonly certificateAuthority?: string;
}

/** What makes a fetch conditional (RFC 9110 §13.1). */
export interface Validators {
  readonly etag?: string | undefined;
  readonly lastModified?: string | undefined;
}

/** What came. */
export interface Fetched extends Validators {
  /** Undefined = what the validators stand for still holds. */
  readonly bytes: Uint8Array<ArrayBuffer> | undefined;
  /** May be used without asking again for so long; undefined = must not be kept. */
  readonly freshMs: number | undefined;
}

const defaults = { totalMs: 10_000, idleMs: 4000, mostBytes: 20_000_000 } as const;
const mostRedirects = 3;
/** Of one name: tried one after the other where connecting fails. */
const mostAddresses = 3;
const mostHeaderBytes = 16_384;
const redirects = new Set([301, 302, 303, 307, 308]);

/**
 * Fetches.
 * @throws CodedError `promptRefused`, `promptFetchFailed`, `promptInvalid` (no audio, too large), the signal's reason
 */
export async function fetchAudio(
  text: string,
  options: FetchOptions,
  validators: Validators = {},
  signal?: AbortSignal,
): Promise<Fetched> {
  const totalMs = options.totalMs ?? defaults.totalMs;
  const deadline = AbortSignal.timeout(totalMs);
  const either = signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
  try {
    let url = checkUrl(text, options);
    for (let hop = 0; hop <= mostRedirects; hop++) {
      const response = await request(url, options, validators, either);
      if (!redirects.has(response.statusCode ?? 0)) return await receive(response, options, either);
      const { location } = response.headers;
      response.destroy();
      if (location === undefined) throw failed('The server redirects to nowhere.');
      url = checkUrl(location, options, url);
    }
    throw failed(`The server redirects more than ${mostRedirects} times.`);
  } catch (error) {
    if (error instanceof CodedError) throw error;
    if (signal?.aborted === true) throw signal.reason;
    if (deadline.aborted) throw failed(`The prompt did not arrive within ${totalMs} ms.`, error);
    throw failed('The connection to the server of the prompt failed.', error);
  }
}

/** Connects to one of the addresses of the URL's host, all of which have to be allowed. @returns the answer's head */
async function request(
  url: URL,
  options: FetchOptions,
  validators: Validators,
  signal: AbortSignal,
): Promise<http.IncomingMessage> {
  const addresses = await addressesOf(url, options, signal);
  let failure: unknown;
  for (const address of addresses.slice(0, mostAddresses)) {
    try {
      return await requestFrom(address, url, options, validators, signal);
    } catch (error) {
      if (error instanceof CodedError || signal.aborted) throw error;
      failure = error;
    }
  }
  throw failure;
}

async function addressesOf(url: URL, options: FetchOptions, signal: AbortSignal): Promise<readonly string[]> {
  const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
  const { resolve = systemResolve, addresses: policy } = options;
  let found: readonly string[];
  try {
    found = isIP(host) === 0 ? await abortable(resolve(host), signal) : [host];
  } catch (error) {
    if (signal.aborted) throw error;
    throw failed('The host of the prompt could not be resolved.', error);
  }
  if (found.length === 0) throw failed('The host of the prompt has no address.');
  // One that is not allowed spoils all: names that mean well do not mix them.
  if (!found.every((address) => policy.permits(address))) {
    throw new CodedError('promptRefused', 'The URL of a prompt leads to an address that is not allowed.');
  }
  return [...found].sort((a, b) => isIP(a) - isIP(b));
}

async function systemResolve(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address);
}

function requestFrom(
  address: string,
  url: URL,
  options: FetchOptions,
  { etag, lastModified }: Validators,
  signal: AbortSignal,
): Promise<http.IncomingMessage> {
  const { idleMs = defaults.idleMs, certificateAuthority } = options;
  const secure = url.protocol === 'https:';
  const name = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
  return new Promise((resolve, reject) => {
    const outgoing = (secure ? https : http).request({
      host: address,
      port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
      path: url.pathname + url.search,
      method: 'GET',
      headers: {
        host: url.host,
        accept: 'audio/*, application/octet-stream;q=0.5',
        'accept-encoding': 'identity',
        'user-agent': 'mixminus',
        ...(etag === undefined ? {} : { 'if-none-match': etag }),
        ...(lastModified === undefined ? {} : { 'if-modified-since': lastModified }),
      },
      // No connection is kept: the next prompt is checked anew. No proxy of the environment either.
      agent: secure ? new https.Agent({ keepAlive: false }) : new http.Agent({ keepAlive: false }),
      maxHeaderSize: mostHeaderBytes,
      timeout: idleMs,
      signal,
      // The certificate has to be the name's, although the address is connected to.
      ...(secure && isIP(name) === 0 && { servername: name }),
      ...(secure && certificateAuthority !== undefined && { ca: certificateAuthority }),
    });
    outgoing.on('timeout', () => outgoing.destroy(failed(`The server of the prompt was silent for ${idleMs} ms.`)));
    outgoing.on('response', resolve);
    outgoing.on('error', reject);
    outgoing.end();
  });
}

async function receive(response: http.IncomingMessage, options: FetchOptions, signal: AbortSignal): Promise<Fetched> {
  const { mostBytes = defaults.mostBytes } = options;
  const { headers, statusCode = 0 } = response;
  const about = {
    etag: headers.etag,
    lastModified: headers['last-modified'],
    freshMs: freshnessMs(headers['cache-control'], headers.age),
  };
  const leave = (error: CodedError) => {
    response.destroy();
    return error;
  };
  if (statusCode === 304) {
    response.destroy();
    return { ...about, bytes: undefined };
  }
  if (statusCode !== 200) throw leave(failed(`The server of the prompt answered with status ${statusCode}.`));
  if (!isAudioType(headers['content-type'] ?? '')) {
    throw leave(new CodedError('promptInvalid', 'What the URL of the prompt leads to is not audio.'));
  }
  if ((headers['content-encoding'] ?? 'identity') !== 'identity') {
    throw leave(new CodedError('promptInvalid', 'The prompt is sent in a compressed form.'));
  }
  const tooLarge = () => new CodedError('promptInvalid', `The prompt is larger than ${mostBytes} bytes.`);
  if (Number(headers['content-length'] ?? 0) > mostBytes) throw leave(tooLarge());
  const stop = () => response.destroy(signal.reason as Error);
  signal.addEventListener('abort', stop, { once: true });
  try {
    return { ...about, bytes: await readBounded(response, mostBytes) };
  } catch (error) {
    throw error instanceof TooLong ? tooLarge() : error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Settles as the promise does, or rejects when the signal aborts first. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

function failed(detail: string, cause?: unknown): CodedError {
  return new CodedError('promptFetchFailed', detail, cause === undefined ? {} : { cause });
}
