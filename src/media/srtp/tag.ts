/** Whether two tags are equal, in a time that does not depend on where they differ. */
export function isSameTag(expected: Uint8Array, received: Uint8Array, length: number): boolean {
  let difference = 0;
  for (let i = 0; i < length; i++) difference |= (expected[i] ?? 0) ^ (received[i] ?? 0x100);
  return difference === 0;
}
