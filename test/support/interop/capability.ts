/** What the kernel lets this process do. */
import { readFileSync } from 'node:fs';

/** Bit of raw sockets in a capability set (linux/capability.h). */
const CAP_NET_RAW = 13n;

/** Whether packets with any header may be sent, as SIPp does when it plays captures. */
export function maySendRaw(): boolean {
  try {
    const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
    return ((BigInt(`0x${effective}`) >> CAP_NET_RAW) & 1n) === 1n;
  } catch {
    return false;
  }
}
