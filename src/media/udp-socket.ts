/** UDP over node:dgram, one socket per port: works everywhere, and every datagram wakes the thread. */
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { DatagramListener, DatagramPort, DatagramPorts } from './datagram-ports.js';

/** Room for half a second of a hostile flood, so that a stalled thread loses nothing of honest streams. */
export const RECEIVE_BUFFER_BYTES = 256 * 1024;

/** Opens real UDP sockets on this machine. */
export class UdpSockets implements DatagramPorts {
  readonly kind = 'dgram';
  #count = 0;

  get count(): number {
    return this.#count;
  }

  async open(host: string, port: number, listener: DatagramListener): Promise<DatagramPort> {
    const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4', lookup: asIs });
    await bind(socket, host, port);
    this.#count++;
    try {
      socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
    } catch {
      // The system's limit is smaller; its default then stays.
    }
    // ICMP unreachable and the like surface here; a dead peer is the RTP timeout's business.
    socket.on('error', () => undefined);
    socket.on('message', (bytes, from) => listener(bytes, bytes.length, from.address, from.port, performance.now()));
    let open = true;
    return {
      send(bytes, length, address, toPort) {
        if (open) socket.send(bytes, 0, length, toPort, address, ignore);
      },
      close: () => {
        if (!open) return;
        open = false;
        this.#count--;
        socket.close();
      },
    };
  }
}

/** Addresses are always numeric here; skipping the resolver saves two hops per packet. */
function asIs(
  hostname: string,
  _options: unknown,
  callback: (error: NodeJS.ErrnoException | null, address: string, family: number) => void,
): void {
  callback(null, hostname, isIPv6(hostname) ? 6 : 4);
}

function ignore(): void {
  // With a callback, send errors are not thrown as 'error' events.
}

function bind(socket: Socket, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind({ address: host, port, exclusive: true }, () => {
      socket.removeAllListeners('error');
      resolve();
    });
  });
}
