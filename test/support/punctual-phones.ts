/**
 * What simulated phones need for delays to be measured in tenths of milliseconds: packets that leave when they are due and
 * when it is noted, and times of arrival that are the kernel's, whenever this process gets round to reading.
 */
import type { OpenPhonePort, PhonePort } from '../../demo/phone/phone-port.js';
import type { DatagramPort, DatagramPorts } from '../../src/media/datagram-ports.js';
import { openUdp } from '../../src/media/udp.js';

const FRAME_MS = 20;
/** Below the range of ports that systems give away and servers of tests use. */
const FIRST_PORT = 18_000;
const PORTS = 8000;
/** Closer than this a timer, which may come a millisecond late, is not trusted. */
const BLOCK_BELOW_MS = 2.5;

const sleeper = new Int32Array(new SharedArrayBuffer(4));

interface Heard {
  readonly bytes: Buffer;
  readonly atMs: number;
  readonly hear: (bytes: Buffer, atMs: number) => void;
}

/** As much of a phone as its clock has to know. */
interface Speaker {
  /** Moment within each 20 ms at which it speaks, 0…1. */
  readonly phase: number;
  sendFrame(): void;
}

/** Ports and clock of some phones. Nothing is decoded before {@link PunctualPhones.stop}, so that nothing waits for that. */
export class PunctualPhones {
  /** How late each packet left, ms. */
  readonly latenessMs: number[] = [];
  readonly #udp: DatagramPorts = openUdp('native', () => performance.now());
  readonly #heard: Heard[] = [];
  readonly #due: { readonly phone: Speaker; atMs: number }[] = [];
  #nextPort = FIRST_PORT + Math.floor(Math.random() * PORTS);
  #running = false;

  /** @throws Error where the addon is not built: node:dgram neither sends at once nor knows when a datagram came */
  constructor() {
    if (this.#udp.kind !== 'native') throw new Error('Delays are measured with native/udp, which is not built.');
  }

  /** Opens one of the ports. */
  readonly openPort: OpenPhonePort = async (host, hear): Promise<PhonePort> => {
    for (;;) {
      const port = FIRST_PORT + (this.#nextPort++ % PORTS);
      const socket = await this.#open(host, port, hear);
      if (!socket) continue;
      return {
        port,
        send: (bytes, toPort, address) => {
          socket.send(bytes, bytes.length, address, toPort);
          this.#udp.flush?.();
        },
        close: () => socket.close(),
      };
    }
  };

  /** Lets all phones speak, each at its phase. */
  start(phones: readonly Speaker[]): void {
    const nowMs = performance.now();
    for (const phone of phones) this.#due.push({ phone, atMs: nowMs + (1 + phone.phase) * FRAME_MS });
    this.#running = true;
    this.#run();
  }

  /** Stops speaking, and hands over what was heard. */
  stop(): void {
    this.#running = false;
    this.#udp.drain?.();
    for (const { bytes, atMs, hear } of this.#heard.splice(0)) hear(bytes, atMs);
  }

  async #open(
    host: string,
    port: number,
    hear: (bytes: Buffer, atMs: number) => void,
  ): Promise<DatagramPort | undefined> {
    try {
      return await this.#udp.open(host, port, (bytes, length, _address, _port, atMs) => {
        this.#heard.push({ bytes: Buffer.from(bytes.subarray(0, length)), atMs, hear });
      });
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return undefined;
      throw error;
    }
  }

  #run(): void {
    if (!this.#running) return;
    let nextMs = Infinity;
    for (const entry of this.#due) {
      for (let nowMs = performance.now(); entry.atMs <= nowMs; nowMs = performance.now()) {
        this.latenessMs.push(nowMs - entry.atMs);
        entry.phone.sendFrame();
        entry.atMs += FRAME_MS;
      }
      nextMs = Math.min(nextMs, entry.atMs);
    }
    this.#udp.drain?.();
    const remainingMs = nextMs - performance.now();
    if (remainingMs > BLOCK_BELOW_MS) {
      setTimeout(() => this.#run(), remainingMs - BLOCK_BELOW_MS / 2);
      return;
    }
    if (remainingMs > 0) Atomics.wait(sleeper, 0, 0, remainingMs);
    setImmediate(() => this.#run());
  }
}
