import { CodedError } from '../errors.js';

/** A position in a list as clients see it: opaque, so that what it means may change. */
export function encodeCursor(position: number): string {
  return Buffer.from(`p${position}`).toString('base64url');
}

/** The position a cursor stands for; 0, the start, without one. @throws CodedError `invalidRequest` */
export function decodeCursor(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  const position = /^p(\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString())?.[1];
  if (position === undefined) throw new CodedError('invalidRequest', 'The cursor is not one this server gave out.');
  return Number(position);
}
