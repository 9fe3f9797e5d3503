import { execFileSync } from 'node:child_process';

/** The wasm kernels have to be as new as their sources before any test starts. */
export default function buildWasm(): void {
  execFileSync(process.execPath, ['wasm/build.mjs'], { stdio: 'inherit' });
}
