/** The CSeq value (RFC 3261 §8.1.1.5, §20.16). */
import { isToken, parseNumber } from './tokens.js';

/** Sequence number and method of a request. */
export interface CSeq {
  /** 0 … 2³¹ − 1. */
  readonly number: number;
  readonly method: string;
}

/** Parses `314 INVITE`; undefined when malformed or out of range. */
export function parseCSeq(text: string): CSeq | undefined {
  const trimmed = text.trim();
  const space = trimmed.search(/[ \t]/);
  if (space < 0) return undefined;
  const number = parseNumber(trimmed.slice(0, space), 2 ** 31 - 1);
  const method = trimmed.slice(space).trim();
  return number === undefined || !isToken(method) ? undefined : { number, method };
}
