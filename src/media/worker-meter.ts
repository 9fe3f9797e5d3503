/** Counts what a media worker does: ticks and their lateness, packets, sockets. */
import type { DatagramPort, DatagramPorts, UdpKind } from './datagram-ports.js';
import type { WorkerMetrics } from './protocol.js';
import { TICK_MS, type TickTurn } from './ticker.js';

/** A tick that begins this much after its time is late. */
const LATE_MS = 10;
/** Reports go out about once a second. */
const TICKS_PER_REPORT = 1000 / TICK_MS;

type Gauges = Pick<WorkerMetrics, 'calls' | 'legs' | 'wasmBytes' | 'heapUsedBytes'>;

/** The counters of one worker. */
export class WorkerMeter {
  #ticks = 0;
  #lateTicks = 0;
  #skippedTicks = 0;
  #maxLatenessMs = 0;
  #maxTickMs = 0;
  #packetsReceived = 0;
  #packetsSent = 0;
  #packetsDropped = 0;
  #sockets: () => number = () => 0;
  #udp: UdpKind = 'dgram';

  /** Counts one tick. @returns true when a report is due */
  tick({ latenessMs, skipped }: TickTurn, durationMs: number): boolean {
    this.#ticks++;
    this.#skippedTicks += skipped;
    if (latenessMs > LATE_MS) this.#lateTicks++;
    if (latenessMs > this.#maxLatenessMs) this.#maxLatenessMs = latenessMs;
    if (durationMs > this.#maxTickMs) this.#maxTickMs = durationMs;
    return this.#ticks % TICKS_PER_REPORT === 0;
  }

  /** Counts a datagram that was received and not used. */
  packetDropped(): void {
    this.#packetsDropped++;
  }

  /** The same ports, with every datagram counted. */
  countingPorts(ports: DatagramPorts): DatagramPorts {
    this.#sockets = () => ports.count;
    this.#udp = ports.kind;
    return {
      get count() {
        return ports.count;
      },
      kind: ports.kind,
      drain: () => ports.drain?.(),
      flush: () => ports.flush?.(),
      open: async (host, port, listener) => {
        const socket = await ports.open(host, port, (bytes, length, address, from, arrivalMs) => {
          this.#packetsReceived++;
          listener(bytes, length, address, from, arrivalMs);
        });
        return this.#counting(socket);
      },
    };
  }

  /** Everything counted; the gauges of the last second start anew. */
  take(gauges: Gauges): WorkerMetrics {
    const metrics: WorkerMetrics = {
      ticks: this.#ticks,
      lateTicks: this.#lateTicks,
      skippedTicks: this.#skippedTicks,
      maxLatenessMs: this.#maxLatenessMs,
      maxTickMs: this.#maxTickMs,
      sockets: this.#sockets(),
      udp: this.#udp,
      packetsReceived: this.#packetsReceived,
      packetsSent: this.#packetsSent,
      packetsDropped: this.#packetsDropped,
      ...gauges,
    };
    this.#maxLatenessMs = 0;
    this.#maxTickMs = 0;
    return metrics;
  }

  #counting(socket: DatagramPort): DatagramPort {
    return {
      send: (bytes, length, address, port) => {
        this.#packetsSent++;
        socket.send(bytes, length, address, port);
      },
      close: () => socket.close(),
    };
  }
}
