/** The compiled server as a process of its own, so that its processor time can be told from everybody else's. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface, type Interface } from 'node:readline';
import { mediaThreadsAhead, wordsToRunAhead } from './real-time.js';

/** Ticks per second of /proc/PID/stat on Linux (`getconf CLK_TCK`). */
const CLOCK_TICKS = 100;
/** A server asked to end has no calls left to wait for. */
const STOP_WITHIN_MS = 10_000;
const LOG_LINES = 200;

/** How to run it. */
export interface ServerProcessOptions {
  /** Pins it to one processor where `taskset` exists. */
  readonly core?: number;
  /** Ahead of ordinary programs, for tests that judge audio on a machine that has other work. */
  readonly realTime?: boolean;
}

/** A running server. */
export interface ServerProcess {
  /** `host:port` of its SIP front end. */
  readonly sip: string;
  /** The same over TCP; empty unless `SIP_LISTEN` asks for it. */
  readonly sipTcp: string;
  readonly http: string;
  readonly pid: number;
  /** The newest lines of its log. */
  readonly log: readonly string[];
  /** User and system time of all its threads so far, ms. */
  cpuMs(): number;
  /** Resident memory, bytes. */
  residentBytes(): number;
  /** SIGTERM, then waits; SIGKILL when that does not help. @returns its exit code */
  stop(): Promise<number | null>;
}

/** Starts `dist/main.js` on free ports. */
export async function startServer(
  env: Record<string, string> = {},
  options: ServerProcessOptions = {},
): Promise<ServerProcess> {
  const main = new URL('../../dist/main.js', import.meta.url).pathname;
  const [command = process.execPath, ...words] = [...wordsBefore(options), process.execPath, main];
  const child = spawn(command, words, {
    env: { PATH: process.env.PATH, SIP_LISTEN: 'udp:127.0.0.1:0', HTTP_PORT: '0', LOG_LEVEL: 'warn', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // A test run that is broken off leaves nothing behind.
  const abandon = (): boolean => child.kill('SIGKILL');
  process.once('exit', abandon);
  child.once('exit', () => process.off('exit', abandon));
  const lines = createInterface({ input: child.stdout });
  const addresses = await addressesOf(lines);
  const pid = child.pid ?? 0;
  mediaThreadsAhead(pid);
  return {
    ...addresses,
    pid,
    log: keepLog(lines),
    cpuMs: () => {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ');
      return ((Number(fields[11]) + Number(fields[12])) * 1000) / CLOCK_TICKS;
    },
    residentBytes: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024,
    stop: () => stop(child),
  };
}

function wordsBefore({ core, realTime }: ServerProcessOptions): string[] {
  const pinned = core !== undefined && spawnSync('taskset', ['-V']).status === 0;
  return [...(pinned ? ['taskset', '-c', String(core)] : []), ...(realTime === true ? wordsToRunAhead('server') : [])];
}

async function addressesOf(lines: Interface): Promise<Pick<ServerProcess, 'sip' | 'sipTcp' | 'http'>> {
  const sip = { udp: '', tcp: '' };
  return new Promise((resolve, reject) => {
    lines.on('line', (line) => {
      for (const transport of ['udp', 'tcp'] as const) {
        sip[transport] ||= new RegExp(`sip:room@([^;]+);transport=${transport}`).exec(line)?.[1] ?? '';
      }
      const http = /(http:\S+)\/docs/.exec(line)?.[1];
      if (http !== undefined) resolve({ sip: sip.udp, sipTcp: sip.tcp, http });
    });
    lines.once('close', () => reject(new Error('The server did not start.')));
  });
}

function keepLog(lines: Interface): readonly string[] {
  const log: string[] = [];
  lines.on('line', (line) => {
    log.push(line);
    if (log.length > LOG_LINES) log.shift();
  });
  return log;
}

async function stop(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const impatience = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
  await exited;
  clearTimeout(impatience);
  return child.exitCode;
}
