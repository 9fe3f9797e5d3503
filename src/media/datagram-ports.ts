/** What the media plane needs of UDP; `udp-socket.ts` is the real one, tests emulate a network. */

/** Called for every datagram; `bytes` is only valid during the call. */
export type DatagramListener = (bytes: Uint8Array, address: string, port: number) => void;

/** One bound UDP port. */
export interface DatagramPort {
  /** Sends the first `length` bytes now; never throws. `bytes` may be reused once the next tick begins. */
  send(bytes: Uint8Array, length: number, address: string, port: number): void;
  close(): void;
}

/** Opens UDP ports. */
export interface DatagramPorts {
  /** Binds `host:port`. @throws Error with `code` `EADDRINUSE` and friends as the system gives them */
  open(host: string, port: number, listener: DatagramListener): Promise<DatagramPort>;
  /** Ports open now. */
  readonly count: number;
}
