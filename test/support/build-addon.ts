import { execFileSync } from 'node:child_process';

/** The addon has to be as new as its sources before any test starts, and built once; where it cannot be, tests skip it. */
export default function buildAddon(): void {
  execFileSync(process.execPath, ['native/build.mjs'], { stdio: 'inherit' });
}
