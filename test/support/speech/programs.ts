import { spawnSync } from 'node:child_process';

/** Whether a program can be run; says so where its tests have to skip. */
export function isInstalled(program: string, ...words: string[]): boolean {
  const found = spawnSync(program, words, { stdio: 'ignore' }).error === undefined;
  if (!found) console.log(`skipped: ${program} is not installed`);
  return found;
}
