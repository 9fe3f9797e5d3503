import { describe, expect, it } from 'vitest';
import { parseDigestFields } from '../../src/sip/auth/digest-fields.js';
import { sessionBody } from '../../src/sip/message/body.js';
import { parseMessage } from '../../src/sip/message/parse.js';
import { responseTo } from '../../src/sip/message/response.js';
import { serialize } from '../../src/sip/message/serialize.js';
import { refusalOf } from '../../src/sip/rules/uas-checks.js';
import type { Flow } from '../../src/sip/embedded/transport/flow.js';
import { responseDestination, stampSource } from '../../src/sip/embedded/transport/via-routing.js';
import { bytesOf, requestBytes, requestLines } from '../unit/sip-message/message-text.js';
import { rfc4475Messages, rfc5118Messages } from '../vector/sip-torture/table.js';
import { mutate, Seeded } from './sip-mutation.js';

/** `FUZZ_SIP_MESSAGES=10000000` for a long run. */
const runs = Number(process.env.FUZZ_SIP_MESSAGES ?? 100_000);

const seeds = [
  ...[...rfc4475Messages, ...rfc5118Messages].map(({ bytes }) => bytes),
  requestBytes({ 'Content-Type': 'application/sdp', l: '5' }, 'v=0\r\n', 'INVITE'),
  requestBytes(
    { 'Content-Type': 'multipart/mixed;boundary=b' },
    '--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--b--',
    'INVITE',
  ),
  requestBytes(
    { Authorization: 'Digest username="a", realm="r", nonce="n", uri="u", response="x", nc=00000001' },
    '',
    'INVITE',
  ),
  bytesOf(['SIP/2.0 200 OK', ...requestLines('INVITE').slice(1), 'Record-Route: <sip:p1;lr>, <sip:p2;lr>']),
];

/** Those that are well-formed are mutated more often: mutants of the others rarely get far. */
const wellFormed = seeds.filter((bytes) => parseMessage(bytes).ok);

function mutant(run: number): Buffer {
  const random = new Seeded(run);
  return mutate(random.pick(random.next(4) === 0 ? seeds : wellFormed), random);
}

const flow: Flow = {
  transport: 'udp',
  localAddress: '127.0.0.1',
  localPort: 5060,
  remoteAddress: '192.0.2.7',
  remotePort: 6060,
};

/** All that is done with a message before dialogs see it. Returns what went wrong, if anything. */
function exercise(bytes: Buffer): string | undefined {
  const outcome = parseMessage(bytes);
  const received = outcome.ok ? outcome.message : outcome.answer?.request;
  if (!received) return undefined;
  if (received.kind === 'request') {
    stampSource(received, flow);
    const { status = 400, reason, headers = {} } = (outcome.ok ? refusalOf(received) : undefined) ?? {};
    const response = responseTo(received, status, reason, { toTag: 'tag', headers });
    serialize(response);
    const destination = responseDestination(response, flow);
    if (destination.address !== flow.remoteAddress) return `an answer to ${destination.address}`;
  }
  for (const value of received.headers.getAll('Authorization')) parseDigestFields(value);
  if (!outcome.ok) return undefined;
  sessionBody(received);
  const again = parseMessage(serialize(received));
  return again.ok ? undefined : `written again it is refused: ${again.reason}`;
}

describe('Mutated SIP messages', () => {
  it(
    `never throw, are answered at their source only, and are read again as written: ${runs} of them`,
    { timeout: 3_600_000 },
    () => {
      const faults: string[] = [];
      for (let run = 0; run < runs && faults.length === 0; run++) {
        const random = new Seeded(run);
        const bytes = mutate(random.pick(seeds), random);
        try {
          const fault = exercise(bytes);
          if (fault !== undefined) faults.push(`seed ${run}: ${fault}`);
        } catch (error) {
          faults.push(`seed ${run}: ${String(error)}`);
        }
      }
      expect(faults).toEqual([]);
    },
  );

  it('are accepted, refused and dropped in turn: the mutations reach past the first check', () => {
    const seen = new Map<string, number>();
    for (let run = 0; run < 3_000; run++) {
      const outcome = parseMessage(mutant(run));
      const word = outcome.ok ? 'ok' : outcome.reason;
      seen.set(word, (seen.get(word) ?? 0) + 1);
    }
    const words = [
      'ok',
      'startLine',
      'version',
      'header',
      'headEnd',
      'via',
      'from',
      'to',
      'callId',
      'cseq',
      'duplicate',
      'contact',
      'contentLength',
      'bounds',
    ];
    expect([...seen.keys()]).toEqual(expect.arrayContaining(words));
    expect(seen.get('ok')).toBeGreaterThan(400);
  });
});

/** Texts on which careless scanning takes the square of their length; at 64 KB that would outlast the test's time limit. */
const unpleasant: readonly [what: string, text: string][] = [
  ['quotes', '"'.repeat(60_000)],
  ['escapes', `"${'\\'.repeat(60_000)}`],
  ['open brackets', '<'.repeat(60_000)],
  ['commas', ','.repeat(60_000)],
  ['semicolons', ';'.repeat(60_000)],
  ['blanks', `x${' '.repeat(60_000)}x`],
  ['folds', 'x\r\n '.repeat(15_000)],
  ['empty folds', ' \r\n'.repeat(20_000)],
  ['line feeds', '\nx:'.repeat(20_000)],
  ['escapes of URIs', `sip:${'%41'.repeat(20_000)}@x`],
  ['ats', `sip:${'a@'.repeat(30_000)}`],
  ['colons', `sip:${'a:'.repeat(30_000)}`],
  ['parameters', `<sip:a@b>${Array.from({ length: 8_000 }, (_, index) => `;p${index}=1`).join('')}`],
  ['URI parameters', `<sip:a@b${Array.from({ length: 8_000 }, (_, index) => `;p${index}`).join('')}>`],
  ['slashes', 'SIP/'.repeat(15_000)],
  ['digits', '9'.repeat(60_000)],
];

describe('Unpleasant texts of 64 KB', () => {
  const places = [
    'Via',
    'From',
    'To',
    'Call-ID',
    'CSeq',
    'Contact',
    'Route',
    'Content-Length',
    'Max-Forwards',
    'Subject',
  ];

  it.each(unpleasant)('are refused in linear time: %s', (_, text) => {
    for (const place of places) {
      for (const limit of [8_000, 60_000]) exercise(requestBytes({ [place]: text.slice(0, limit) }));
    }
    exercise(bytesOf([`OPTIONS ${text} SIP/2.0`, ...requestLines().slice(1)]));
    exercise(Buffer.from(text));
    sessionBodyOf(text);
  });

  function sessionBodyOf(text: string): void {
    for (const type of [
      'application/sdp',
      `multipart/mixed;boundary="${text.slice(0, 5)}"`,
      `x;${text.slice(0, 8_000)}`,
    ]) {
      exercise(requestBytes({ 'Content-Type': type.replace(/[\r\n]/g, '') }, text, 'INVITE'));
    }
  }
});
