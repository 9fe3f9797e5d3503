// Every kernel of dsp.wasm. Pointers are bytes into the one exported memory, counts are samples. All audio is float32,
// mono; the arena above `heapBase` belongs to the caller (src/media/dsp/kernels.ts). Nothing here keeps state.

export { heapBase } from './memory';
export { zero, copy, add, addScaled, subtract, isZero, isSame, settle, measure } from './arithmetic';
export { limit } from './limiter';
export { up6, up3, down6, down3 } from './resample';
export { encodeMu, encodeA } from './g711';
export { toInt16, fromInt16 } from './int16';
