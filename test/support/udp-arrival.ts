/** Knows from the kernel (Linux) which sockets there are, and when datagrams wait at one. */
import { readFileSync } from 'node:fs';
import { setTimeout as passes } from 'node:timers/promises';

const LOOK_EVERY_MS = 10;

/** Until the kernel holds something for each of these ports, and no more comes: loopback delivers late on a busy machine. */
export async function arrived(...ports: readonly number[]): Promise<void> {
  let before = '';
  for (let i = 0; i < 200; i++) {
    const waiting = ports.map((port) => socketAt(port)?.split(/\s+/)[4]?.split(':')[1] ?? '');
    const now = waiting.join();
    if (now === before && waiting.every((queue) => Number.parseInt(queue, 16) > 0)) return;
    before = now;
    await passes(LOOK_EVERY_MS);
  }
  throw new Error('Nothing arrived.');
}

/** Until some program has a socket at this port, so that nothing sent to it is lost. */
export async function listening(port: number): Promise<void> {
  for (let i = 0; i < 1000; i++) {
    if (socketAt(port) !== undefined) return;
    await passes(LOOK_EVERY_MS);
  }
  throw new Error('Nobody listens.');
}

/** The kernel's line about the socket at a port of IPv4. */
function socketAt(port: number): string | undefined {
  const name = `:${port.toString(16).toUpperCase().padStart(4, '0')} `;
  const lines = readFileSync('/proc/net/udp', 'utf8').split('\n');
  return lines.find((line) => line.slice(0, 22).includes(name))?.trim();
}
