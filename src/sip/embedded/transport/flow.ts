/** Where messages come from and go to. */

/** Transports this stack speaks. */
export type SipTransport = 'udp' | 'tcp';

/** A socket to listen on. `host` is an address, not a name; port 0 takes any free port. */
export interface ListenPoint {
  readonly transport: SipTransport;
  readonly host: string;
  readonly port: number;
}

/** The way a message came: both ends, and the connection if there is one. Addresses are plain (no `::ffff:`, no zone). */
export interface Flow {
  readonly transport: SipTransport;
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly connectionId?: number;
}

/** An address to send to; `address` may be a name, which the system resolves. */
export interface Destination {
  readonly transport: SipTransport;
  readonly address: string;
  readonly port: number;
}

/** Back on the way something came, or to an address. */
export type Target = Flow | Destination;

/** True when the target is the way something came. */
export function isFlow(target: Target): target is Flow {
  return 'remoteAddress' in target;
}

/** An IPv4-mapped IPv6 address as IPv4, and any other without its zone. */
export function plainAddress(address: string): string {
  const withoutZone = address.split('%', 1)[0] ?? '';
  return withoutZone.startsWith('::ffff:') && withoutZone.includes('.') ? withoutZone.slice(7) : withoutZone;
}
