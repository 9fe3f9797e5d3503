/**
 * Cuts a byte stream into messages by Content-Length (RFC 3261 §18.3) and tells keep-alives apart (RFC 5626 §3.5.1, §4.4.1).
 *
 *     betweenMessages ──CRLF CRLF──► ping ──┐   (a lone CRLF is a pong and says nothing)
 *        ▲    │ any other byte              │
 *        │    ▼                             │
 *        │  inHead ──empty line──► inBody ──┤ message
 *        └──────────────────────────────────┘
 *     inHead or inBody beyond bounds, Content-Length missing, repeated or malformed ──► unframeable (for good)
 */
import { headerKey } from './header-names.js';
import { countLeadingLineEnds, findHeadEnd, splitHead } from './head.js';
import { messageLimits } from './limits.js';
import { parseNumber } from './tokens.js';

/** What a chunk brought, in order. */
export type Frame =
  /** Bytes of one message, safe to keep. */
  | { readonly kind: 'message'; readonly bytes: Buffer }
  /** A keep-alive request: answer with one CRLF. Several in one chunk are told once. */
  | { readonly kind: 'ping' }
  /** The stream cannot be followed any longer; `head` is there when a 400 might still be sent before closing. */
  | { readonly kind: 'unframeable'; readonly reason: 'bounds' | 'contentLength'; readonly head: Buffer | undefined };

const initialBytes = 2_048;
const noBytes = Buffer.alloc(0);

/** Holds at most one message of bytes beyond the chunk being pushed; work is linear in the bytes pushed, however they are cut. */
export class StreamFramer {
  #buffer = Buffer.allocUnsafe(initialBytes);
  #length = 0;
  /** Where the search for the head's end goes on; bytes before it need not be looked at again. */
  #searchedTo = 0;
  /** Whole length of the message being read, once its head is complete. */
  #messageLength: number | undefined;
  #broken = false;

  /** Takes the next bytes of the stream. After an unframeable frame everything is ignored. */
  push(chunk: Buffer): Frame[] {
    const frames: Frame[] = [];
    let rest = chunk;
    while (rest.length > 0 && !this.#broken) {
      if (this.#length === 0) rest = takeKeepAlives(rest, frames);
      rest = this.#length === 0 ? this.#readDirectly(rest, frames) : this.#readBuffered(rest, frames);
    }
    return frames;
  }

  /** With nothing buffered, messages are cut out of the chunk itself; only an incomplete one is copied to the buffer. */
  #readDirectly(bytes: Buffer, frames: Frame[]): Buffer {
    if (bytes.length === 0) return bytes;
    const length = this.#lengthOfMessage(bytes, frames);
    if (this.#broken) return noBytes;
    if (length !== undefined && bytes.length >= length) return this.#emit(bytes, length, frames);
    this.#append(bytes, frames);
    return noBytes;
  }

  #readBuffered(bytes: Buffer, frames: Frame[]): Buffer {
    const before = this.#length;
    const room = messageLimits.messageBytes - before;
    const taken = bytes.length > room ? bytes.subarray(0, room) : bytes;
    this.#append(taken, frames);
    const held = this.#buffer.subarray(0, this.#length);
    const length = this.#lengthOfMessage(held, frames);
    if (this.#broken) return noBytes;
    if (length !== undefined && held.length >= length) {
      this.#emit(held, length, frames);
      return bytes.subarray(length - before);
    }
    if (taken.length < bytes.length) this.#break(frames, 'bounds', undefined);
    return noBytes;
  }

  /** Emits the first `length` bytes and returns the others. */
  #emit(bytes: Buffer, length: number, frames: Frame[]): Buffer {
    frames.push({ kind: 'message', bytes: Buffer.from(bytes.subarray(0, length)) });
    this.#length = 0;
    this.#searchedTo = 0;
    this.#messageLength = undefined;
    if (this.#buffer.length > initialBytes) this.#buffer = Buffer.allocUnsafe(initialBytes);
    return bytes.subarray(length);
  }

  /** Length of the message that begins the bytes; undefined while its head is incomplete. */
  #lengthOfMessage(bytes: Buffer, frames: Frame[]): number | undefined {
    if (this.#messageLength !== undefined) return this.#messageLength;
    const { bodyStart, resumeAt } = findHeadEnd(bytes, this.#searchedTo);
    this.#searchedTo = resumeAt;
    if (bodyStart < 0) return undefined;
    const head = bytes.subarray(0, bodyStart);
    const bodyLength = contentLengthOf(head);
    if (bodyLength === undefined || bodyStart + bodyLength > messageLimits.messageBytes) {
      this.#break(frames, bodyLength === undefined ? 'contentLength' : 'bounds', Buffer.from(head));
      return undefined;
    }
    this.#messageLength = bodyStart + bodyLength;
    return this.#messageLength;
  }

  #break(frames: Frame[], reason: 'bounds' | 'contentLength', head: Buffer | undefined): void {
    if (this.#broken) return;
    this.#broken = true;
    this.#length = 0;
    this.#buffer = Buffer.alloc(0);
    frames.push({ kind: 'unframeable', reason, head });
  }

  #append(bytes: Buffer, frames: Frame[]): void {
    const needed = this.#length + bytes.length;
    if (needed > messageLimits.messageBytes) {
      this.#break(frames, 'bounds', undefined);
      return;
    }
    if (needed > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.min(messageLimits.messageBytes, Math.max(needed, this.#buffer.length * 2)));
      this.#buffer.copy(grown, 0, 0, this.#length);
      this.#buffer = grown;
    }
    bytes.copy(this.#buffer, this.#length);
    this.#length = needed;
  }
}

/** Consumes CRLFs between messages. Two in a row are a ping; one that is cut across chunks is taken for pongs. */
function takeKeepAlives(bytes: Buffer, frames: Frame[]): Buffer {
  const count = countLeadingLineEnds(bytes, 0);
  if (count >= 4 && frames.at(-1)?.kind !== 'ping') frames.push({ kind: 'ping' });
  return bytes.subarray(count);
}

/** The one Content-Length of a head; undefined when it is missing, malformed or there are two. */
function contentLengthOf(head: Buffer): number | undefined {
  const { headers } = splitHead(head.toString('latin1'));
  const lengths = headers.filter(({ name }) => headerKey(name) === 'content-length');
  return lengths.length === 1 ? parseNumber(lengths[0]?.value ?? '', messageLimits.messageBytes) : undefined;
}
