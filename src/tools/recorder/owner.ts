/**
 * Who writes a recording: a process that can be told from a later one of the same number. Another server with the same
 * directory (the old one still draining) leaves its recordings alone.
 */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** A process of this machine. */
export function ownerOf(pid: number): string {
  return `${hostname()} ${pid} ${startOf(pid) ?? 0}`;
}

/** Whether a recording's writer is another process of this machine that lives. Of other machines nothing is known. */
export function isAnotherAlive(owner: string): boolean {
  const [host, pid, start] = owner.split(' ');
  if (host !== hostname() || pid === undefined || Number(pid) === process.pid) return false;
  return startOf(Number(pid)) === start;
}

/** When a process started, in clock ticks since the machine did (proc(5), field 22); undefined when there is none. */
function startOf(pid: number): string | undefined {
  if (!Number.isSafeInteger(pid)) return undefined;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name in parentheses may hold anything.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
