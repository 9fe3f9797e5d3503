/** The compiled server as a process of its own, so that its processor time can be told from everybody else's. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** Ticks per second of /proc/PID/stat on Linux (`getconf CLK_TCK`). */
const CLOCK_TICKS = 100;

/** A running server. */
export interface ServerProcess {
  /** `host:port` of its SIP front end. */
  readonly sip: string;
  readonly http: string;
  readonly pid: number;
  /** User and system time of all its threads so far, ms. */
  cpuMs(): number;
  /** Resident memory, bytes. */
  residentBytes(): number;
  /** SIGTERM, then waits. @returns its exit code */
  stop(): Promise<number | null>;
}

/** Starts `dist/main.js` on free ports; `core` pins it to one processor where `taskset` exists. */
export async function startServer(env: Record<string, string> = {}, core?: number): Promise<ServerProcess> {
  const main = new URL('../dist/main.js', import.meta.url).pathname;
  const pinned = core !== undefined && spawnSync('taskset', ['-V']).status === 0;
  const [command, ...words] = pinned
    ? ['taskset', '-c', String(core), process.execPath, main]
    : [process.execPath, main];
  const child = spawn(command ?? process.execPath, words, {
    env: { PATH: process.env.PATH, SIP_LISTEN: 'udp:127.0.0.1:0', HTTP_PORT: '0', LOG_LEVEL: 'warn', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { sip, http } = await addressesOf(child);
  const pid = child.pid ?? 0;
  return {
    sip,
    http,
    pid,
    cpuMs: () => {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ');
      return ((Number(fields[11]) + Number(fields[12])) * 1000) / CLOCK_TICKS;
    },
    residentBytes: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024,
    stop: async () => {
      child.kill('SIGTERM');
      if (child.exitCode === null) await once(child, 'exit');
      return child.exitCode;
    },
  };
}

async function addressesOf(child: ChildProcess): Promise<{ sip: string; http: string }> {
  if (!child.stdout) throw new Error('The server has no output.');
  let sip = '';
  for await (const line of createInterface({ input: child.stdout })) {
    sip ||= /sip:room@([^;]+);transport=udp/.exec(line)?.[1] ?? '';
    const http = /(http:\S+)\/docs/.exec(line)?.[1];
    if (http !== undefined) {
      child.stdout.resume();
      return { sip, http };
    }
  }
  throw new Error('The server did not start.');
}
