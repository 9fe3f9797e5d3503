/** Knows from the kernel (Linux) when datagrams wait at a socket. */
import { readFileSync } from 'node:fs';

/** Until the kernel holds something for each of these ports, and no more comes: loopback delivers late on a busy machine. */
export async function arrived(...ports: readonly number[]): Promise<void> {
  let before = '';
  for (let i = 0; i < 200; i++) {
    const lines = readFileSync('/proc/net/udp', 'utf8').split('\n');
    const waiting = ports.map((port) => {
      const name = `:${port.toString(16).toUpperCase().padStart(4, '0')} `;
      const [, , , , queues = ''] =
        lines
          .find((line) => line.slice(0, 22).includes(name))
          ?.trim()
          .split(/\s+/) ?? [];
      return queues.split(':')[1] ?? '';
    });
    const now = waiting.join();
    if (now === before && waiting.every((queue) => Number.parseInt(queue, 16) > 0)) return;
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('Nothing arrived.');
}
