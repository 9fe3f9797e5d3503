/** Peers for the tests of the transport layer: plain sockets on loopback. */
import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { SipMessage } from '../../../src/sip/message/message.js';
import type { Flow, ListenPoint } from '../../../src/sip/embedded/transport/flow.js';
import type { TransportLimits } from '../../../src/sip/embedded/transport/limits.js';
import { TransportLayer, type Malformed } from '../../../src/sip/embedded/transport/transport-layer.js';

export const host = '127.0.0.1';

/** A started layer on one UDP and one TCP port, with what it heard. */
export class Server {
  readonly heard: { message: SipMessage; flow: Flow }[] = [];
  readonly malformed: { malformed: Malformed; flow: Flow }[] = [];
  nowMs = 0;
  readonly layer: TransportLayer;

  constructor(
    limits: Partial<TransportLimits> = {},
    listen: readonly ListenPoint[] = [
      { transport: 'udp', host, port: 0 },
      { transport: 'tcp', host, port: 0 },
    ],
    onThrow: (thrown: unknown) => void = () => undefined,
  ) {
    this.layer = new TransportLayer({ listen, limits, now: () => this.nowMs, onThrow });
    this.layer.onMessage((message, flow) => this.heard.push({ message, flow }));
    this.layer.onMalformed((malformed, flow) => this.malformed.push({ malformed, flow }));
  }

  async start(): Promise<this> {
    await this.layer.start();
    return this;
  }

  port(transport: 'udp' | 'tcp'): number {
    return this.layer.listenPoints.find((point) => point.transport === transport)?.port ?? 0;
  }
}

/** Resolves when `condition` holds; the test's own timeout ends the waiting. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** A UDP peer that keeps what it gets. */
export class UdpPeer {
  readonly got: string[] = [];
  readonly socket: DatagramSocket = createSocket('udp4');

  async open(): Promise<this> {
    this.socket.on('message', (bytes) => this.got.push(bytes.toString()));
    this.socket.bind(0, host);
    await once(this.socket, 'listening');
    return this;
  }

  get port(): number {
    return this.socket.address().port;
  }

  send(bytes: Buffer | string, port: number): void {
    this.socket.send(bytes, port, host);
  }

  close(): void {
    this.socket.close();
  }
}

/** A TCP peer that keeps what it gets. */
export class TcpPeer {
  got = '';
  closed = false;
  readonly socket: Socket;

  constructor(port: number) {
    this.socket = connect(port, host);
    this.socket.on('data', (bytes) => (this.got += bytes.toString()));
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => (this.closed = true));
  }

  async open(): Promise<this> {
    await once(this.socket, 'connect');
    return this;
  }

  get port(): number {
    return (this.socket.address() as AddressInfo).port;
  }

  send(bytes: Buffer | string): void {
    this.socket.write(bytes);
  }

  close(): void {
    this.socket.destroy();
  }
}
