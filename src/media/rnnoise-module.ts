/** Finds RNNoise, which comes compiled to WebAssembly (SIMD) inside an npm package. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** Compiles RNNoise for `Rnnoise`; the module is posted to worker threads as it is. @throws when it is not installed */
export function compileRnnoise(): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(require.resolve('@sapphi-red/web-noise-suppressor/rnnoise_simd.wasm')));
}
