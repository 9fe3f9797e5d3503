/** Address ranges in CIDR form (RFC 4632, RFC 4291 §2.3). */
import { isIPv4, isIPv6 } from 'node:net';

/** A range as the bytes it begins with. IPv4 is held as IPv4-mapped IPv6, so that one comparison serves both. */
export interface Cidr {
  readonly bytes: Uint8Array;
  /** 0 … 128. */
  readonly prefixBits: number;
}

const mappedBits = 96;

/** Parses `10.0.0.0/8`, `2001:db8::/32` or a single address; undefined when malformed. */
export function parseCidr(text: string): Cidr | undefined {
  const [address = '', bits, ...more] = text.trim().split('/');
  const bytes = parseAddress(address);
  if (!bytes || more.length > 0) return undefined;
  const offset = isIPv4(address) ? mappedBits : 0;
  if (bits === undefined) return { bytes, prefixBits: 128 };
  const prefixBits = /^\d{1,3}$/.test(bits) ? Number(bits) + offset : Number.NaN;
  return prefixBits <= 128 ? { bytes, prefixBits } : undefined;
}

/** The 16 bytes of an address, IPv4 mapped; undefined when it is none. */
export function parseAddress(address: string): Uint8Array | undefined {
  const bytes = new Uint8Array(16);
  if (isIPv4(address)) {
    bytes.fill(0xff, 10, 12);
    address.split('.').forEach((part, index) => (bytes[12 + index] = Number(part)));
    return bytes;
  }
  if (!isIPv6(address) || address.includes('%')) return undefined;
  const [head = '', tail] = address.split('::');
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after].forEach((group, index) => {
    bytes[2 * index] = group >> 8;
    bytes[2 * index + 1] = group & 0xff;
  });
  return bytes;
}

/** True when the address lies in the range. */
export function cidrContains({ bytes, prefixBits }: Cidr, address: Uint8Array): boolean {
  const whole = prefixBits >> 3;
  for (let index = 0; index < whole; index++) {
    if (bytes[index] !== address[index]) return false;
  }
  const rest = prefixBits & 7;
  return rest === 0 || (((bytes[whole] ?? 0) ^ (address[whole] ?? 0)) & (0xff << (8 - rest)) & 0xff) === 0;
}

/** 16-bit groups of a part of an IPv6 address; a dotted tail gives two. */
function groups(text: string): number[] {
  return text === ''
    ? []
    : text.split(':').flatMap((group) => (group.includes('.') ? dottedGroups(group) : [Number.parseInt(group, 16)]));
}

function dottedGroups(text: string): number[] {
  const [a = 0, b = 0, c = 0, d = 0] = text.split('.').map(Number);
  return [a * 256 + b, c * 256 + d];
}
