/** Ports for datagrams under test, and phones of plain node:dgram that are independent of what is tested. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { afterEach, expect } from 'vitest';
import type { DatagramPort, DatagramPorts } from '../../src/media/datagram-ports.js';
import { loadNativeUdp, type NativeUdpAddon } from '../../src/media/native-addon.js';
import { NativeUdp } from '../../src/media/native-udp.js';

const loaded = loadNativeUdp();
/** The addon, where it could be built. */
export const addon: NativeUdpAddon | undefined = loaded instanceof Error ? undefined : loaded;
if (loaded instanceof Error) console.log(`native UDP is not tested: ${loaded.message}`);

/** One datagram as a port handed it over. */
export interface Got {
  readonly text: string;
  readonly address: string;
  readonly port: number;
  readonly arrivalMs: number;
}

/** A phone. */
export interface UdpPeer {
  readonly socket: Socket;
  readonly received: readonly { readonly text: string; readonly port: number; readonly address: string }[];
  readonly host: string;
  readonly port: number;
  close(): void;
}

/** A port that is open. */
export interface OpenPort {
  readonly port: DatagramPort;
  readonly got: readonly Got[];
  /** Its number. */
  readonly number: number;
}

/** What is opened on it is closed after each test. */
export class UdpStage {
  readonly #cleanUps: (() => void)[] = [];

  constructor() {
    afterEach(() => {
      for (const cleanUp of this.#cleanUps.splice(0)) cleanUp();
    });
  }

  readonly later = (cleanUp: () => void): void => void this.#cleanUps.push(cleanUp);

  readonly openPeer = async (host = '127.0.0.1'): Promise<UdpPeer> => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    const received: { text: string; port: number; address: string }[] = [];
    socket.on('message', (bytes, from) => {
      received.push({ text: bytes.toString('latin1'), port: from.port, address: from.address });
    });
    socket.bind(0, host);
    await once(socket, 'listening');
    let open = true;
    const close = () => {
      if (open) socket.close();
      open = false;
    };
    this.later(close);
    return { socket, received, host, port: socket.address().port, close };
  };

  /** Opens a port on `ports` and finds out its number by sending from it. */
  readonly openPort = async (
    ports: DatagramPorts,
    peer: UdpPeer,
    onDatagram?: (got: Got) => void,
  ): Promise<OpenPort> => {
    const got: Got[] = [];
    const port = await ports.open(peer.host, 0, (bytes, length, address, from, arrivalMs) => {
      const text = Buffer.from(bytes.subarray(0, length)).toString('latin1');
      const datagram = { text, address, port: from, arrivalMs };
      got.push(datagram);
      onDatagram?.(datagram);
    });
    this.later(() => port.close());
    sendText(port, 'who am I', peer.port, peer.host);
    ports.flush?.();
    const before = peer.received.length;
    await drainUntil(ports, () => peer.received.length > before);
    return { port, got, number: peer.received.at(-1)?.port ?? 0 };
  };
}

/** Sends text from a port. */
export function sendText(port: DatagramPort, text: string, to: number, address = '127.0.0.1'): void {
  const bytes = new Uint8Array(1500);
  bytes.set(Buffer.from(text, 'latin1'));
  port.send(bytes, text.length, address, to);
}

/** Sends texts from a phone; resolves when the kernel has them. */
export function sendAll(socket: Socket, texts: readonly string[], port: number, host = '127.0.0.1'): Promise<unknown> {
  return Promise.all(texts.map((text) => new Promise((sent) => socket.send(text, port, host, sent))));
}

/** Drains as a worker does, until it is so. */
export async function drainUntil(ports: DatagramPorts, done: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !done(); i++) {
    ports.drain?.();
    if (!done()) await new Promise((resolve) => setTimeout(resolve, 4));
  }
  expect(done()).toBe(true);
}

/** Ports of the addon. */
export const nativePorts = (): NativeUdp => new NativeUdp(addon!, () => performance.now());

/** Files this process has open. */
export const openFiles = (): number => readdirSync('/proc/self/fd').length;
