/** Where a simulated phone's packets leave and arrive. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** One UDP port. */
export interface PhonePort {
  readonly port: number;
  /** Sends a datagram; `bytes` may be reused at once. */
  send(bytes: Buffer, port: number, address: string): void;
  close(): void;
}

/** Opens a port on `host`. @param hear gets every datagram, and when it came, on the clock of `performance.now()` */
export type OpenPhonePort = (host: string, hear: (bytes: Buffer, atMs: number) => void) => Promise<PhonePort>;

/** A port of node:dgram: a datagram came when the process got round to it. */
export const openDgramPort: OpenPhonePort = async (host, hear) => {
  const socket = createSocket('udp4');
  socket.on('message', (bytes) => hear(bytes, performance.now()));
  socket.bind(0, host);
  await once(socket, 'listening');
  return {
    port: socket.address().port,
    // A copy, because it may go out only after the next frame was written: after a stall several are due at once.
    send: (bytes, port, address) => socket.send(Buffer.from(bytes), port, address),
    close: () => socket.close(),
  };
};
