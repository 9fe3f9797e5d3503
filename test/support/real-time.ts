/**
 * Lets programs that keep a beat go first. A 20 ms beat cannot be judged while compilers of other test runs take the
 * processor for longer than that; niceness does not help, because schedulers weigh it within a session only.
 */
import { spawnSync } from 'node:child_process';

const CLASS = ['--rr', '1'];
const allowed = spawnSync('chrt', [...CLASS, 'true']).status === 0;

/** Words to put before a command, so that it runs ahead of ordinary programs; none where that is not allowed. */
export const realTimeWords: readonly string[] = allowed ? ['chrt', ...CLASS] : [];

/** The same for a process that runs already, for as long as it lives. */
export function runAhead(pid: number): void {
  if (allowed) spawnSync('chrt', ['--all-tasks', '--pid', ...CLASS, String(pid)]);
}
