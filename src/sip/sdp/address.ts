/** IP address literals as bytes, without any name resolution: parse, print, classify. */

/** An address literal: 4 bytes for IPv4, 16 for IPv6; IPv4-mapped IPv6 (RFC 4291 §2.5.5.2) becomes IPv4. */
export interface IpAddress {
  readonly family: 4 | 6;
  readonly bytes: readonly number[];
  /** Canonical text (RFC 5952), equal for equal addresses and equal to what sockets report. */
  readonly text: string;
}

/** What an address means as a destination of media. */
export type AddressClass =
  'unspecified' | 'loopback' | 'linkLocal' | 'multicast' | 'broadcast' | 'reserved' | 'private' | 'public';

/** The address a literal names; undefined for anything else (host names, zones, short or octal forms). */
export function parseAddress(text: string): IpAddress | undefined {
  if (text.length > 45) return undefined;
  const bytes = text.includes(':') ? parseV6(text) : parseV4(text);
  if (bytes === undefined) return undefined;
  if (bytes.length === 4) return v4(bytes);
  if (isZero(bytes, 0, 10) && bytes[10] === 0xff && bytes[11] === 0xff) return v4(bytes.slice(12));
  return { family: 6, bytes, text: printV6(groupsOf(bytes)) };
}

/**
 * Classifies an address (RFC 6890, RFC 4291). Addresses that carry an IPv4 address for a translator (`64:ff9b::/96`,
 * `2002::/16`) are what the carried address is.
 */
export function classifyAddress(address: IpAddress): AddressClass {
  return address.family === 4 ? classifyV4(address.bytes) : classifyV6(address.bytes);
}

function classifyV4(bytes: readonly number[]): AddressClass {
  const [a = 0, b = 0] = bytes;
  if (isZero(bytes, 0, 4)) return 'unspecified';
  if (a === 127) return 'loopback';
  if (a === 169 && b === 254) return 'linkLocal';
  if (a >= 224 && a <= 239) return 'multicast';
  if (bytes.every((byte) => byte === 255)) return 'broadcast';
  if (a === 0 || a >= 240) return 'reserved';
  if (a === 10 || (a === 172 && b >= 16 && b <= 31) || (a === 192 && b === 168)) return 'private';
  // Shared address space of carriers (RFC 6598).
  if (a === 100 && b >= 64 && b <= 127) return 'private';
  return 'public';
}

function classifyV6(bytes: readonly number[]): AddressClass {
  const [a = 0, b = 0] = bytes;
  if (isZero(bytes, 0, 15)) {
    if (bytes[15] === 0) return 'unspecified';
    if (bytes[15] === 1) return 'loopback';
  }
  if (a === 0xff) return 'multicast';
  if (a === 0xfe && (b & 0xc0) === 0x80) return 'linkLocal';
  if ((a & 0xfe) === 0xfc || (a === 0xfe && (b & 0xc0) === 0xc0)) return 'private';
  if (a === 0x20 && b === 0x02) return classifyV4(bytes.slice(2, 6));
  if (a === 0x00 && b === 0x64 && bytes[2] === 0xff && bytes[3] === 0x9b) return classifyV4(bytes.slice(12));
  // Only 2000::/3 is handed out as global unicast.
  return (a & 0xe0) === 0x20 ? 'public' : 'reserved';
}

function v4(bytes: readonly number[]): IpAddress {
  return { family: 4, bytes, text: bytes.join('.') };
}

function isZero(bytes: readonly number[], from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i] !== 0) return false;
  return true;
}

function groupsOf(bytes: readonly number[]): number[] {
  const groups: number[] = [];
  for (let i = 0; i < 16; i += 2) groups.push(((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0));
  return groups;
}

/** RFC 5952 §4: lower case, no leading zeros, the first longest run of two or more zero groups as `::`. */
function printV6(groups: readonly number[]): string {
  let start = -1;
  let length = 1;
  for (let i = 0; i < groups.length; i++) {
    let end = i;
    while (groups[end] === 0) end++;
    if (end - i > length) {
      start = i;
      length = end - i;
    }
  }
  const hex = groups.map((group) => group.toString(16));
  if (start < 0) return hex.join(':');
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`;
}

/** Four decimal parts without leading zeros; `0177.0.0.1`, `127.1` and `0x7f000001` are no addresses here. */
function parseV4(text: string): number[] | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  const bytes: number[] = [];
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part)) return undefined;
    const value = Number(part);
    if (value > 255) return undefined;
    bytes.push(value);
  }
  return bytes;
}

function parseV6(text: string): number[] | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] ?? '', halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1] ?? '', true) : [];
  if (head === undefined || tail === undefined) return undefined;
  if (halves.length === 1) return head.length === 16 ? head : undefined;
  const missing = 16 - head.length - tail.length;
  return missing >= 2 ? [...head, ...new Array<number>(missing).fill(0), ...tail] : undefined;
}

/** Bytes of colon-separated groups, the last of which may be dotted decimal when `mayEndInV4`. */
function parseGroups(text: string, mayEndInV4: boolean): number[] | undefined {
  if (text === '') return [];
  const bytes: number[] = [];
  const groups = text.split(':');
  for (const [index, group] of groups.entries()) {
    if (mayEndInV4 && index === groups.length - 1 && group.includes('.')) {
      const dotted = parseV4(group);
      if (dotted === undefined) return undefined;
      bytes.push(...dotted);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(group)) {
      const value = parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    } else {
      return undefined;
    }
  }
  return bytes;
}
