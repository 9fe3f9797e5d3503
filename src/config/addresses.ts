/** Addresses as settings write them. */
import { BlockList, isIP } from 'node:net';
import type { ListenAddress } from './config.js';

/** Reads `udp:127.0.0.1:5060` or `tcp:[::1]:5060`; undefined when it is anything else. */
export function parseListen(text: string): ListenAddress | undefined {
  const match = /^(udp|tcp):(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+)):(\d{1,5})$/.exec(text);
  if (match === null) return undefined;
  const host = match[2] ?? match[3] ?? '';
  const port = Number(match[4]);
  if (isIP(host) !== (match[2] === undefined ? 4 : 6) || port > 65_535) return undefined;
  return { transport: match[1] === 'udp' ? 'udp' : 'tcp', host, port };
}

/** True for `10.0.0.0/8`, `2001:db8::/32` and single addresses. */
export function isNetwork(text: string): boolean {
  const [address = '', prefix, ...more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || more.length > 0 || address.includes('%')) return false;
  if (prefix === undefined) return true;
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128);
}

/** True for an address nobody else can reach. */
export function isLoopback(address: string): boolean {
  if (isIP(address) === 0) return false;
  return loopback.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');
}

/** True for `0.0.0.0` and `::`, in any spelling. */
export function isUnspecified(address: string): boolean {
  if (isIP(address) === 0) return false;
  return unspecified.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

const unspecified = new BlockList();
unspecified.addAddress('0.0.0.0', 'ipv4');
unspecified.addAddress('::', 'ipv6');
