/**
 * UDP in batches: all sockets of a thread are read by one {@link NativeUdp.drain} per tick, those of a call are written by
 * one {@link NativeUdp.flush}, and no datagram wakes the thread (docs/adr/0001-batched-udp.md).
 */
import { isIPv6 } from 'node:net';
import { getSystemErrorName } from 'node:util';
import type { DatagramListener, DatagramPort, DatagramPorts } from './datagram-ports.js';
import type { NativeUdpAddon } from './native-addon.js';
import { RECEIVE_BUFFER_BYTES } from './udp-socket.js';

const NOTE_WORDS = 8;
const SEND_NOTE_WORDS = 3;
/** Source addresses of one socket that are remembered as text: both ends of a change of source, and some strangers. */
const KNOWN_SOURCES = 4;

/** What went wrong on the network so far, datagrams. */
export interface UdpCounters {
  readonly receiveErrors: number;
  readonly sendErrors: number;
  /** Longer than any media packet, not handed over. */
  readonly tooLong: number;
}

/** Sockets of `native/udp`. One object per thread, since the addon's memory belongs to the thread. */
export class NativeUdp implements DatagramPorts {
  readonly kind = 'native';
  readonly #addon: NativeUdpAddon;
  readonly #nowMs: () => number;
  readonly #ports: (NativePort | undefined)[] = [];
  readonly #notes: Int32Array;
  readonly #agesMs: Float64Array;
  readonly #slots: readonly Uint8Array[];
  readonly #arena: Uint8Array;
  readonly #sendNotes: Int32Array;
  readonly #counters: Float64Array;
  #queued = 0;
  #queuedBytes = 0;
  #count = 0;

  /** @param nowMs the clock of `arrivalMs` */
  constructor(addon: NativeUdpAddon, nowMs: () => number) {
    this.#addon = addon;
    this.#nowMs = nowMs;
    this.#notes = new Int32Array(addon.notes);
    this.#agesMs = new Float64Array(addon.agesMs);
    const slots = addon.slots.byteLength / addon.slotBytes;
    this.#slots = Array.from(
      { length: slots },
      (_, i) => new Uint8Array(addon.slots, i * addon.slotBytes, addon.slotBytes),
    );
    this.#arena = new Uint8Array(addon.arena);
    this.#sendNotes = new Int32Array(addon.sendNotes);
    this.#counters = new Float64Array(addon.counters);
  }

  get count(): number {
    return this.#count;
  }

  get counters(): UdpCounters {
    const [receiveErrors = 0, sendErrors = 0, tooLong = 0] = this.#counters;
    return { receiveErrors, sendErrors, tooLong };
  }

  async open(host: string, port: number, listener: DatagramListener): Promise<DatagramPort> {
    const socket = this.#addon.open(host, port, RECEIVE_BUFFER_BYTES);
    if (socket < 0) throw bindError(socket, host, port);
    const opened = new NativePort(isIPv6(host), listener);
    this.#ports[socket] = opened;
    this.#count++;
    return {
      send: (bytes, length, address, toPort) => {
        if (opened.open) this.#send(socket, opened, bytes, length, address, toPort);
      },
      close: () => {
        if (opened.open) this.#close(socket, opened);
      },
    };
  }

  /** Hands over what has arrived, each socket's datagrams in their order, at most {@link NativeUdpAddon.budget} of each. */
  drain(): void {
    let nowMs = this.#nowMs();
    let filled = this.#addon.receive(true);
    while (filled > 0) {
      for (let slot = 0; slot < filled; slot++) this.#hand(slot, nowMs);
      nowMs = this.#nowMs();
      filled = this.#addon.receive(false);
    }
  }

  flush(): void {
    if (this.#queued === 0) return;
    this.#addon.flush(this.#queued);
    this.#queued = 0;
    this.#queuedBytes = 0;
  }

  #hand(slot: number, nowMs: number): void {
    const note = slot * NOTE_WORDS;
    const length = this.#notes[note + 1] ?? -1;
    const port = this.#ports[this.#notes[note] ?? -1];
    // Closed by a listener before it in this batch, or too long.
    if (port === undefined || length < 0) return;
    const bytes = this.#slots[slot];
    if (bytes === undefined) return;
    const address = port.knownSource(this.#notes, note) ?? this.#learn(port, slot);
    port.listener(bytes, length, address, this.#notes[note + 2] ?? 0, nowMs - (this.#agesMs[slot] ?? 0));
  }

  #learn(port: NativePort, slot: number): string {
    return port.learnSource(this.#notes, slot * NOTE_WORDS, this.#addon.sourceText(slot, port.isIpv6));
  }

  #send(socket: number, port: NativePort, bytes: Uint8Array, length: number, address: string, toPort: number): void {
    if (length > this.#arena.length) return;
    if (address !== port.toAddress || toPort !== port.toPort) {
      // What waits still goes where it was meant to go.
      this.flush();
      port.toAddress = address;
      port.toPort = toPort;
      this.#addon.aim(socket, address, toPort);
    }
    if (this.#queued === this.#addon.sendSlots || this.#queuedBytes + length > this.#arena.length) this.flush();
    const start = this.#queuedBytes;
    // Whole arrays are block copies.
    if (bytes.length === length) this.#arena.set(bytes, start);
    else for (let i = 0; i < length; i++) this.#arena[start + i] = bytes[i] ?? 0;
    const note = this.#queued * SEND_NOTE_WORDS;
    this.#sendNotes[note] = socket;
    this.#sendNotes[note + 1] = start;
    this.#sendNotes[note + 2] = length;
    this.#queued++;
    this.#queuedBytes += length;
  }

  #close(socket: number, port: NativePort): void {
    this.flush();
    port.open = false;
    this.#ports[socket] = undefined;
    this.#count--;
    this.#addon.close(socket);
  }
}

/** One open socket: who listens, where it sends to, whom it hears. */
class NativePort {
  open = true;
  toAddress = '';
  toPort = -1;
  readonly isIpv6: boolean;
  readonly listener: DatagramListener;
  readonly #texts: string[] = [];
  /** Scope and address of each known source. */
  readonly #words = new Int32Array(KNOWN_SOURCES * 5);
  #newest = 0;

  constructor(isIpv6: boolean, listener: DatagramListener) {
    this.isIpv6 = isIpv6;
    this.listener = listener;
  }

  /** The source of the datagram noted at `note` as text, if it was met lately. */
  knownSource(notes: Int32Array, note: number): string | undefined {
    if (this.#isSource(this.#newest, notes, note)) return this.#texts[this.#newest];
    for (let known = 0; known < this.#texts.length; known++) {
      if (!this.#isSource(known, notes, note)) continue;
      this.#newest = known;
      return this.#texts[known];
    }
    return undefined;
  }

  /** Remembers it, in place of another when there are {@link KNOWN_SOURCES}. @returns `text` */
  learnSource(notes: Int32Array, note: number, text: string): string {
    this.#newest = this.#texts.length < KNOWN_SOURCES ? this.#texts.length : (this.#newest + 1) % KNOWN_SOURCES;
    this.#texts[this.#newest] = text;
    for (let word = 0; word < 5; word++) this.#words[this.#newest * 5 + word] = notes[note + 3 + word] ?? 0;
    return text;
  }

  #isSource(known: number, notes: Int32Array, note: number): boolean {
    for (let word = 0; word < 5; word++) {
      if (this.#words[known * 5 + word] !== notes[note + 3 + word]) return false;
    }
    return true;
  }
}

function bindError(errno: number, host: string, port: number): NodeJS.ErrnoException {
  const code = getSystemErrorName(errno);
  return Object.assign(new Error(`bind ${code} ${host}:${port}`), { code, errno, syscall: 'bind' });
}
