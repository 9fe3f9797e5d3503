/** Which of the two ways datagrams travel here. */
import type { DatagramPorts, UdpKind } from './datagram-ports.js';
import { loadNativeUdp } from './native-addon.js';
import { NativeUdp } from './native-udp.js';
import { UdpSockets } from './udp-socket.js';

/**
 * Settles what was configured.
 * @returns the way, and why it is node:dgram if nobody asked for that
 * @throws Error when `native` was asked for and its addon does not load
 */
export function chooseUdp(wanted: UdpKind | 'auto'): { readonly kind: UdpKind; readonly why?: string } {
  if (wanted === 'dgram') return { kind: 'dgram' };
  const loaded = loadNativeUdp();
  if (!(loaded instanceof Error)) return { kind: 'native' };
  if (wanted === 'native') throw new Error('MEDIA_UDP is native, but the addon does not load.', { cause: loaded });
  const [why = ''] = loaded.message.split('\n');
  return { kind: 'dgram', why };
}

/** Sockets of this thread. @param nowMs the thread's `performance.now()` */
export function openUdp(kind: UdpKind, nowMs: () => number): DatagramPorts {
  const addon = kind === 'native' ? loadNativeUdp() : undefined;
  return addon === undefined || addon instanceof Error ? new UdpSockets() : new NativeUdp(addon, nowMs);
}
