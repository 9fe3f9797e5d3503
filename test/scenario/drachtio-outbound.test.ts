import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OutboundCallRequest } from '../../src/sip/gateway.js';
import { DigestServer } from '../../src/sip/embedded/auth/digest-server.js';
import type { SipRequest } from '../../src/sip/embedded/message/message.js';
import { Bench, ours, Recorder, until } from '../support/drachtio-server/bench.js';
import { sdp } from '../support/drachtio-server/raw-peer.js';

const credentials = { username: 'bridge', password: 'sesame', realm: 'trunk.example' };
let bench: Bench;

beforeEach(async () => {
  bench = new Bench(50);
  await bench.start({ t1Ms: 50 });
});

afterEach(async () => {
  await bench.stop();
});

function dial(changes: Partial<OutboundCallRequest> = {}, handlers = new Recorder()) {
  const progress: number[] = [];
  const call = bench.gateway.call(
    {
      uri: `sip:4930@127.0.0.1:${bench.peer.port}`,
      from: { uri: 'sip:bridge@mixminus.example', displayName: 'The "Bridge"' },
      sdp: ours,
      timeoutMs: 20_000,
      ...changes,
    },
    handlers,
    (status) => progress.push(status),
  );
  return { call, handlers, progress };
}

/** Answers the INVITE with a challenge and swallows the ACK. */
function challenge(invite: SipRequest, values: string[], status = 401): void {
  const name = status === 401 ? 'WWW-Authenticate' : 'Proxy-Authenticate';
  bench.peer.respond(invite, status, { headers: { [name]: values.join(', ') } });
}

function invitesSeen(): SipRequest[] {
  const branches = new Map<string, SipRequest>();
  for (const message of bench.peer.received) {
    if (message.kind === 'request' && message.method === 'INVITE')
      branches.set(message.headers.get('Via') ?? '', message);
  }
  return [...branches.values()];
}

describe('a call of ours through drachtio', () => {
  it('rings, is answered, and ends by the peer', async () => {
    const { call, handlers, progress } = dial({
      headers: { 'X-Leg': '7', Via: 'stolen', 'X-Bad': 'a\r\nInjected: b' },
    });
    const invite = await bench.peer.request('INVITE');
    expect(invite.uri).toBe(`sip:4930@127.0.0.1:${bench.peer.port}`);
    expect(invite.headers.get('From')).toMatch(/^"The \\"Bridge\\"" <sip:bridge@mixminus\.example>;tag=/);
    expect(invite.headers.getAll('Via')).toHaveLength(1);
    expect(invite.headers.get('X-Leg')).toBe('7');
    expect(invite.headers.get('Injected')).toBeUndefined();
    expect(invite.body.toString()).toBe(ours);
    bench.peer.respond(invite, 180);
    await until(() => progress.length === 1, 'progress');
    bench.peer.respond(invite, 200, { body: sdp(30_000) });
    const ack = await bench.peer.request('ACK');
    expect(ack.headers.get('CSeq')).toBe(invite.headers.get('CSeq')?.replace('INVITE', 'ACK'));
    const outcome = await call.outcome;
    expect(outcome).toMatchObject({ ok: true, answer: sdp(30_000) });
    expect(progress).toEqual([180]);
    if (!outcome.ok) return;
    expect(outcome.dialog.remote.user).toBe('4930');
    expect(outcome.dialog.sipCallId).toBe(invite.headers.get('Call-ID'));
    call.cancel();
    const bye = outcome.dialog.bye();
    bench.peer.respond(await bench.peer.request('BYE'), 200);
    await bye;
    expect(handlers.ends).toEqual([{ by: 'local', q850Cause: undefined, text: undefined }]);
    expect(bench.gateway.counters()).toMatchObject({ dialogs: 0, transactions: 0 });
    expect(bench.peer.received.some((message) => message.kind === 'request' && message.method === 'CANCEL')).toBe(
      false,
    );
  });

  it.each([
    [486, 'Busy Here'],
    [302, 'Moved Temporarily'],
    [603, 'Decline'],
  ])('ends with the peer’s %i, and goes nowhere else', async (status, reason) => {
    const { call } = dial();
    const invite = await bench.peer.request('INVITE');
    bench.peer.respond(invite, status, { headers: { Contact: `<sip:else@127.0.0.1:${bench.peer.port}>` } });
    expect(await call.outcome).toEqual({ ok: false, status, reason });
    await bench.peer.request('ACK');
    expect(invitesSeen()).toHaveLength(1);
  });

  it('goes to the proxy and not to the host of its URI', async () => {
    const { call } = dial({ uri: 'sip:4930@203.0.113.9', proxy: `sip:127.0.0.1:${bench.peer.port}` });
    const invite = await bench.peer.request('INVITE');
    expect(invite.uri).toBe('sip:4930@203.0.113.9');
    bench.peer.respond(invite, 404);
    expect(await call.outcome).toMatchObject({ status: 404 });
  });

  it('that the server will not send fails with 503', async () => {
    const { call } = dial({ uri: `sip:me@127.0.0.1:${bench.server.sipPort}` });
    expect(await call.outcome).toEqual({ ok: false, status: 503, reason: 'can not send request to myself' });
  });

  it.each([
    [401, 'WWW-Authenticate', 'Authorization'],
    [407, 'Proxy-Authenticate', 'Proxy-Authorization'],
  ] as const)('answers a %i of its trunk', async (status, _asks, answers) => {
    const oracle = new DigestServer({ nonceKey: randomBytes(16), now: () => Date.now() });
    const { call } = dial({ credentials });
    const first = await bench.peer.request('INVITE');
    challenge(first, oracle.challenge(credentials.realm), status);
    await bench.peer.request('ACK');
    const second = await bench.peer.request('INVITE');
    const verdict = oracle.verify(second.headers.getAll(answers), 'INVITE', credentials.realm, [credentials]);
    expect(verdict).toEqual({ ok: true, username: 'bridge' });
    expect(second.headers.get('Call-ID')).toBe(first.headers.get('Call-ID'));
    expect(second.headers.get('From')).toBe(first.headers.get('From'));
    const number = (request: SipRequest) => Number.parseInt(request.headers.get('CSeq') ?? '', 10);
    expect(number(second)).toBe(number(first) + 1);
    bench.peer.respond(second, 200, { body: sdp(30_000) });
    const outcome = await call.outcome;
    expect(outcome.ok).toBe(true);
    if (!outcome.ok) return;

    // a challenged BYE of a call that we made is answered, too
    const done = outcome.dialog.bye();
    challenge(await bench.peer.request('BYE'), oracle.challenge(credentials.realm), status);
    const bye = await bench.peer.request('BYE');
    expect(oracle.verify(bye.headers.getAll(answers), 'BYE', credentials.realm, [credentials]).ok).toBe(true);
    bench.peer.respond(bye, 200);
    await done;
  });

  it('gives nothing to a foreign realm', async () => {
    const { call } = dial({ credentials });
    challenge(await bench.peer.request('INVITE'), ['Digest realm="evil.example", nonce="1", qop="auth"']);
    expect(await call.outcome).toMatchObject({ ok: false, status: 401 });
    expect(invitesSeen()).toHaveLength(1);
  });

  it('does not go round with a peer that challenges for ever', async () => {
    const { call } = dial({ credentials });
    for (const nonce of ['1', '2']) {
      challenge(await bench.peer.request('INVITE'), [
        `Digest realm="${credentials.realm}", nonce="${nonce}", qop="auth"`,
      ]);
    }
    expect(await call.outcome).toMatchObject({ ok: false, status: 401 });
    expect(invitesSeen()).toHaveLength(2);
  });

  it('given up while it rings is cancelled', async () => {
    const { call } = dial();
    const invite = await bench.peer.request('INVITE');
    bench.peer.respond(invite, 180);
    call.cancel();
    const cancel = await bench.peer.request('CANCEL');
    bench.peer.respond(cancel, 200);
    bench.peer.respond(invite, 487);
    expect(await call.outcome).toEqual({ ok: false, status: 487, reason: 'Request Terminated' });
  });

  it('given up at once sends its CANCEL only after the first response', async () => {
    const { call } = dial();
    call.cancel();
    const invite = await bench.peer.request('INVITE');
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(bench.peer.received.some((message) => message.kind === 'request' && message.method === 'CANCEL')).toBe(
      false,
    );
    bench.peer.respond(invite, 100);
    const cancel = await bench.peer.request('CANCEL');
    bench.peer.respond(cancel, 200);
    bench.peer.respond(invite, 487);
    expect(await call.outcome).toMatchObject({ ok: false, status: 487 });
  });

  it('answered as it is given up is ended', async () => {
    const { call, handlers } = dial();
    const invite = await bench.peer.request('INVITE');
    bench.peer.respond(invite, 180);
    call.cancel();
    bench.peer.respond(invite, 200, { body: sdp(30_000) });
    expect(await call.outcome).toMatchObject({ ok: false, status: 487 });
    await bench.peer.request('ACK');
    bench.peer.respond(await bench.peer.request('BYE'), 200);
    await until(() => bench.gateway.counters().dialogs === 0, 'no dialog');
    expect(handlers.ends).toEqual([]);
  });

  it('that nobody answers in time tells 408 and is cancelled', async () => {
    const { call } = dial({ timeoutMs: 50 });
    const invite = await bench.peer.request('INVITE');
    bench.peer.respond(invite, 180);
    await bench.peer.request('CANCEL');
    expect(await call.outcome).toEqual({ ok: false, status: 408, reason: 'No answer' });
  });

  it('answered without a session description is ended', async () => {
    const { call } = dial();
    bench.peer.respond(await bench.peer.request('INVITE'), 200);
    expect(await call.outcome).toMatchObject({ ok: false, status: 488 });
    await bench.peer.request('BYE');
  });
});
