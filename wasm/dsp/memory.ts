/** First byte after this module's own data, 16-byte aligned: the arena begins here. */
export function heapBase(): usize {
  return (__heap_base + 15) & ~15;
}
