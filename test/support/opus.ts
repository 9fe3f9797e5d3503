import { compileOpus } from '../../src/media/opus-module.js';
import { OpusLibrary } from '../../src/media/codec/opus-library.js';

const module = compileOpus();

/** A fresh instance of libopus. */
export function createOpus(): OpusLibrary {
  return new OpusLibrary(module);
}
