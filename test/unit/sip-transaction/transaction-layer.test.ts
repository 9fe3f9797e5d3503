import { describe, expect, it } from 'vitest';
import type { SipMessage, SipRequest } from '../../../src/sip/message/message.js';
import { parseMessage } from '../../../src/sip/message/parse.js';
import { responseTo } from '../../../src/sip/message/response.js';
import { serialize } from '../../../src/sip/message/serialize.js';
import type { ClientListener } from '../../../src/sip/embedded/transaction/client-transaction.js';
import { rfcTimers } from '../../../src/sip/embedded/transaction/machine.js';
import { TimerQueue } from '../../../src/sip/embedded/transaction/scheduler.js';
import type { ServerTransaction } from '../../../src/sip/embedded/transaction/server-transaction.js';
import { TransactionLayer } from '../../../src/sip/embedded/transaction/transaction-layer.js';
import type { Flow } from '../../../src/sip/embedded/transport/flow.js';
import { FakeClock } from '../../support/fake-clock.js';
import { PeerMessage } from '../../support/sip-peer.js';

const flow: Flow = {
  transport: 'udp',
  localAddress: '10.0.0.1',
  localPort: 5060,
  remoteAddress: '10.0.0.2',
  remotePort: 5060,
};
const target = { transport: 'udp', address: '10.0.0.2', port: 5060 } as const;

/** A layer whose user opens a transaction for every request and notes what it gets. */
class Bench {
  readonly clock = new FakeClock(0);
  readonly sent: PeerMessage[] = [];
  readonly requests: SipRequest[] = [];
  readonly acks: SipRequest[] = [];
  readonly opened: (ServerTransaction | undefined)[] = [];
  readonly counts: Record<string, number> = {};
  readonly layer: TransactionLayer;
  /** What the wire does with a message. */
  onSend: (onError: () => void) => void = () => undefined;

  constructor(maxTransactions = 100) {
    this.layer = new TransactionLayer(
      {
        wire: {
          send: (message, _, onError) => {
            this.sent.push(new PeerMessage(serialize(message).toString('utf8')));
            this.onSend(onError);
          },
          sentBy: () => '10.0.0.1:5060',
        },
        scheduler: new TimerQueue(this.clock),
        timers: rfcTimers,
        maxTransactions,
        count: (reason) => (this.counts[reason] = (this.counts[reason] ?? 0) + 1),
      },
      {
        onRequest: (request) => {
          this.requests.push(request);
          this.opened.push(this.layer.open(request, flow));
        },
        onAck: (ack) => this.acks.push(ack),
      },
    );
  }

  receive(message: SipMessage): void {
    this.layer.receive(message, flow);
  }

  /** Answers the request opened last, or that of this index. */
  respond(status: number, index = this.opened.length - 1): void {
    const transaction = this.opened[index];
    transaction?.respond(responseTo(transaction.request, status, undefined, { toTag: 'ours' }));
  }

  kinds(): string[] {
    return this.sent.splice(0).map(({ kind }) => kind);
  }
}

interface Parts {
  readonly method?: string;
  readonly branch?: string;
  readonly sentBy?: string;
  readonly callId?: string;
  readonly cseq?: number;
  readonly fromTag?: string;
  readonly toTag?: string;
  readonly uri?: string;
}

function request(parts: Parts = {}): SipRequest {
  const method = parts.method ?? 'INVITE';
  const branch = parts.branch ?? 'z9hG4bKone';
  const fromTag = parts.fromTag ?? 'theirs';
  return parsed([
    `${method} ${parts.uri ?? 'sip:room@10.0.0.1'} SIP/2.0`,
    `Via: SIP/2.0/UDP ${parts.sentBy ?? '10.0.0.2'}${branch === '' ? '' : `;branch=${branch}`}`,
    `From: <sip:a@10.0.0.2>${fromTag === '' ? '' : `;tag=${fromTag}`}`,
    `To: <sip:room@10.0.0.1>${parts.toTag === undefined ? '' : `;tag=${parts.toTag}`}`,
    `Call-ID: ${parts.callId ?? 'call'}`,
    `CSeq: ${parts.cseq ?? 1} ${method}`,
  ]) as SipRequest;
}

/** A request of ours, which gets its Via from the layer. */
function ours(method = 'INVITE'): SipRequest {
  const built = request({ method });
  built.headers.remove('Via');
  return built;
}

function parsed(lines: readonly string[]): SipMessage {
  const outcome = parseMessage(Buffer.from([...lines, 'Content-Length: 0', '', ''].join('\r\n')));
  if (!outcome.ok) throw new Error(outcome.reason);
  return outcome.message;
}

/** A response to what the bench sent. */
function response(sent: PeerMessage | undefined, status: number, vias = sent?.headers('Via') ?? []): SipMessage {
  return parsed([
    `SIP/2.0 ${status} Whatever`,
    ...vias.map((via) => `Via: ${via}`),
    `From: ${sent?.header('From') ?? ''}`,
    `To: ${sent?.header('To') ?? ''};tag=theirs`,
    `Call-ID: ${sent?.header('Call-ID') ?? ''}`,
    `CSeq: ${sent?.header('CSeq') ?? ''}`,
  ]);
}

function listener(): ClientListener & { readonly heard: (number | string)[] } {
  const heard: (number | string)[] = [];
  return {
    heard,
    onResponse: ({ status }) => heard.push(status),
    onFailure: (kind) => heard.push(kind),
  };
}

describe('requests belong to one transaction', () => {
  it.each<[string, Parts, Parts]>([
    ['branch, sent-by and method are the same', {}, { callId: 'other' }],
    ['an old style request is the same in everything', { branch: '' }, { branch: '' }],
    ['the branch has no cookie and all else is the same', { branch: 'plain' }, { branch: 'plain' }],
    ['the branch is nothing but the cookie and all else is the same', { branch: 'z9hG4bK' }, { branch: 'z9hG4bK' }],
  ])('when %s', (_, first, second) => {
    const bench = new Bench();
    bench.receive(request(first));
    bench.respond(180);
    bench.receive(request(second));
    expect(bench.requests).toHaveLength(1);
    expect(bench.kinds()).toEqual(['180 INVITE', '180 INVITE']);
  });

  it.each<[string, Parts, Parts]>([
    ['the branch', {}, { branch: 'z9hG4bKtwo', callId: 'other' }],
    ['sent-by', {}, { sentBy: '10.0.0.3', callId: 'other' }],
    ['the port of sent-by', {}, { sentBy: '10.0.0.2:5070', callId: 'other' }],
    ['the method', {}, { method: 'OPTIONS', callId: 'other' }],
    ['the Call-ID of old style', { branch: '' }, { branch: '', callId: 'other' }],
    ['CSeq of old style', { branch: '' }, { branch: '', cseq: 2 }],
    ['the From tag of old style', { branch: '' }, { branch: '', fromTag: 'other' }],
    ['the Request-URI of old style', { branch: '' }, { branch: '', uri: 'sip:b@10.0.0.1', callId: 'other' }],
    ['the Call-ID behind a bare cookie', { branch: 'z9hG4bK' }, { branch: 'z9hG4bK', callId: 'other' }],
  ])('and to two when they differ in %s', (_, first, second) => {
    const bench = new Bench();
    bench.receive(request(first));
    bench.receive(request(second));
    expect(bench.requests).toHaveLength(2);
    expect(bench.layer.size).toBe(2);
  });
});

describe('an ACK', () => {
  it('of a refusal ends its retransmission and is told to nobody', async () => {
    const bench = new Bench();
    bench.receive(request());
    bench.respond(486);
    await bench.clock.advance(600);
    expect(bench.kinds()).toEqual(['486 INVITE', '486 INVITE']);
    bench.receive(request({ method: 'ACK', toTag: 'ours' }));
    await bench.clock.advance(4999);
    expect([bench.kinds(), bench.acks, bench.layer.size]).toEqual([[], [], 1]);
    await bench.clock.advance(1);
    expect(bench.layer.size).toBe(0);
  });

  it('of a refusal finds its old style INVITE too', async () => {
    const bench = new Bench();
    bench.receive(request({ branch: '' }));
    bench.respond(486);
    bench.receive(request({ branch: '', method: 'ACK', toTag: 'ours' }));
    await bench.clock.advance(5000);
    expect([bench.acks, bench.layer.size]).toEqual([[], 0]);
  });

  it('of a 2xx is the dialog’s, with a branch of its own or that of the INVITE', () => {
    const bench = new Bench();
    bench.receive(request());
    bench.respond(200);
    bench.receive(request({ method: 'ACK', branch: 'z9hG4bKown', toTag: 'ours' }));
    bench.receive(request({ method: 'ACK', toTag: 'ours' }));
    expect(bench.acks).toHaveLength(2);
  });
});

describe('merged requests (RFC 3261 §8.2.2.2)', () => {
  const other: Parts = { branch: 'z9hG4bKtwo' };

  it('get 482 while the first is handled, and when it was answered 2xx', () => {
    const bench = new Bench();
    bench.receive(request());
    bench.receive(request(other));
    expect(bench.kinds()).toEqual(['482 INVITE']);
    bench.respond(200, 0);
    bench.receive(request(other));
    expect(bench.kinds()).toEqual(['200 INVITE', '482 INVITE']);
    expect(bench.counts).toEqual({ merged: 2 });
  });

  it('get 482 when they are no INVITE and the first is not answered yet', () => {
    const bench = new Bench();
    bench.receive(request({ method: 'INFO' }));
    bench.receive(request({ method: 'INFO', ...other }));
    expect(bench.kinds()).toEqual(['482 INFO']);
  });

  it('are handled when the first was refused, or was no INVITE and is answered', () => {
    const bench = new Bench();
    bench.receive(request());
    bench.respond(401);
    bench.receive(request(other));
    bench.receive(request({ method: 'OPTIONS', callId: 'ping' }));
    bench.respond(200);
    bench.receive(request({ method: 'OPTIONS', callId: 'ping', branch: 'z9hG4bKtwo' }));
    expect(bench.opened.every((transaction) => transaction !== undefined)).toBe(true);
  });

  it('are told apart from those of a dialog, which has a To tag', () => {
    const bench = new Bench();
    bench.receive(request({ toTag: 'x' }));
    bench.receive(request({ toTag: 'x', ...other }));
    expect(bench.kinds()).toEqual([]);
  });

  it('are found although an earlier, refused one has ended meanwhile', async () => {
    const bench = new Bench();
    bench.receive(request());
    bench.respond(401);
    bench.receive(request({ method: 'ACK', toTag: 'ours' }));
    bench.receive(request(other));
    await bench.clock.advance(6000);
    expect(bench.layer.size).toBe(1);
    bench.receive(request({ branch: 'z9hG4bKthree' }));
    expect(bench.kinds()).toEqual(['401 INVITE', '482 INVITE']);
  });
});

describe('what is beyond bounds or belongs to nothing', () => {
  it('gets 503 without a transaction, always with the same tag', () => {
    const bench = new Bench(1);
    bench.receive(request());
    bench.receive(request({ branch: 'z9hG4bKtwo', callId: 'two' }));
    bench.receive(request({ branch: 'z9hG4bKtwo', callId: 'two' }));
    const [first, second] = bench.sent;
    expect([first?.kind, second?.kind, bench.layer.size]).toEqual(['503 INVITE', '503 INVITE', 1]);
    expect(first?.header('Retry-After')).not.toBe('');
    expect(first?.tag('To')).toBe(second?.tag('To'));
    expect(first?.tag('To')).toMatch(/^[0-9a-f]{16}$/);
  });

  it('is dropped and counted when it is a response', () => {
    const bench = new Bench();
    const heard = listener();
    bench.layer.request(ours('OPTIONS'), target, heard);
    const [sent] = bench.sent;
    const [own = ''] = sent?.headers('Via') ?? [];
    bench.receive(response(sent, 200, [own, 'SIP/2.0/UDP 10.9.9.9;branch=z9hG4bKx']));
    bench.receive(response(sent, 200, [own.replace('z9hG4bK', 'z9hG4bKwrong')]));
    bench.receive(response(sent, 200, [own.replace('10.0.0.1:5060', '10.0.0.7:5060')]));
    expect([heard.heard, bench.counts]).toEqual([[], { strayResponse: 3 }]);
  });
});

describe('requests of ours', () => {
  it('have a branch nobody can guess, new for each', () => {
    const bench = new Bench();
    for (let count = 0; count < 50; count++) bench.layer.request(ours('OPTIONS'), target, listener());
    const branches = bench.sent.map((sent) => /branch=(z9hG4bK[0-9a-f]{24});rport/.exec(sent.header('Via'))?.[1]);
    expect(new Set(branches).size).toBe(50);
  });

  it('acknowledge a refusal on the way of the INVITE: its Via, Route, number, and the tag of the response', () => {
    const bench = new Bench();
    const heard = listener();
    const invite = ours();
    invite.headers.add('Route', '<sip:10.0.0.9;lr>');
    bench.layer.request(invite, target, heard);
    const [sent] = bench.sent;
    bench.receive(response(sent, 486));
    bench.receive(response(sent, 486));
    expect(heard.heard).toEqual([486]);
    expect(bench.sent.map(({ kind }) => kind)).toEqual(['INVITE', 'ACK', 'ACK']);
    const ack = bench.sent.at(-1);
    expect(ack?.headers('Via')).toEqual([sent?.headers('Via')[0]]);
    expect(ack?.header('Route')).toBe('<sip:10.0.0.9;lr>');
    expect([ack?.header('CSeq'), ack?.tag('To')]).toEqual(['1 ACK', 'theirs']);
  });

  it('are cancelled on the same way, in a transaction of its own', () => {
    const bench = new Bench();
    const heard = listener();
    const invite = bench.layer.request(ours(), target, heard);
    const [sent] = bench.sent;
    bench.receive(response(sent, 100));
    bench.layer.cancel(invite);
    const cancel = bench.sent.at(-1);
    expect([cancel?.kind, cancel?.header('Via'), cancel?.header('CSeq')]).toEqual([
      'CANCEL',
      sent?.header('Via'),
      '1 CANCEL',
    ]);
    bench.receive(response(cancel, 200));
    bench.receive(response(sent, 487));
    expect(heard.heard).toEqual([100, 487]);
  });

  it('fail once when the wire fails', async () => {
    const bench = new Bench();
    const heard = listener();
    bench.onSend = (onError) => void Promise.resolve().then(onError);
    bench.layer.request(ours('OPTIONS'), target, heard);
    await bench.clock.advance(40_000);
    expect([heard.heard, bench.layer.size, bench.clock.pending]).toEqual([['transportError'], 0, 0]);
  });

  it('time out once when nobody answers', async () => {
    const bench = new Bench();
    const [options, invite] = [listener(), listener()];
    bench.layer.request(ours('OPTIONS'), target, options);
    bench.layer.request(ours(), target, invite);
    await bench.clock.advance(40_000);
    expect([options.heard, invite.heard, bench.layer.size]).toEqual([['timeout'], ['timeout'], 0]);
  });
});
