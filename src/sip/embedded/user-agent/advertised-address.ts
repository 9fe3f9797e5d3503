/** Which host our Via and Contact name. */
import { networkInterfaces } from 'node:os';
import { isIP } from 'node:net';

/**
 * The host to write for a socket bound to `boundHost`, towards `peerAddress`: the configured one, else the bound one, else (bound
 * to all addresses) loopback for a loopback peer and the first outside address for the rest.
 */
export function advertisedHost(boundHost: string, peerAddress: string, externalHost: string | undefined): string {
  if (externalHost !== undefined) return externalHost;
  if (boundHost !== '0.0.0.0' && boundHost !== '::') return boundHost;
  const isV6 = isIP(peerAddress) === 6;
  if (peerAddress === '::1' || peerAddress.startsWith('127.') || peerAddress === 'localhost') return peerAddress;
  const family = isV6 ? 'IPv6' : 'IPv4';
  const outside = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find((address) => address.family === family && !address.internal && !address.address.startsWith('fe80:'));
  return outside?.address ?? (isV6 ? '::1' : '127.0.0.1');
}
