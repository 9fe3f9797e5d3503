/** The smallest pieces of SIP's grammar: tokens, quoted strings, numbers, lists (RFC 3261 §25.1). All run in linear time. */

const quoteCode = 0x22;
const backslashCode = 0x5c;

/** 1 for every character code a token may hold: alphanum and `-.!%*_+`'~`. */
const tokenTable = characterTable("-.!%*_+`'~");

/** True when `text` is a non-empty token. */
export function isToken(text: string): boolean {
  if (text.length === 0) return false;
  for (let index = 0; index < text.length; index++) {
    if (tokenTable[text.charCodeAt(index)] !== 1) return false;
  }
  return true;
}

/** Unsigned decimal number; undefined when it is empty, holds anything but digits, or exceeds `max`. Leading zeros are fine. */
export function parseNumber(text: string, max: number): number | undefined {
  if (text.length === 0) return undefined;
  let value = 0;
  for (let index = 0; index < text.length; index++) {
    const digit = text.charCodeAt(index) - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
    if (value > max) return undefined;
  }
  return value;
}

/** Without the spaces and tabs at both ends; unlike `trim`, leaves all other white space, which is part of values. */
export function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

/** True for space and tab. */
export function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/**
 * Splits at `separator` outside quoted strings and angle brackets, and trims each piece. An unterminated quote or bracket
 * swallows the rest, so that whoever parses the piece refuses it.
 */
export function splitTopLevel(text: string, separator: string): string[] {
  const pieces: string[] = [];
  const wanted = separator.charCodeAt(0);
  let start = 0;
  let inBrackets = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === quoteCode && !inBrackets) {
      const end = endOfQuotedString(text, index);
      index = (end < 0 ? text.length : end) - 1;
    } else if (code === 0x3c) inBrackets = true;
    else if (code === 0x3e) inBrackets = false;
    else if (code === wanted && !inBrackets) {
      pieces.push(trimBlanks(text.slice(start, index)));
      start = index + 1;
    }
  }
  pieces.push(trimBlanks(text.slice(start)));
  return pieces;
}

/** Index after the closing quote of the quoted string that opens at `start`; −1 when it never closes. */
export function endOfQuotedString(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === backslashCode) index++;
    else if (code === quoteCode) return index + 1;
  }
  return -1;
}

/** True when `text` is exactly one terminated quoted string. */
export function isQuotedString(text: string): boolean {
  return text.charCodeAt(0) === quoteCode && endOfQuotedString(text, 0) === text.length;
}

/** Content of a quoted string with its escapes undone; any other text is returned as it is. */
export function unquote(text: string): string {
  if (!text.startsWith('"')) return text;
  const inner = text.endsWith('"') && text.length > 1 ? text.slice(1, -1) : text.slice(1);
  if (!inner.includes('\\')) return inner;
  let plain = '';
  for (let index = 0; index < inner.length; index++) {
    if (inner.charCodeAt(index) === backslashCode) index++;
    plain += inner.charAt(index);
  }
  return plain;
}

/** `text` as a quoted string, without the control characters that one cannot hold. */
export function quote(text: string): string {
  return `"${text.replace(/[\u0000-\u0008\u000a-\u001f\u007f]/g, '').replace(/["\\]/g, '\\$&')}"`;
}

/** A table of 128 flags for letters, digits and `extra`. */
export function characterTable(extra: string): Uint8Array {
  const table = new Uint8Array(128);
  for (const character of `abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789${extra}`) {
    table[character.charCodeAt(0)] = 1;
  }
  return table;
}
