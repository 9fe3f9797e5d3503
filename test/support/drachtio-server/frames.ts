/**
 * Frames of drachtio's admin protocol, in both directions:
 *
 *     <length in bytes>#<message id>|<command>|<token>|…[CR LF <SIP message>]
 */
import { randomUUID } from 'node:crypto';

/** A frame taken apart. */
export interface Frame {
  readonly id: string;
  readonly command: string;
  readonly tokens: readonly string[];
  /** What follows the first line. */
  readonly content: string;
}

/** A frame with a fresh id. */
export function encodeFrame(fields: readonly string[], content = ''): Buffer {
  const text = Buffer.from([randomUUID(), ...fields].join('|') + (content === '' ? '' : `\r\n${content}`));
  return Buffer.concat([Buffer.from(`${text.length}#`), text]);
}

/** Cuts a stream into frames. */
export class FrameReader {
  #rest = Buffer.alloc(0);

  /** Whole frames so far; throws an Error when the length is none. */
  push(chunk: Buffer): Frame[] {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const frames: Frame[] = [];
    for (;;) {
      const mark = this.#rest.indexOf('#');
      if (mark < 0) return frames;
      const digits = this.#rest.toString('latin1', 0, mark);
      if (!/^\d{1,5}$/.test(digits)) throw new Error('frame without a length');
      const end = mark + 1 + Number(digits);
      if (this.#rest.length < end) return frames;
      frames.push(parseFrame(this.#rest.toString('utf8', mark + 1, end)));
      this.#rest = this.#rest.subarray(end);
    }
  }
}

function parseFrame(text: string): Frame {
  const lineEnd = text.indexOf('\r\n');
  const [id = '', command = '', ...tokens] = (lineEnd < 0 ? text : text.slice(0, lineEnd)).split('|');
  return { id, command, tokens, content: lineEnd < 0 ? '' : text.slice(lineEnd + 2) };
}

/** What an application writes as a SIP message: it may lack whatever the server fills in. */
export interface Draft {
  readonly startLine: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/** Reads the SIP part of a frame. */
export function parseDraft(content: string): Draft {
  const headEnd = content.indexOf('\r\n\r\n');
  const head = headEnd < 0 ? content : content.slice(0, headEnd);
  const [startLine = '', ...lines] = head.split('\r\n');
  const headers = lines.flatMap((line): [string, string][] => {
    const colon = line.indexOf(':');
    return colon <= 0 ? [] : [[line.slice(0, colon).trim(), line.slice(colon + 1).trim()]];
  });
  return { startLine, headers, body: headEnd < 0 ? '' : content.slice(headEnd + 4) };
}
