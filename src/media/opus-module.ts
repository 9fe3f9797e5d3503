/** Finds libopus, which comes compiled to WebAssembly inside an npm package; docs/adr/0003-opus.md says why this one. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** Compiles libopus for {@link OpusLibrary}; the module is posted to worker threads as it is. @throws when it is not installed */
export function compileOpus(): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(require.resolve('@evan/opus/wasm/simd.wasm')));
}
