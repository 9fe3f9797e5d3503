/** Which foreign programs this machine has; tests that need others skip and say so. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe } from 'vitest';

/** `describe`, skipped with a line on the console unless every program is there and `further` reasons are absent. */
export function describeWith(
  programs: readonly string[],
  title: string,
  tests: () => void,
  further: readonly string[] = [],
): void {
  const reasons = [
    ...programs.filter((program) => !isInstalled(program)).map((program) => `${program} is not installed`),
    ...further,
  ];
  if (reasons.length > 0) console.log(`Skipped: "${title}", because ${reasons.join(' and ')}.`);
  describe.skipIf(reasons.length > 0)(title, tests);
}

function isInstalled(program: string): boolean {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.some((folder) => isExecutable(join(folder, program)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
