/** The addon of `native/udp`, which `npm run build` compiles where it can. */
import { createRequire } from 'node:module';

/** What `native/udp` exports; memory is shared with it, so that no datagram costs an object. */
export interface NativeUdpAddon {
  /** Binds a numeric address. @returns the socket's index, or a negative errno */
  open(host: string, port: number, receiveBytes: number): number;
  /** The index is not given to another socket before the next drain begins. */
  close(socket: number): boolean;
  /** Reads what is there, a burst of each socket in turn. @param first begins a drain @returns slots filled; 0 = drained */
  receive(first: boolean): number;
  /** Source address of a filled slot, as text. */
  sourceText(slot: number, isIpv6: boolean): string;
  /** Sets where a socket sends to. @returns false when that is no numeric address; nothing is sent then, only counted */
  aim(socket: number, address: string, port: number): boolean;
  /** Sends the datagrams of the first `count` send notes. */
  flush(count: number): void;
  /** Received datagrams, each at the beginning of its slot. */
  readonly slots: ArrayBuffer;
  /** Eight int32 per slot: socket, length (−1 = was too long), port, scope, address (four words as they were on the wire). */
  readonly notes: ArrayBuffer;
  /** One float64 per slot: ms since the kernel received it; negative = after `receive` began. */
  readonly agesMs: ArrayBuffer;
  /** Bytes to be sent. */
  readonly arena: ArrayBuffer;
  /** Three int32 per datagram to be sent: socket, offset in {@link arena}, length. */
  readonly sendNotes: ArrayBuffer;
  /** Three float64: receive errors, send errors, datagrams longer than a slot. */
  readonly counters: ArrayBuffer;
  readonly slotBytes: number;
  readonly sendSlots: number;
  /** Most datagrams that one socket gets per drain. */
  readonly budget: number;
}

/** Loads it for this thread. @returns why there is none, if so: it is not built, or not for this machine */
export function loadNativeUdp(): NativeUdpAddon | Error {
  try {
    const load = createRequire(import.meta.url);
    return load('../../native/build/udp.node') as NativeUdpAddon;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
