import { describe, expect, it } from 'vitest';
import { createLog } from '../../../src/telemetry/log.js';
import type { LogOptions } from '../../../src/telemetry/log.js';

function recorder(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const log = createLog({ level: 'debug', personalData: false, destination, perSecond: 1000, ...options });
  const entries = () => lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  return { log, lines, entries };
}

/** Each must never appear; the number is what `entries` is searched for. */
const planted = {
  authorization: 'S3CRET-01',
  apiKeys: ['S3CRET-02'],
  nested: { deep: [{ Password: 'S3CRET-03' }] },
  'x-api-key': 'S3CRET-04',
  nonce: 'S3CRET-05',
  response: 'S3CRET-06',
  prompt: 'https://user:S3CRET-07@host.example/prompt.wav?token=S3CRET-08#x',
  url: new URL('http://S3CRET-09@host.example/a?b=S3CRET-10'),
  contact: 'sip:alice:S3CRET-11@host.example',
  headers: new Map([['Proxy-Authorization', 'S3CRET-12']]),
  message: [
    'INVITE sip:room@host SIP/2.0',
    'Authorization: Digest username="a",',
    ' response="S3CRET-13", nonce="S3CRET-14"',
    'Proxy-Authenticate: Digest nonce="S3CRET-15"',
    'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:S3CRET-16',
    'a=ice-pwd:S3CRET-17',
    'X: Bearer S3CRET-18',
    'cnonce="S3CRET-19',
    'To: <sip:room@host>',
  ].join('\r\n'),
  failure: new Error('request to http://x:S3CRET-20@host failed', { cause: new Error('Bearer S3CRET-21') }),
};

describe('a log line', () => {
  it('is one JSON object with time, level name, message and fields', () => {
    const { log, lines, entries } = recorder();
    log.info({ callId: 'c1', legs: 3 }, 'Call started.');
    expect(lines).toHaveLength(1);
    expect(lines[0]?.endsWith('\n')).toBe(true);
    expect(entries()[0]).toMatchObject({ level: 'info', msg: 'Call started.', callId: 'c1', legs: 3 });
    expect(entries()[0]).toHaveProperty('time', expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/));
    expect(entries()[0]).not.toHaveProperty('hostname');
  });

  it('shows none of the planted secrets, but what is around them', () => {
    const { log, lines } = recorder({ personalData: true });
    log.warn(planted, 'Planted.');
    log.error(planted.failure);
    log.error({ err: planted.failure });
    log.info(planted.message);
    log.child({ authorization: 'S3CRET-22' }).info('Child.');
    const text = lines.join('');
    expect(text.match(/S3CRET-\d\d/g)).toBeNull();
    expect(text).toContain('https://host.example/prompt.wav');
    expect(text).toContain('sip:alice@host.example');
    expect(text).toContain('To: <sip:room@host>');
    expect(text).toContain('request to http://host failed');
    expect(lines).toHaveLength(5);
  });

  it('holds personal data only when wanted, at any depth', () => {
    const fields = { piiNumber: '+4930', digits: { piiDigits: '123', count: 3 } };
    const off = recorder();
    off.log.info(fields, 'Dialled.');
    expect(off.lines[0]).not.toMatch(/pii|4930|123/);
    expect(off.entries()[0]).toMatchObject({ digits: { count: 3 } });
    const on = recorder({ personalData: true });
    on.log.info(fields, 'Dialled.');
    expect(on.entries()[0]).toMatchObject(fields);
  });

  it('stays one line and harmless to terminals, without losing characters', () => {
    const name = 'Eve\r\n{"level":"fatal"}\x1b[2J\x7f\x9b31m\u2028\u202e\0';
    const { log, lines, entries } = recorder();
    log.info({ name }, 'Named.');
    expect(lines[0]?.slice(0, -1)).toMatch(/^[\x20-\x7e]+$/);
    expect(entries()[0]?.name).toBe(name);
  });

  it('is bounded whatever it is given', () => {
    const cycle: Record<string, unknown> = { kind: 'cycle' };
    cycle.self = cycle;
    const { log, lines, entries } = recorder();
    log.info(
      { text: 'x'.repeat(100_000), list: new Array(10_000).fill(1), cycle, bytes: new Uint8Array(5000), big: 10n },
      'Big.',
    );
    expect(lines[0]?.length).toBeLessThan(4000);
    expect(lines[0]?.match(/cycle/g)?.length).toBeLessThan(10);
    const [entry] = entries();
    expect((entry?.text as string).slice(0, 2050)).toBe(`${'x'.repeat(2048)}… `);
    expect(entry).toMatchObject({ bytes: '[5000 bytes]', big: '10' });
  });

  it('tells instances of classes by name only', () => {
    class Socket {
      readonly secretInside = 'S3CRET';
    }
    const { log, entries } = recorder();
    log.info({ socket: new Socket() }, 'Opened.');
    expect(entries()[0]?.socket).toBe('[Socket]');
  });

  it('tells type, message, code and cause of an error', () => {
    const { log, entries } = recorder();
    const error = Object.assign(new TypeError('bad'), { code: 'EBAD' });
    log.error({ err: new Error('outer', { cause: error }) }, 'Failed.');
    expect(entries()[0]).toMatchObject({
      msg: 'Failed.',
      err: { type: 'Error', message: 'outer', cause: { type: 'TypeError', message: 'bad', code: 'EBAD' } },
    });
  });

  it('is not written below the level', () => {
    const { log, lines } = recorder({ level: 'warn' });
    log.info('Quiet.');
    expect(lines).toHaveLength(0);
  });
});

describe('a flood of one message', () => {
  it('is cut to so many lines a second, and the next line tells how many were left out', () => {
    let nowMs = 0;
    const { log, entries } = recorder({ perSecond: 3, nowMs: () => nowMs });
    for (let i = 0; i < 100; i++) log.warn({ i }, 'Packet dropped.');
    log.warn('Something else.');
    nowMs = 1000;
    log.warn({ i: 100 }, 'Packet dropped.');
    log.warn({ i: 101 }, 'Packet dropped.');
    expect(entries().map(({ msg, i, suppressed }) => [msg, i, suppressed])).toEqual([
      ['Packet dropped.', 0, undefined],
      ['Packet dropped.', 1, undefined],
      ['Packet dropped.', 2, undefined],
      ['Something else.', undefined, undefined],
      ['Packet dropped.', 100, 97],
      ['Packet dropped.', 101, undefined],
    ]);
  });

  it('never hides what is fatal', () => {
    const { log, lines } = recorder({ perSecond: 1, nowMs: () => 0 });
    log.fatal('End.');
    log.fatal('End.');
    expect(lines).toHaveLength(2);
  });
});
