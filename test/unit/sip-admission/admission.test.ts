import { BlockList } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Admission, type AdmissionLimits, type AdmissionRequest } from '../../../src/sip/admission/admission.js';
import { cidrContains, parseAddress, parseCidr } from '../../../src/sip/admission/cidr.js';
import { TokenBucket, TokenBuckets } from '../../../src/sip/admission/token-bucket.js';
import type { Trunk } from '../../../src/sip/trunk.js';

function trunk(name: string, ...allow: string[]): Trunk {
  return { name, allow, latching: 'off' };
}

function admission(trunks: readonly Trunk[], limits: Partial<AdmissionLimits> = {}) {
  const clock = { nowMs: 0 };
  return { clock, gate: new Admission({ trunks, limits, now: () => clock.nowMs }) };
}

function from(address: string, changes: Partial<AdmissionRequest> = {}): AdmissionRequest {
  return { address, method: 'INVITE', userAgent: undefined, from: '<sip:a@b>', to: '<sip:c@d>', ...changes };
}

function verdict(gate: Admission, request: AdmissionRequest): string {
  const decision = gate.admit(request);
  return decision.kind === 'trunk' ? decision.trunk.name : `${decision.kind} ${decision.reason}`;
}

const loopback = trunk('loopback', '127.0.0.0/8', '::1');

describe('Admission by source', () => {
  const trunks = [
    trunk('wide', '10.0.0.0/8', '2001:db8::/32'),
    trunk('narrow', '10.1.0.0/16', '2001:db8:1::/48'),
    trunk('same', '10.1.0.0/16'),
    trunk('one', '10.1.2.3'),
  ];

  it.each([
    ['10.2.0.1', 'wide'],
    ['10.1.9.9', 'narrow'],
    ['10.1.2.3', 'one'],
    ['10.1.2.4', 'narrow'],
    ['2001:db8:2::1', 'wide'],
    ['2001:db8:1::1', 'narrow'],
    ['11.0.0.1', 'ignore unknownSource'],
    ['::1', 'ignore unknownSource'],
    ['::ffff:10.1.2.3', 'one'],
    ['', 'ignore unknownSource'],
    ['localhost', 'ignore unknownSource'],
  ])('takes %s to be %s: the most specific range wins, then the first', (address, expected) => {
    expect(verdict(admission(trunks).gate, from(address))).toBe(expected);
  });

  it.each(['INVITE', 'OPTIONS', 'REGISTER', 'MESSAGE', 'SUBSCRIBE', 'REFER', 'WHATEVER'])(
    'holds for %s too',
    (method) => {
      const { gate } = admission([loopback]);
      expect(verdict(gate, from('192.0.2.1', { method }))).toBe('ignore unknownSource');
      expect(verdict(gate, from('127.0.0.1', { method }))).toBe('loopback');
    },
  );

  it('lets nobody in without trunks, and refuses to start with a range that is none', () => {
    expect(verdict(admission([]).gate, from('127.0.0.1'))).toBe('ignore unknownSource');
    expect(() => admission([trunk('bad', '10.0.0.0/33')])).toThrow(/bad/);
  });
});

describe('Admission of scanners', () => {
  it.each([
    { userAgent: 'friendly-scanner' },
    { userAgent: 'SIPVicious 0.3' },
    { userAgent: 'sipcli/v1.8' },
    { userAgent: 'iWar' },
    { from: '"sipvicious" <sip:100@1.1.1.1>;tag=1' },
    { to: '"sipvicious" <sip:100@1.1.1.1>' },
  ])('is silence: %j', (changes) => {
    const { gate } = admission([loopback]);
    expect(verdict(gate, from('127.0.0.1', changes))).toBe('ignore scanner');
    expect(gate.counters()).toEqual({ scanner: 1 });
  });

  it.each([
    { userAgent: 'sipsak 0.9.7' },
    { userAgent: 'baresip v1.0' },
    { from: '"Siwar" <sip:siwar@b>' },
    { userAgent: '' },
  ])('does not take %j for one', (changes) => {
    expect(verdict(admission([loopback]).gate, from('127.0.0.1', changes))).toBe('loopback');
  });
});

describe('Admission by rate', () => {
  it('lets an address have its burst, then its rate, and says when to come back', () => {
    const { clock, gate } = admission([loopback], { perAddressPerS: 2, perAddressBurst: 3, newCallsPerS: 0 });
    const verdicts = () => Array.from({ length: 5 }, () => verdict(gate, from('127.0.0.1', { method: 'OPTIONS' })));
    const refused = 'refuse addressRate';
    expect(verdicts()).toEqual(['loopback', 'loopback', 'loopback', refused, refused]);
    expect(verdict(gate, from('127.0.0.2'))).toBe('loopback');
    clock.nowMs = 1_000;
    expect(verdicts()).toEqual(['loopback', 'loopback', refused, refused, refused]);
    expect(gate.admit(from('127.0.0.1'))).toEqual({
      kind: 'refuse',
      status: 503,
      reason: 'addressRate',
      retryAfterS: 1,
    });
    expect(gate.counters()).toEqual({ addressRate: 6 });
  });

  it('bounds new calls of all addresses together, and only calls', () => {
    const { clock, gate } = admission([loopback], { perAddressPerS: 0, newCallsPerS: 0.5, newCallsBurst: 2 });
    const verdicts = ['127.0.0.1', '127.0.0.2', '127.0.0.3'].map((address) => verdict(gate, from(address)));
    expect(verdicts).toEqual(['loopback', 'loopback', 'refuse newCallRate']);
    expect(gate.admit(from('127.0.0.9'))).toMatchObject({ retryAfterS: 2 });
    expect(verdict(gate, from('127.0.0.1', { method: 'OPTIONS' }))).toBe('loopback');
    clock.nowMs = 2_000;
    expect(verdict(gate, from('127.0.0.4'))).toBe('loopback');
  });

  it('is off at 0', () => {
    const { gate } = admission([loopback], { perAddressPerS: 0, newCallsPerS: 0 });
    for (let index = 0; index < 1_000; index++) expect(verdict(gate, from('127.0.0.1'))).toBe('loopback');
  });

  it('costs the known nothing when the unknown flood', () => {
    const { gate } = admission([loopback]);
    for (let index = 0; index < 20_000; index++)
      gate.admit(from(`10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`));
    expect(verdict(gate, from('127.0.0.1'))).toBe('loopback');
    expect(gate.counters()).toEqual({ unknownSource: 20_000 });
  });
});

describe('Token buckets', () => {
  it('never give more than burst + rate × time, whenever they are asked', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -50, max: 2_000 }), { maxLength: 200 }), (steps) => {
        const bucket = new TokenBucket(5, 10, 0);
        let nowMs = 0;
        let latestMs = 0;
        let taken = 0;
        for (const step of steps) {
          nowMs += step;
          latestMs = Math.max(latestMs, nowMs);
          if (bucket.take(nowMs) === 0) taken++;
        }
        expect(taken).toBeLessThanOrEqual(10 + (5 * latestMs) / 1_000 + 1e-6);
      }),
    );
  });

  it('save up no more than the burst, however long nobody asks', () => {
    const bucket = new TokenBucket(5, 10, 0);
    const taken = Array.from({ length: 20 }, () => bucket.take(3_600_000)).filter((waitS) => waitS === 0);
    expect(taken).toHaveLength(10);
  });

  it('remember a bounded number of keys, forgetting the one not used for longest', () => {
    const buckets = new TokenBuckets(0.001, 1, 3);
    for (const key of ['a', 'b', 'c']) expect(buckets.take(key, 0)).toBe(0);
    expect(buckets.take('a', 0)).toBeGreaterThan(0);
    expect(buckets.take('d', 0)).toBe(0);
    expect(buckets.size).toBe(3);
    expect(buckets.take('a', 0)).toBeGreaterThan(0);
    expect(buckets.take('b', 0)).toBe(0);
  });
});

describe('Address ranges', () => {
  it.each([
    '',
    '/8',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '10.0.0/8',
    '300.0.0.1',
    '::1/129',
    'fe80::1%eth0',
    '10.0.0.0/0x8',
    'x/8',
  ])('are not in %j', (text) => {
    expect(parseCidr(text)).toBeUndefined();
  });

  it('contain what the system says they contain', () => {
    const near = (bytes: number[], bit: number) =>
      bytes.map((byte, index) => (index === bit >> 3 ? byte ^ (0x80 >> (bit & 7)) : byte));
    const four = fc.tuple(
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc.integer({ min: 0, max: 32 }),
      fc.integer({ min: 0, max: 31 }),
    );
    const six = fc.tuple(
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      fc.integer({ min: 0, max: 128 }),
      fc.integer({ min: 0, max: 127 }),
    );
    fc.assert(
      fc.property(fc.oneof(four, six), ([bytes, prefix, flip]) => {
        const family = bytes.length === 4 ? 'ipv4' : 'ipv6';
        const base = text([...bytes]);
        const other = text(near([...bytes], flip));
        const oracle = new BlockList();
        oracle.addSubnet(base, prefix, family);
        const cidr = parseCidr(`${base}/${prefix}`);
        for (const address of [base, other]) {
          const parsed = parseAddress(address);
          expect(cidr && parsed && cidrContains(cidr, parsed)).toBe(oracle.check(address, family));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('read every way to write an IPv6 address', () => {
    const hex = (address: string) => Buffer.from(parseAddress(address) ?? []).toString('hex');
    expect(hex('::')).toBe('0'.repeat(32));
    expect(hex('2001:DB8::1')).toBe('20010db8000000000000000000000001');
    expect(hex('::ffff:1.2.3.4')).toBe('00000000000000000000ffff01020304');
    expect(hex('1.2.3.4')).toBe(hex('::ffff:102:304'));
    expect(hex('1:2:3:4:5:6:7:8')).toBe('00010002000300040005000600070008');
    expect(hex('1::')).toBe(`0001${'0'.repeat(28)}`);
  });
});

function text(bytes: readonly number[]): string {
  if (bytes.length === 4) return bytes.join('.');
  return Array.from({ length: 8 }, (_, index) =>
    (((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0)).toString(16),
  ).join(':');
}
