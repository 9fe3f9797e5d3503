import { expect, it } from 'vitest';
import { readRange } from '../../../src/api/byte-range.js';

it.each<[header: string | undefined, size: number, range: ReturnType<typeof readRange>]>([
  [undefined, 100, undefined],
  ['bytes=0-0', 100, { first: 0, last: 0 }],
  ['bytes=10-', 100, { first: 10, last: 99 }],
  ['BYTES=10-19', 100, { first: 10, last: 19 }],
  ['bytes=90-1000', 100, { first: 90, last: 99 }],
  ['bytes=-10', 100, { first: 90, last: 99 }],
  ['bytes=-1000', 100, { first: 0, last: 99 }],
  ['bytes=100-', 100, 'unsatisfiable'],
  ['bytes=-0', 100, 'unsatisfiable'],
  ['bytes=0-', 0, 'unsatisfiable'],
  ['bytes=-5', 0, 'unsatisfiable'],
  // Not one part in octets, or no range at all: as if it were not there.
  ['bytes=20-10', 100, undefined],
  ['bytes=-', 100, undefined],
  ['bytes=0-1,5-6', 100, undefined],
  ['bytes=a-b', 100, undefined],
  ['bytes= 0-1', 100, undefined],
  ['ticks=0-1', 100, undefined],
  [`bytes=${'9'.repeat(40)}-`, 100, undefined],
  ['', 100, undefined],
])('Range %j of %d octets is %j', (header, size, range) => {
  expect(readRange(header, size)).toEqual(range);
});
