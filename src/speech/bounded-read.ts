/** Reads streams that may never end. */

/** The stream was longer than allowed. */
export class TooLong extends Error {
  override readonly name = 'TooLong';
}

/**
 * All of a stream, in memory of its own; the stream is given up as soon as it is too long.
 * @throws TooLong, and whatever the stream throws
 */
export async function readBounded(
  stream: AsyncIterable<Uint8Array>,
  mostBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of stream) {
    length += part.length;
    // Leaving the loop destroys the stream.
    if (length > mostBytes) throw new TooLong();
    parts.push(part);
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** A copy whose memory is its own, so that it can be handed to another thread. */
export function ownCopy(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes.length);
  copy.set(bytes);
  return copy;
}
