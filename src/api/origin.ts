import { isIPv4 } from 'node:net';

/** Whether an address or host name means this machine itself: `127.0.0.0/8`, `::1`, `localhost`. */
export function isLoopbackHost(host: string): boolean {
  const name = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  if (name === 'localhost' || name === '::1') return true;
  return isIPv4(name) && name.startsWith('127.');
}

/**
 * Whether a request without a key may be served: only when it names a loopback host. A page elsewhere that had its name
 * resolve to 127.0.0.1 (DNS rebinding) still sends its own name in `Host`.
 */
export function namesLoopback(hostHeader: string | undefined): boolean {
  const url = parse(`http://${hostHeader ?? ''}`);
  return isLoopbackHost(url?.hostname ?? '');
}

/**
 * Whether a request comes from a page of another origin. Programs send no `Origin`; browsers always do on WebSocket
 * upgrades and on requests that change something.
 */
export function isForeignOrigin(originHeader: string | undefined, hostHeader: string | undefined): boolean {
  if (originHeader === undefined) return false;
  // What cannot be read, `null` included, is nobody's own page.
  return parse(originHeader)?.host !== (hostHeader ?? '').toLowerCase();
}

function parse(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
