/** First byte after this module's own data, 16-byte aligned: the arena begins here. */
export function heapBase(): usize {
  return (__heap_base + 15) & ~15;
}

/** Greatest number of samples a packet holds: 120 ms at 48 kHz. */
const MOST_SAMPLES: i32 = 5760;
const place = memory.data(MOST_SAMPLES * 6, 16);

/** Where one packet and its samples pass on their way between JavaScript's heap and kernels: nothing stays in it. */
export function staging(): usize {
  return place;
}
