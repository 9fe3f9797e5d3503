import { readFileSync } from 'node:fs';
import type { OpusLibrary } from '../../src/media/codec/opus-library.js';
import { Kernels } from '../../src/media/dsp/kernels.js';

const module = new WebAssembly.Module(readFileSync(new URL('../../wasm/build/dsp.wasm', import.meta.url)));

/** Fresh kernels with an empty arena, from the module the build has made; with libopus where a test wants it. */
export function createKernels(opus?: OpusLibrary): Kernels {
  return new Kernels(module, opus);
}
