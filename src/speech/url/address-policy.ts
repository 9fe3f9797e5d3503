/**
 * Which addresses the server may be sent to by somebody else's URL (SAFETY P9): only those of the public Internet,
 * and what the operator allows by name.
 *
 * Sources: IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890 and updates).
 */
import { BlockList, isIP } from 'node:net';

type Family = 'ipv4' | 'ipv6';

const notPublic4: readonly string[] = [
  '0.0.0.0/8', // this network (RFC 791); Linux takes 0.0.0.0 for loopback
  '10.0.0.0/8', // private (RFC 1918)
  '100.64.0.0/10', // carrier-grade NAT (RFC 6598); some clouds keep metadata here
  '127.0.0.0/8', // loopback
  '169.254.0.0/16', // link-local; cloud metadata
  '172.16.0.0/12', // private
  '192.0.0.0/24', // protocol assignments; some clouds keep metadata here
  '192.0.2.0/24', // documentation
  '192.31.196.0/24', // AS112
  '192.52.193.0/24', // AMT
  '192.88.99.0/24', // 6to4 relays, deprecated
  '192.168.0.0/16', // private
  '192.175.48.0/24', // AS112
  '198.18.0.0/15', // benchmarks
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '168.63.129.16/32', // Azure's host services, reachable from inside only
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, broadcast
];

/** Of what IPv6 routes at all, which is 2000::/3. */
const notPublic6: readonly string[] = [
  '2001::/23', // protocol assignments: Teredo carries IPv4, ORCHID is no address
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4 carries any IPv4 address
  '3fff::/20', // documentation
  '3ffe::/16', // 6bone, gone
];

const special4 = listOf(notPublic4);
const special6 = listOf(notPublic6);
const global6 = listOf(['2000::/3']);
/** IPv4 behind NAT64 (RFC 6052): judged by the IPv4 address in it. */
const nat64 = listOf(['64:ff9b::/96']);

/** Judges addresses. */
export class AddressPolicy {
  readonly #allowed: BlockList;

  /**
   * @param allowed      networks (CIDR) allowed although they are not public
   * @param ownAddresses addresses of this machine: public, but what listens there may be meant for nobody else
   */
  constructor(
    allowed: readonly string[],
    private readonly ownAddresses: () => readonly string[] = () => [],
  ) {
    this.#allowed = listOf(allowed);
  }

  /** True when a connection may be made to this address; it is written as the resolver or the URL parser writes it. */
  permits(address: string): boolean {
    const family = familyOf(address);
    if (family === undefined) return false;
    if (this.#allowed.check(address, family)) return true;
    if (this.#isOwn(address, family)) return false;
    if (family === 'ipv4') return !special4.check(address, 'ipv4');
    if (nat64.check(address, 'ipv6')) {
      const embedded = lastFourBytes(address);
      return embedded !== undefined && !special4.check(embedded, 'ipv4') && !this.#isOwn(embedded, 'ipv4');
    }
    return global6.check(address, 'ipv6') && !special6.check(address, 'ipv6');
  }

  #isOwn(address: string, family: Family): boolean {
    const own = new BlockList();
    for (const mine of this.ownAddresses()) {
      const mineFamily = familyOf(mine);
      if (mineFamily !== undefined) own.addAddress(mine, mineFamily);
    }
    return own.check(address, family);
  }
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix] = network.split('/');
    const family = familyOf(address);
    if (family === undefined) continue;
    list.addSubnet(address, prefix === undefined ? (family === 'ipv4' ? 32 : 128) : Number(prefix), family);
  }
  return list;
}

function familyOf(address: string): Family | undefined {
  const version = isIP(address);
  // A zone names an interface: no public address has one.
  if (version === 0 || address.includes('%')) return undefined;
  return version === 4 ? 'ipv4' : 'ipv6';
}

/** The IPv4 address at the end of an IPv6 address, by way of the URL parser, which writes it in one form only. */
function lastFourBytes(address: string): string | undefined {
  const groups = new URL(`http://[${address}]/`).hostname.slice(1, -1).split(':');
  const [high = '', low = ''] = groups.slice(-2);
  if (groups.length < 2) return undefined;
  const value = [high, low].map((group) => Number.parseInt(group === '' ? '0' : group, 16));
  const [first = 0, second = 0] = value;
  return [first >> 8, first & 255, second >> 8, second & 255].join('.');
}
