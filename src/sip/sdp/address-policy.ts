/** Where media may be sent to (SAFETY S3): never to places that turn this server into a weapon or into a loop. */
import { classifyAddress, parseAddress } from './address.js';
import type { IpAddress } from './address.js';

/** What an operator may open or close; link-local, multicast, broadcast and reserved addresses are always refused. */
export interface RemoteAddressPolicy {
  /** Default: allowed exactly when our own address is a loopback address. */
  readonly allowLoopback?: boolean | undefined;
  /** RFC 1918, RFC 6598 and unique local IPv6 addresses; default true, because most SIP trunks live there. */
  readonly allowPrivate?: boolean | undefined;
}

/** Verdict on an address of a description. */
export type AddressVerdict =
  | { readonly kind: 'usable'; readonly address: string }
  /** The unspecified address: media is on hold in the old style (RFC 2543 §B.5, RFC 3264 §8.4). */
  | { readonly kind: 'hold' }
  | { readonly kind: 'refused'; readonly detail: string };

/**
 * Judges the address of a `c=` line.
 * @param text         as received
 * @param localAddress ours; its family must be the peer's, because one socket sends to one family
 */
export function judgeAddress(
  text: string,
  localAddress: string,
  policy: RemoteAddressPolicy | undefined,
): AddressVerdict {
  const address = parseAddress(text);
  if (address === undefined) return refused('The media address is not an IP address literal.');
  const local = parseAddress(localAddress);
  const kind = classifyAddress(address);
  switch (kind) {
    case 'unspecified':
      return { kind: 'hold' };
    case 'multicast':
    case 'broadcast':
    case 'reserved':
      return refused(`The media address is a ${kind} address.`);
    case 'linkLocal':
      return refused('The media address is a link-local address.');
    case 'loopback':
      if (!(policy?.allowLoopback ?? isLoopback(local))) return refused('The media address is a loopback address.');
      break;
    case 'private':
      if (policy?.allowPrivate === false) return refused('The media address is in a private range.');
      break;
    case 'public':
      break;
  }
  if (local !== undefined && local.family !== address.family) {
    return refused(`The media address is IPv${address.family}, this server's is IPv${local.family}.`);
  }
  return { kind: 'usable', address: address.text };
}

function isLoopback(address: IpAddress | undefined): boolean {
  return address !== undefined && classifyAddress(address) === 'loopback';
}

function refused(detail: string): AddressVerdict {
  return { kind: 'refused', detail };
}
