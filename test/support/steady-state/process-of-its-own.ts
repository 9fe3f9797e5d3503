import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Growth } from './growth.js';

/**
 * Runs a script of this folder apart from the test runner, which wraps modules in getters and makes objects of its own. The
 * compiler does not work beside the script: what is measured shall not depend on when it is done.
 */
export async function inProcessOfItsOwn(script: 'call' | 'isolation', ...words: string[]): Promise<Growth> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...['--expose-gc', '--no-concurrent-recompilation', '--import', 'tsx'],
    ...[fileURLToPath(new URL(`${script}.ts`, import.meta.url)), ...words],
  ]);
  return JSON.parse(stdout) as Growth;
}
