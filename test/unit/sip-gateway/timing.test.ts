import { describe, expect, it } from 'vitest';
import { Owner, ourSdp } from '../../scenario/gateway-contract/stage.js';
import { PeerDialog, peerSdp } from '../../support/sip-peer.js';
import { ScriptedGateway } from '../../support/scripted-gateway.js';
import type { SipDialog } from '../../../src/sip/gateway.js';

async function establish(): Promise<{ server: ScriptedGateway; call: PeerDialog; owner: Owner; dialog: SipDialog }> {
  const server = await ScriptedGateway.open();
  const call = new PeerDialog(server.peer());
  const owner = new Owner();
  call.send('INVITE', { body: peerSdp() });
  const accepted = server.invites[0]?.accept(ourSdp(), owner);
  call.ack(server.last('200 INVITE'));
  const dialog = await accepted;
  if (!dialog) throw new Error('no invite');
  server.take();
  return { server, call, owner, dialog };
}

async function dial(server: ScriptedGateway): Promise<{
  owner: Owner;
  call: PeerDialog;
  outgoing: ReturnType<ScriptedGateway['gateway']['call']>;
}> {
  const owner = new Owner();
  const request = { uri: 'sip:x@10.0.0.2', from: { uri: 'sip:me@10.0.0.1' }, sdp: ourSdp(), timeoutMs: 60_000 };
  const outgoing = server.gateway.call(request, owner);
  return { owner, outgoing, call: new PeerDialog(server.peer(), { invite: server.last('INVITE') }) };
}

describe('an INVITE', () => {
  it('that nobody decides about gets 480 in the end, and its owner hears that it is over', async () => {
    const server = await ScriptedGateway.open();
    new PeerDialog(server.peer()).send('INVITE', { body: peerSdp() });
    let cancelled = 0;
    server.invites[0]?.onCancel(() => cancelled++);
    await server.clock.advance(179_999);
    expect(server.takeKinds()).toEqual(['100 INVITE']);
    await server.clock.advance(1);
    expect(server.last('480 INVITE')).toBeDefined();
    expect(cancelled).toBe(1);
  });

  it('without an offer whose ACK brings no answer is ended with BYE, and accept fails', async () => {
    const server = await ScriptedGateway.open();
    const call = new PeerDialog(server.peer());
    call.send('INVITE');
    const accepted = server.invites[0]?.accept(ourSdp(), new Owner());
    const outcome = accepted?.then(
      () => 'confirmed',
      (refusal: unknown) => refusal,
    );
    call.ack(server.last('200 INVITE'));
    expect(await outcome).toMatchObject({ code: 'legEnded' });
    expect(server.last('BYE').header('Reason')).toContain('Q.850;cause=79');
  });

  it('in an early dialog can be taken back with BYE: 487, and the owner hears of it', async () => {
    const server = await ScriptedGateway.open();
    const call = new PeerDialog(server.peer());
    call.send('INVITE', { body: peerSdp() });
    let cancelled = 0;
    server.invites[0]?.onCancel(() => cancelled++);
    server.invites[0]?.progress(180);
    call.take(server.last('180 INVITE'));
    call.send('BYE');
    expect(server.takeKinds()).toEqual(['100 INVITE', '180 INVITE', '200 BYE', '487 INVITE']);
    expect(cancelled).toBe(1);
    expect(server.gateway.counters().dialogs).toBe(0);
  });

  it('in an early dialog refuses offers until it is accepted, and takes what has none', async () => {
    const server = await ScriptedGateway.open();
    const call = new PeerDialog(server.peer());
    call.send('INVITE', { body: peerSdp() });
    server.invites[0]?.progress(180);
    call.take(server.last('180 INVITE'));
    call.send('UPDATE', { body: peerSdp(2) });
    call.send('UPDATE');
    call.send('INVITE', { body: peerSdp(2) });
    expect(server.takeKinds().slice(2)).toEqual(['500 UPDATE', '200 UPDATE', '500 INVITE']);
  });

  it('is answered where its Via says, with received and rport', async () => {
    const server = await ScriptedGateway.open();
    const call = new PeerDialog(server.peer());
    call.send('INVITE', { body: peerSdp() });
    expect(server.last('100 INVITE').header('Via')).toMatch(/;rport=5060;received=10\.0\.0\.2$/);
    expect(server.last('100 INVITE').to).toBe('10.0.0.2:5060');
  });
});

describe('a re-INVITE before the ACK of the INVITE', () => {
  it('is taken when that ACK would bring nothing new (RFC 5407 §3.1.4)', async () => {
    const server = await ScriptedGateway.open();
    const call = new PeerDialog(server.peer());
    const owner = new Owner();
    call.send('INVITE', { body: peerSdp() });
    const accepted = server.invites[0]?.accept(ourSdp(), owner);
    const first = server.last('200 INVITE');
    call.take(first);
    call.send('INVITE', { body: peerSdp(2) });
    await server.clock.advance(1);
    expect(owner.offers).toEqual([peerSdp(2)]);
    call.ack(server.last('200 INVITE'));
    call.ack(first);
    await accepted;
    server.take();
    await server.clock.advance(40_000);
    expect(server.takeKinds()).toEqual([]);
  });

  it('is refused with 491 when that ACK is to bring the answer', async () => {
    const server = await ScriptedGateway.open();
    const call = new PeerDialog(server.peer());
    call.send('INVITE');
    const accepted = server.invites[0]?.accept(ourSdp(), new Owner());
    const first = server.last('200 INVITE');
    call.take(first);
    call.send('INVITE', { body: peerSdp(2) });
    expect(server.last('491 INVITE')).toBeDefined();
    call.ack(first, peerSdp());
    await accepted;
  });
});

describe('glare', () => {
  it('is tried again after 0–2 s when the Call-ID is theirs, once only', async () => {
    const { server, call, dialog } = await establish();
    const outcome = dialog.reinvite(ourSdp(5));
    await server.clock.advance(0);
    call.respond(server.last('INVITE'), 491);
    // The middle of 0–2 s, as the random number of this gateway is always 0.5.
    await server.clock.advance(999);
    expect(server.takeKinds()).toEqual(['INVITE', 'ACK']);
    await server.clock.advance(2);
    call.respond(server.last('INVITE'), 491);
    expect(await outcome).toEqual({ ok: false, status: 491 });
    await server.clock.advance(10_000);
    expect(server.takeKinds()).toEqual(['INVITE', 'ACK']);
  });

  it('is tried again after 2.1–4 s when the Call-ID is ours', async () => {
    const server = await ScriptedGateway.open();
    const { call, outgoing } = await dial(server);
    call.respond(server.last('INVITE'), 200, { body: peerSdp() });
    const answered = await outgoing.outcome;
    if (!answered.ok) throw new Error('refused');
    const outcome = answered.dialog.reinvite(ourSdp(5));
    await server.clock.advance(0);
    server.sent.splice(0, server.sent.length - 1);
    call.respond(server.last('INVITE'), 491);
    await server.clock.advance(2099);
    expect(server.takeKinds()).toEqual(['INVITE', 'ACK']);
    await server.clock.advance(1901);
    call.respond(server.last('INVITE'), 200, { body: peerSdp(5) });
    expect(await outcome).toEqual({ ok: true, answer: peerSdp(5) });
  });

  it('with one of theirs that waits: ours waits its turn', async () => {
    const { server, call, dialog, owner } = await establish();
    let decide: (outcome: { ok: true; sdp: string }) => void = () => undefined;
    owner.decide = () => new Promise((resolve) => (decide = resolve));
    call.send('INVITE', { body: peerSdp(2) });
    const outcome = dialog.reinvite(ourSdp(5));
    await server.clock.advance(10);
    expect(server.takeKinds()).toEqual(['100 INVITE']);
    decide({ ok: true, sdp: ourSdp(2) });
    await server.clock.advance(10);
    call.ack(server.last('200 INVITE'));
    await server.clock.advance(10);
    call.respond(server.last('INVITE'), 200, { body: peerSdp(5) });
    expect(await outcome).toEqual({ ok: true, answer: peerSdp(5) });
  });

  it('never sends two of ours at once', async () => {
    const { server, call, dialog } = await establish();
    const outcomes = Promise.all([dialog.reinvite(ourSdp(5)), dialog.reinvite(ourSdp(6))]);
    await server.clock.advance(1);
    expect(server.take().map(({ kind, body }) => [kind, body])).toEqual([['INVITE', ourSdp(5)]]);
    await server.clock.advance(500);
    call.respond(server.last('INVITE'), 488);
    await server.clock.advance(1);
    call.respond(server.last('INVITE'), 200, { body: peerSdp(6) });
    expect(await outcomes).toEqual([
      { ok: false, status: 488 },
      { ok: true, answer: peerSdp(6) },
    ]);
  });
});

describe('a re-INVITE of ours', () => {
  it('that is answered 100 and then nothing is cancelled, and the dialog stays usable', async () => {
    const { server, call, dialog, owner } = await establish();
    const outcome = dialog.reinvite(ourSdp(5));
    await server.clock.advance(0);
    const invite = server.last('INVITE');
    call.respond(invite, 100);
    await server.clock.advance(32_001);
    call.respond(server.last('CANCEL'), 200);
    call.respond(invite, 487);
    expect(await outcome).toEqual({ ok: false, status: 487 });
    expect(owner.ends).toEqual([]);
  });

  it('that gets no answer at all ends the call: 408 (RFC 3261 §12.2.1.2)', async () => {
    const { server, dialog, owner } = await establish();
    const outcome = dialog.reinvite(ourSdp(5));
    await server.clock.advance(33_000);
    expect(await outcome).toEqual({ ok: false, status: 408 });
    expect(owner.ends.map(({ by }) => by)).toEqual(['timeout']);
    expect(server.last('BYE')).toBeDefined();
    await server.clock.advance(70_000);
    expect(server.gateway.counters()).toMatchObject({ dialogs: 0, transactions: 0 });
    expect(server.clock.pending).toBe(0);
  });

  it('answered without SDP is a refusal, and acknowledged', async () => {
    const { server, call, dialog } = await establish();
    const outcome = dialog.reinvite(ourSdp(5));
    await server.clock.advance(0);
    call.respond(server.last('INVITE'), 200);
    expect(await outcome).toEqual({ ok: false, status: 488 });
    expect(server.last('ACK')).toBeDefined();
  });
});

describe('requests of ours', () => {
  it('go to where the call came from when the Contact cannot be reached', async () => {
    const { server, call, dialog } = await establish();
    server.receive(
      call.request('INVITE', { body: peerSdp(2) }).replace(/^Contact: .*$/m, 'Contact: <sip:peer@10.9.9.9>'),
      '10.0.0.2:5060',
    );
    await server.clock.advance(1);
    call.ack(server.last('200 INVITE'));
    server.unreachable.add('10.9.9.9:5060');
    void dialog.bye();
    await server.clock.advance(1);
    expect(server.last('BYE').to).toBe('10.0.0.2:5060');
  });

  it('tell 503 when nothing can be reached', async () => {
    const { server, dialog, owner } = await establish();
    server.unreachable.add('10.0.0.2:5060');
    expect(await dialog.info('text/plain', 'x')).toBe(503);
    await dialog.bye();
    expect(owner.ends).toHaveLength(1);
    expect(server.gateway.counters().dialogs).toBe(0);
  });

  it('in a call that came in are never authenticated for a stranger (SAFETY S7)', async () => {
    const { server, call, dialog } = await establish();
    const status = dialog.info('text/plain', 'x');
    await server.clock.advance(0);
    const headers = { 'WWW-Authenticate': 'Digest realm="r", nonce="n", qop="auth"' };
    call.respond(server.last('INFO'), 401, { headers });
    expect(await status).toBe(401);
    expect(server.take().filter(({ kind }) => kind === 'INFO')).toHaveLength(1);
  });
});

describe('a call we make', () => {
  it('that is cancelled and never hears again forgets itself 64·T1 after the CANCEL', async () => {
    const server = await ScriptedGateway.open();
    const { call, outgoing } = await dial(server);
    call.respond(server.last('INVITE'), 180);
    outgoing.cancel();
    expect(await outgoing.outcome).toMatchObject({ ok: false, status: 487 });
    expect(server.last('CANCEL')).toBeDefined();
    await server.clock.advance(33_000);
    expect(server.gateway.counters()).toMatchObject({ dialogs: 0, transactions: 0 });
    expect(server.clock.pending).toBe(0);
  });

  it('answered without SDP is ended, and told as 488', async () => {
    const server = await ScriptedGateway.open();
    const { call, outgoing } = await dial(server);
    call.respond(server.last('INVITE'), 200);
    expect(await outgoing.outcome).toMatchObject({ ok: false, status: 488 });
    expect([server.last('ACK'), server.last('BYE')]).toHaveLength(2);
  });

  it('follows the route set of the 2xx', async () => {
    const server = await ScriptedGateway.open();
    const { call, outgoing } = await dial(server);
    call.respond(server.last('INVITE'), 200, {
      body: peerSdp(),
      headers: { 'Record-Route': '<sip:10.0.0.9;lr>, <sip:10.0.0.8:5070;lr>' },
    });
    const outcome = await outgoing.outcome;
    expect(outcome.ok).toBe(true);
    const ack = server.last('ACK');
    expect(ack.to).toBe('10.0.0.8:5070');
    expect(ack.headers('Route')).toEqual(['<sip:10.0.0.8:5070;lr>', '<sip:10.0.0.9;lr>']);
    if (outcome.ok) void outcome.dialog.bye();
    expect(server.last('BYE').to).toBe('10.0.0.8:5070');
  });

  it.each([
    ['tel:+4930123', 'tel'],
    ['sips:x@10.0.0.2', 'sips'],
    ['not a uri', 'nonsense'],
    ['sip:x@10.0.0.2;transport=tls', 'a transport there is not'],
  ])('to %s is told as 503 at once (%s)', async (uri) => {
    const server = await ScriptedGateway.open();
    const request = { uri, from: { uri: 'sip:me@10.0.0.1' }, sdp: ourSdp(), timeoutMs: 1000 };
    expect(await server.gateway.call(request, new Owner()).outcome).toMatchObject({ ok: false, status: 503 });
    expect(server.sent).toEqual([]);
    expect(server.clock.pending).toBe(0);
  });

  it('goes through a loose-routing proxy with a Route', async () => {
    const server = await ScriptedGateway.open();
    const request = {
      uri: 'sip:x@example.org',
      from: { uri: 'sip:me@10.0.0.1' },
      sdp: ourSdp(),
      proxy: 'sip:10.0.0.9:5070;lr',
      timeoutMs: 1000,
    };
    server.gateway.call(request, new Owner());
    const invite = server.last('INVITE');
    expect([invite.to, invite.header('Route')]).toEqual(['10.0.0.9:5070', '<sip:10.0.0.9:5070;lr>']);
  });
});

describe('owners that throw', () => {
  it('in any handler cost nothing but what they threw', async () => {
    const { server, call, owner } = await establish();
    owner.onInfo = () => {
      throw new Error('info');
    };
    owner.onEnd = () => {
      throw new Error('end');
    };
    call.send('INFO');
    call.send('BYE');
    expect(server.takeKinds()).toEqual(['200 INFO', '200 BYE']);
    expect(server.thrown).toHaveLength(2);
    expect(server.gateway.counters()).toMatchObject({ dialogs: 0, refused: { handlerThrew: 2 } });
  });

  it('asynchronously are no unhandled rejection', async () => {
    const { server, call, owner } = await establish();
    Object.assign(owner, { onInfo: () => Promise.reject(new Error('later')) });
    call.send('INFO');
    await server.clock.advance(1);
    expect(server.thrown).toHaveLength(1);
  });
});
