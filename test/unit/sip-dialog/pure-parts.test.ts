import { describe, expect, it } from 'vitest';
import {
  acceptCseq,
  nextHopUri,
  nextRequest,
  refreshTarget,
  uacDialog,
  uasDialog,
  type DialogState,
} from '../../../src/sip/embedded/dialog/dialog-state.js';
import {
  glareDelayMs,
  judgeIncoming,
  mayOffer,
  type LocalExchange,
  type RemoteExchange,
  type Verdict,
} from '../../../src/sip/rules/offer-exchange.js';
import { formatReason, parseReason } from '../../../src/sip/rules/reason-header.js';
import {
  retransmissionDeadline,
  startRetransmission,
  stepRetransmission,
} from '../../../src/sip/embedded/dialog/success-retransmission.js';
import type { SipRequest, SipResponse } from '../../../src/sip/message/message.js';
import { parseMessage } from '../../../src/sip/message/parse.js';
import { rfcTimers } from '../../../src/sip/embedded/transaction/machine.js';

function messageOf(lines: readonly string[]): SipRequest | SipResponse {
  const outcome = parseMessage(Buffer.from([...lines, 'Content-Length: 0', '', ''].join('\r\n')));
  if (!outcome.ok) throw new Error(outcome.reason);
  return outcome.message;
}

const inviteLines = (cseq = 7): string[] => [
  'INVITE sip:room@server.example SIP/2.0',
  'Via: SIP/2.0/UDP proxy.example;branch=z9hG4bK1',
  'Record-Route: <sip:p2.example;lr>, <sip:p1.example;lr>',
  'From: "Alice" <sip:alice@example.org>;tag=a',
  'To: <sip:room@server.example>',
  'Call-ID: c1',
  `CSeq: ${cseq} INVITE`,
  'Contact: <sip:alice@10.0.0.9:5070>',
];

function invite(): SipRequest {
  return messageOf(inviteLines()) as SipRequest;
}

function success(): SipResponse {
  return messageOf([
    'SIP/2.0 200 OK',
    'Via: SIP/2.0/UDP server.example;branch=z9hG4bK2',
    'Record-Route: <sip:p2.example;lr>, <sip:p1.example;lr>',
    'From: "Alice" <sip:alice@example.org>;tag=a',
    'To: <sip:room@server.example>;tag=b',
    'Call-ID: c1',
    'CSeq: 7 INVITE',
    'Contact: <sip:room@10.0.0.8>',
  ]) as SipResponse;
}

function headersOf(request: SipRequest): Record<string, string[]> {
  return Object.fromEntries([...request.headers].map(([name]) => [name, request.headers.getAll(name)]));
}

describe('the state of a dialog', () => {
  it('takes Record-Route in order as UAS and in reverse as UAC (RFC 3261 §12.1)', () => {
    expect(uasDialog(invite(), 'b').routeSet).toEqual(['<sip:p2.example;lr>', '<sip:p1.example;lr>']);
    expect(uacDialog(invite(), success()).routeSet).toEqual(['<sip:p1.example;lr>', '<sip:p2.example;lr>']);
  });

  it('is the same dialog from both sides', () => {
    const uas = uasDialog(invite(), 'b');
    const uac = uacDialog(invite(), success());
    expect([uas.callId, uas.localTag, uas.remoteTag]).toEqual([uac.callId, uac.remoteTag, uac.localTag]);
    expect([uas.local, uas.remote]).toEqual([uac.remote, uac.local]);
    expect([uas.remoteTarget, uac.remoteTarget]).toEqual(['sip:alice@10.0.0.9:5070', 'sip:room@10.0.0.8']);
    expect([uas.localCseq, uas.remoteCseq, uac.localCseq, uac.remoteCseq]).toEqual([0, 7, 7, undefined]);
  });

  it('builds requests through loose routers: target as Request-URI, all routes kept', () => {
    const { request, state } = nextRequest(uasDialog(invite(), 'b'), 'BYE');
    expect(request.uri).toBe('sip:alice@10.0.0.9:5070');
    expect(headersOf(request)).toMatchObject({
      Route: ['<sip:p2.example;lr>', '<sip:p1.example;lr>'],
      From: ['<sip:room@server.example>;tag=b'],
      To: ['"Alice" <sip:alice@example.org>;tag=a'],
      'Call-ID': ['c1'],
      CSeq: ['1 BYE'],
    });
    expect(state.localCseq).toBe(1);
    expect(nextHopUri(state)).toBe('sip:p2.example;lr');
  });

  it('builds requests through a strict router: it is the Request-URI, our target the last route', () => {
    const strict: DialogState = { ...uasDialog(invite(), 'b'), routeSet: ['<sip:old.example>', '<sip:p1.example;lr>'] };
    const { request } = nextRequest(strict, 'BYE');
    expect(request.uri).toBe('sip:old.example');
    expect(request.headers.getAll('Route')).toEqual(['<sip:p1.example;lr>', '<sip:alice@10.0.0.9:5070>']);
    expect(nextHopUri(strict)).toBe('sip:old.example');
  });

  it('gives an ACK the CSeq number of its INVITE and leaves the count alone', () => {
    const uac = uacDialog(invite(), success());
    const { request, state } = nextRequest(uac, 'ACK', 7);
    expect(request.headers.get('CSeq')).toBe('7 ACK');
    expect(state).toBe(uac);
    expect(nextRequest(state, 'BYE').request.headers.get('CSeq')).toBe('8 BYE');
  });

  it('takes a CSeq above the last only, and any first one', () => {
    const uas = uasDialog(invite(), 'b');
    expect([6, 7, 8, 2 ** 31 - 1].map((cseq) => acceptCseq(uas, cseq)?.remoteCseq)).toEqual([
      undefined,
      undefined,
      8,
      2 ** 31 - 1,
    ]);
    expect(acceptCseq(uacDialog(invite(), success()), 0)?.remoteCseq).toBe(0);
  });

  it('follows a new Contact, and keeps the old target when there is none that can be used', () => {
    const uas = uasDialog(invite(), 'b');
    const contact = (value: string): SipRequest =>
      messageOf(inviteLines().map((line) => (line.startsWith('Contact') ? `Contact: ${value}` : line))) as SipRequest;
    expect(refreshTarget(uas, contact('<sip:new@10.0.0.7>')).remoteTarget).toBe('sip:new@10.0.0.7');
    expect(refreshTarget(uas, contact('<tel:+123>')).remoteTarget).toBe(uas.remoteTarget);
    expect(refreshTarget(uas, contact('*')).remoteTarget).toBe(uas.remoteTarget);
  });
});

describe('who may offer', () => {
  const locals: readonly LocalExchange[] = ['none', 'invite'];
  const remotes: readonly RemoteExchange[] = ['none', 'deciding', 'unconfirmed', 'offered', 'updating'];
  /** Rows: local/remote; columns: INVITE, UPDATE with an offer, UPDATE without. */
  const table: Readonly<Record<string, readonly [Verdict, Verdict, Verdict]>> = {
    'none/none': ['go', 'go', 'go'],
    'none/deciding': [500, 500, 'go'],
    'none/unconfirmed': ['go', 'go', 'go'],
    'none/offered': [491, 491, 'go'],
    'none/updating': [500, 500, 500],
    'invite/none': [491, 491, 'go'],
    'invite/deciding': [500, 500, 'go'],
    'invite/unconfirmed': [491, 491, 'go'],
    'invite/offered': [491, 491, 'go'],
    'invite/updating': [500, 500, 500],
  };

  it.each(locals.flatMap((local) => remotes.map((remote) => ({ local, remote }))))(
    'is judged while we have $local and they $remote',
    (exchange) => {
      const judged = [
        judgeIncoming(exchange, 'INVITE', true),
        judgeIncoming(exchange, 'UPDATE', true),
        judgeIncoming(exchange, 'UPDATE', false),
      ];
      expect(judged).toEqual(table[`${exchange.local}/${exchange.remote}`]);
      expect(judgeIncoming(exchange, 'INVITE', false)).toBe(judged[0]);
      expect(mayOffer(exchange)).toBe(exchange.local === 'none' && exchange.remote === 'none');
    },
  );

  it('waits 2.1–4 s after glare when the Call-ID is ours, else 0–2 s, in steps of 10 ms (RFC 3261 §14.1)', () => {
    const randoms = [0, 0.25, 0.5, 0.75, 0.999999];
    expect([glareDelayMs(true, 0, 500), glareDelayMs(true, 0.999999, 500)]).toEqual([2100, 4000]);
    expect([glareDelayMs(false, 0, 500), glareDelayMs(false, 0.999999, 500)]).toEqual([0, 2000]);
    for (const random of randoms) {
      expect(glareDelayMs(true, random, 500) % 10).toBe(0);
      expect(glareDelayMs(true, random, 500)).toBeGreaterThan(glareDelayMs(false, 0.999999, 500));
    }
    expect(glareDelayMs(true, 0, 20)).toBe(84);
  });
});

describe('the Reason header', () => {
  it.each([
    [['Q.850;cause=16;text="Normal call clearing"'], { q850Cause: 16, text: 'Normal call clearing' }],
    [['SIP;cause=600;text="Busy"', 'Q.850;cause=17'], { q850Cause: 17, text: undefined }],
    [['q.850 ; cause = 31'], { q850Cause: 31, text: undefined }],
    [['SIP ;cause=200 ;text="Call completed elsewhere"'], { q850Cause: undefined, text: 'Call completed elsewhere' }],
    [['Q.850;cause=16;text="a;b,\\"c\\""'], { q850Cause: 16, text: 'a;b,"c"' }],
    [['Q.850;cause=999'], { q850Cause: undefined, text: undefined }],
    [['Q.850;cause=-1;text="unterminated'], { q850Cause: undefined, text: 'unterminated' }],
    [['q.850 ; cause = 31'], { q850Cause: 31, text: undefined }],
    [['Q.850;cause=1e1'], { q850Cause: undefined, text: undefined }],
    [['SIP;cause=200;text="a, b; \\"c\\""'], { q850Cause: undefined, text: 'a, b; "c"' }],
    [[';;;='], { q850Cause: undefined, text: undefined }],
    [[''], { q850Cause: undefined, text: undefined }],
    [[], { q850Cause: undefined, text: undefined }],
  ])('reads %j', (values, expected) => {
    expect(parseReason(values)).toEqual(expected);
  });

  it('is written so that it reads back as what it was, on one line', () => {
    const text = 'He said "bye"\\, then\r\nInjected: header';
    const written = formatReason({ q850Cause: 16, text });
    expect(written).not.toMatch(/[\r\n]/);
    expect(parseReason([written])).toEqual({ q850Cause: 16, text: text.replace('\r\n', '  ') });
  });
});

describe('retransmission of a 2xx', () => {
  it('goes on at T1, doubled up to T2, and gives up at 64·T1', () => {
    let state = startRetransmission(0, rfcTimers);
    const sentAtMs: number[] = [];
    for (;;) {
      const nowMs = retransmissionDeadline(state);
      expect(stepRetransmission(state, nowMs - 1, rfcTimers).act).toBe('wait');
      const step = stepRetransmission(state, nowMs, rfcTimers);
      if (step.act === 'giveUp') {
        expect(nowMs).toBe(32_000);
        break;
      }
      sentAtMs.push(nowMs);
      state = step.state;
    }
    expect(sentAtMs).toEqual([500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
  });
});
