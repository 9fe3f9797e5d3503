/** Seeded mutation of SIP messages: every run of a test sees the same ones, and a failure names the seed that shows it again. */

/** Numbers of the mulberry32 generator: same seed, same numbers. */
export class Seeded {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** An integer from 0 to `below` − 1. */
  next(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  }

  /** One of a list. */
  pick<T>(list: readonly T[]): T {
    const picked = list[this.next(list.length)];
    if (picked === undefined) throw new Error('nothing to pick from');
    return picked;
  }
}

/** Pieces that mean something to a SIP parser, where random bytes would only be refused by the first check. */
const pieces = [
  ...['\r\n', '\n', '\r', '\r\n ', '\r\n\r\n', ' ', '\t', '', '\0', '\x7f', '\u00e9', '\u2028', '\ufeff'],
  ...[
    '"',
    '\\',
    '\\"',
    '<',
    '>',
    '<>',
    ';',
    ';;',
    ',',
    ':',
    '::',
    '=',
    '@',
    '?',
    '&',
    '/',
    '%',
    '%00',
    '%2',
    '[',
    ']',
    '*',
  ],
  ...[
    'sip:',
    'sips:',
    'tel:',
    'SIP/2.0',
    'SIP/3.0',
    'z9hG4bK',
    ';tag=',
    ';lr',
    ';rport',
    ';received=',
    ';branch=',
    ';q=0',
  ],
  ...[
    'Via: ',
    'v:',
    'From: ',
    'To: ',
    'i: x',
    'CSeq: ',
    'l: ',
    'Content-Length: 5',
    'Contact: *',
    'Route: ',
    'Require: x',
  ],
  ...['0', '-1', '65536', '2147483648', '4294967296', '99999999999999999999', '1e9', 'NaN', '__proto__', 'constructor'],
  ...['[::1]', '[::', '1.2.3.4', '2001:db8::1', '\x80\xff', '='.repeat(300), 'x'.repeat(9_000), ' ,'.repeat(300)],
];

/** A copy of `seed` with one to three changes: bytes flipped, runs cut, doubled or moved, meaningful pieces put in. */
export function mutate(seed: Buffer, random: Seeded): Buffer {
  let bytes = Buffer.from(seed);
  const changes = 1 + random.next(3);
  for (let change = 0; change < changes; change++) bytes = Buffer.from(mutateOnce(bytes, random));
  return bytes;
}

function mutateOnce(bytes: Buffer, random: Seeded): Buffer {
  const at = random.next(bytes.length + 1);
  const end = Math.min(bytes.length, at + random.next(random.next(4) === 0 ? bytes.length + 1 : 20));
  const run = bytes.subarray(at, end);
  switch (random.next(6)) {
    case 0:
      if (at < bytes.length) bytes[at] = random.next(256);
      return bytes;
    case 1:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)]);
    case 2:
      return Buffer.concat([bytes.subarray(0, end), run, bytes.subarray(end)]);
    case 3: {
      const elsewhere = random.next(bytes.length + 1);
      return Buffer.concat([bytes.subarray(0, elsewhere), run, bytes.subarray(elsewhere)]);
    }
    default:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from(random.pick(pieces)), bytes.subarray(end)]);
  }
}
