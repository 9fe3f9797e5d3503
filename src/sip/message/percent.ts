/** Percent escapes of URIs (RFC 3261 §19.1.2, RFC 3986 §2.1). */
import { isUtf8 } from 'node:buffer';
import { characterTable } from './tokens.js';

const unreserved = characterTable("-_.!~*'()");

/** Undoes escapes; the bytes are taken as UTF-8, or as Latin-1 when they are not. Undefined when an escape is malformed. */
export function percentDecode(text: string): string | undefined {
  if (!text.includes('%')) return text;
  const bytes = Buffer.from(text, 'utf8');
  let length = 0;
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index] ?? 0;
    if (byte !== 0x25) {
      bytes[length++] = byte;
      continue;
    }
    const high = hexDigit(bytes[index + 1]);
    const low = hexDigit(bytes[index + 2]);
    if (high < 0 || low < 0) return undefined;
    bytes[length++] = high * 16 + low;
    index += 2;
  }
  const decoded = bytes.subarray(0, length);
  return decoded.toString(isUtf8(decoded) ? 'utf8' : 'latin1');
}

/** Escapes every byte but letters, digits, marks and `allowed`. */
export function percentEncode(text: string, allowed: string): string {
  let encoded = '';
  for (const byte of Buffer.from(text, 'utf8')) {
    const character = String.fromCharCode(byte);
    const plain = byte < 128 && (unreserved[byte] === 1 || allowed.includes(character));
    encoded += plain ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}

function hexDigit(code: number | undefined): number {
  if (code === undefined) return -1;
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
