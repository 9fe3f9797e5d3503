/** What the media plane needs of UDP; `native-udp.ts` and `udp-socket.ts` are the real ones, tests emulate a network. */

/**
 * Called for every datagram: the first `length` of `bytes`, only valid during the call. `arrivalMs` is when it came, on the
 * clock of `performance.now()`, which may be up to a tick before it is handed over.
 */
export type DatagramListener = (
  bytes: Uint8Array,
  length: number,
  address: string,
  port: number,
  arrivalMs: number,
) => void;

/** One bound UDP port. */
export interface DatagramPort {
  /** Sends the first `length` bytes now or at the next flush; never throws. `bytes` may be reused at once after a flush. */
  send(bytes: Uint8Array, length: number, address: string, port: number): void;
  /** Sends what waits, then closes; harmless a second time. No listener is called afterwards. */
  close(): void;
}

/** How datagrams travel: `native/udp` in batches, or node:dgram. */
export type UdpKind = 'native' | 'dgram';

/** Opens UDP ports. */
export interface DatagramPorts {
  /** Binds `host:port`. @throws Error with `code` `EADDRINUSE` and friends as the system gives them */
  open(host: string, port: number, listener: DatagramListener): Promise<DatagramPort>;
  /** Ports open now. */
  readonly count: number;
  readonly kind: UdpKind;
  /** Hands over what has arrived, within bounds; absent where datagrams are handed over as they come. */
  drain?(): void;
  /** Sends what waits; absent where {@link DatagramPort.send} does so itself. */
  flush?(): void;
}
