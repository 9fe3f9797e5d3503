/**
 * Lets programs that keep a beat go first. A 20 ms beat cannot be judged while compilers of other test runs take the
 * processor for longer than that; niceness does not help, because schedulers weigh it within a session only.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** Above everything: threads of one level wait for each other, for as long as 100 ms. */
const MEDIA_LEVEL = 3;
/** Above the peers that call it, which share one level. */
const SERVER_LEVEL = 2;
const PEER_LEVEL = 1;
const allowed = spawnSync('chrt', ['--rr', String(SERVER_LEVEL), 'true']).status === 0;

/** Words to put before a command, so that it runs ahead of ordinary programs; none where that is not allowed. */
export function wordsToRunAhead(role: 'server' | 'peer'): readonly string[] {
  return allowed ? ['chrt', '--rr', String(role === 'server' ? SERVER_LEVEL : PEER_LEVEL)] : [];
}

/** Lets this process run ahead while `action` runs, and like any other afterwards. */
export async function aheadOfOthers<Result>(action: () => Promise<Result>): Promise<Result> {
  reschedule(['--rr', String(PEER_LEVEL)]);
  try {
    return await action();
  } finally {
    reschedule(['--other', '0']);
  }
}

/** Lets the media threads of a server that runs ahead go before its other threads; by themselves they only are nicer. */
export function mediaThreadsAhead(pid: number): void {
  if (!allowed) return;
  const tasks = `/proc/${pid}/task`;
  for (const thread of readdirSync(tasks)) {
    const { policy, nice } = schedulingOf(`${tasks}/${thread}`);
    const level = String(MEDIA_LEVEL);
    if (policy === ROUND_ROBIN && nice < 0) spawnSync('chrt', ['--rr', '--pid', level, thread]);
  }
}

/** `SCHED_RR` of sched(7). */
const ROUND_ROBIN = 2;

/** Fields 19 and 41 of proc_pid_stat(5). */
function schedulingOf(task: string): { readonly nice: number; readonly policy: number } {
  // The name, in brackets, may have blanks.
  const fields = readFileSync(`${task}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return { nice: Number(fields[19 - 3]), policy: Number(fields[41 - 3]) };
}

function reschedule([policy = '', level = '']: readonly [string, string]): void {
  if (allowed) spawnSync('chrt', ['--all-tasks', policy, '--pid', level, String(process.pid)]);
}
