/** The head of a message: where it ends, and its lines unfolded (RFC 3261 §7.3.1). Shared by the parser and the TCP framer. */
import { messageLimits } from './limits.js';
import { isBlank, trimBlanks } from './tokens.js';

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** Where a head ends. */
export interface HeadEnd {
  /** Index of the first byte of the body; −1 when the empty line has not come yet. */
  readonly bodyStart: number;
  /** Where to look on when more bytes have come. */
  readonly resumeAt: number;
}

/** Looks for the empty line from `from` on. Lines end in CRLF; a bare LF is taken too, as test tools and odd devices send it. */
export function findHeadEnd(bytes: Buffer, from: number): HeadEnd {
  let at = bytes.indexOf(lineFeed, from);
  while (at >= 0) {
    const next = bytes[at + 1];
    if (next === lineFeed) return { bodyStart: at + 2, resumeAt: at + 2 };
    if (next === undefined || (next === carriageReturn && at + 2 >= bytes.length)) break;
    if (next === carriageReturn && bytes[at + 2] === lineFeed) return { bodyStart: at + 3, resumeAt: at + 3 };
    at = bytes.indexOf(lineFeed, at + 1);
  }
  return { bodyStart: -1, resumeAt: at < 0 ? bytes.length : at };
}

/** Number of CR and LF bytes from `from` on (§7.5: empty lines before the start line are ignored). */
export function countLeadingLineEnds(bytes: Buffer, from: number): number {
  let at = from;
  while (bytes[at] === carriageReturn || bytes[at] === lineFeed) at++;
  return at - from;
}

/** One header field as it stood on the line, or why it cannot be one. */
export interface HeaderLine {
  readonly name: string;
  /** Unfolded and trimmed. */
  readonly value: string;
}

/** The lines of a head. */
export interface HeadLines {
  readonly startLine: string;
  readonly headers: readonly HeaderLine[];
  /** The first fault found; what could be read is in `headers` all the same, so that an answer can be built. */
  readonly fault: 'header' | 'bounds' | undefined;
}

/** Cuts a head (without its empty line) into start line and unfolded header fields. Linear in the length of the text. */
export function splitHead(text: string): HeadLines {
  const lines = text.split('\n');
  const startLine = withoutReturn(lines[0] ?? '');
  const headers: HeaderLine[] = [];
  let fault: HeadLines['fault'] =
    startLine.length > messageLimits.lineBytes || hasReturn(startLine) ? 'bounds' : undefined;

  for (let index = 1; index < lines.length;) {
    const first = withoutReturn(lines[index++] ?? '');
    const parts = [first];
    let length = first.length;
    while (index < lines.length && isContinuation(lines[index] ?? '')) {
      const part = trimBlanks(withoutReturn(lines[index++] ?? ''));
      length += part.length + 1;
      parts.push(part);
    }
    if (first === '' && parts.length === 1) continue;
    const header = length > messageLimits.lineBytes ? undefined : headerLine(parts.join(' '));
    if (header && headers.length < messageLimits.headers) headers.push(header);
    else fault ??= header || length > messageLimits.lineBytes ? 'bounds' : 'header';
  }
  return { startLine, headers, fault };
}

function headerLine(line: string): HeaderLine | undefined {
  const colon = line.indexOf(':');
  if (colon <= 0 || hasReturn(line)) return undefined;
  return { name: line.slice(0, colon).trimEnd(), value: trimBlanks(line.slice(colon + 1)) };
}

function isContinuation(line: string): boolean {
  return isBlank(line.charCodeAt(0));
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

/** A CR inside a line would become a line end when the value is written again. */
function hasReturn(line: string): boolean {
  return line.includes('\r');
}
