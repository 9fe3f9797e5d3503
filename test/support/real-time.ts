/**
 * Lets programs that keep a beat go first. A 20 ms beat cannot be judged while compilers of other test runs take the
 * processor for longer than that; niceness does not help, because schedulers weigh it within a session only.
 */
import { spawnSync } from 'node:child_process';

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

function reschedule([policy = '', level = '']: readonly [string, string]): void {
  if (allowed) spawnSync('chrt', ['--all-tasks', policy, '--pid', level, String(process.pid)]);
}
