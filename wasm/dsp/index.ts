// Every kernel of dsp.wasm. Pointers are bytes into the one exported memory, counts are samples. All audio is float32,
// mono; the arena above `heapBase` belongs to the caller (src/media/dsp/kernels.ts). Nothing here keeps state from call
// to call: what a stream has to remember lies where its caller says.

export { heapBase, staging } from './memory';
export { zero, copy, add, addScaled, subtract, isZero, isSame, settle, fade, measure } from './arithmetic';
export { limit } from './limiter';
export { up6, up3, down6, down3 } from './resample';
export { encodeMu, encodeA } from './g711';
export { encodeG722, decodeG722, idleG722 } from './g722';
export { toInt16, fromInt16, encodeL16, decodeL16 } from './int16';
