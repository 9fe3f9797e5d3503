import { readFileSync } from 'node:fs';
import { Kernels } from '../../src/media/dsp/kernels.js';

const module = new WebAssembly.Module(readFileSync(new URL('../../wasm/build/dsp.wasm', import.meta.url)));

/** Fresh kernels with an empty arena, from the module the build has made. */
export function createKernels(): Kernels {
  return new Kernels(module);
}
