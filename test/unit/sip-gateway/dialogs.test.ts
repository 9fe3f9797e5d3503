import { describe, expect, it } from 'vitest';
import { extraHeaders } from '../../../src/sip/rules/extra-headers.js';
import type { OutboundCallRequest, SipDialog } from '../../../src/sip/gateway.js';
import { Owner, ourSdp } from '../../scenario/gateway-contract/stage.js';
import { ScriptedGateway } from '../../support/scripted-gateway.js';
import { PeerDialog, peerSdp, type RequestParts } from '../../support/sip-peer.js';

interface Call {
  readonly server: ScriptedGateway;
  readonly call: PeerDialog;
  readonly owner: Owner;
  readonly dialog: SipDialog;
}

async function establish(invite: RequestParts = {}): Promise<Call> {
  const server = await ScriptedGateway.open();
  const call = new PeerDialog(server.peer());
  const owner = new Owner();
  call.send('INVITE', { body: peerSdp(), ...invite });
  const accepted = server.invites[0]?.accept(ourSdp(), owner);
  call.ack(server.last('200 INVITE'));
  const dialog = await accepted;
  if (!dialog) throw new Error('no invite');
  server.take();
  return { server, call, owner, dialog };
}

async function dial(request: Partial<OutboundCallRequest> = {}): Promise<{
  server: ScriptedGateway;
  owner: Owner;
  call: PeerDialog;
  outgoing: ReturnType<ScriptedGateway['gateway']['call']>;
}> {
  const server = await ScriptedGateway.open();
  const owner = new Owner();
  const from = { uri: 'sip:me@10.0.0.1' };
  const outgoing = server.gateway.call(
    { uri: 'sip:x@10.0.0.2', from, sdp: ourSdp(), timeoutMs: 60_000, ...request },
    owner,
  );
  return { server, owner, outgoing, call: new PeerDialog(server.peer(), { invite: server.last('INVITE') }) };
}

/** The Contact line of a request changed. */
function movedTo(text: string, address: string): string {
  return text.replace(/^Contact: .*$/m, `Contact: <sip:peer@${address}>`);
}

describe('the remote target', () => {
  it.each(['INVITE', 'UPDATE'])('follows the Contact of an accepted %s', async (method) => {
    const { server, call, dialog } = await establish();
    server.receive(movedTo(call.request(method, { body: peerSdp(2) }), '10.0.0.7'), '10.0.0.2:5060');
    await server.clock.advance(1);
    if (method === 'INVITE') call.ack(server.last('200 INVITE'));
    void dialog.bye();
    expect(server.last('BYE').to).toBe('10.0.0.7:5060');
  });

  it('follows the Contact of an UPDATE without an offer', async () => {
    const { server, call, dialog } = await establish();
    server.receive(movedTo(call.request('UPDATE'), '10.0.0.7'), '10.0.0.2:5060');
    void dialog.bye();
    expect(server.last('BYE').to).toBe('10.0.0.7:5060');
  });

  it('stays where it is when the request is refused', async () => {
    const { server, call, dialog, owner } = await establish();
    owner.decide = () => ({ ok: false, status: 488 });
    server.receive(movedTo(call.request('UPDATE', { body: peerSdp(2) }), '10.0.0.7'), '10.0.0.2:5060');
    await server.clock.advance(1);
    void dialog.bye();
    expect(server.last('BYE').to).toBe('10.0.0.2:5060');
  });

  it('of a call we make is that of the 2xx, not of the provisional before it', async () => {
    const { server, outgoing, call } = await dial();
    server.receive(movedTo(call.response(server.last('INVITE'), 180), '10.0.0.5'), '10.0.0.2:5060');
    call.respond(server.last('INVITE'), 200, { body: peerSdp() });
    const outcome = await outgoing.outcome;
    if (outcome.ok) void outcome.dialog.bye();
    expect(server.last('ACK').to).toBe('10.0.0.2:5060');
    expect(server.last('BYE').to).toBe('10.0.0.2:5060');
  });
});

describe('where a peer sends from', () => {
  it('is remembered from its last request, for when its Contact cannot be reached', async () => {
    const { server, call, dialog } = await establish();
    server.receive(call.request('INFO'), '10.0.0.3:6060');
    server.unreachable.add('10.0.0.2:5060');
    void dialog.bye();
    await server.clock.advance(1);
    expect(server.last('BYE').to).toBe('10.0.0.3:6060');
  });

  it('is tried by a re-INVITE too', async () => {
    const { server, call, dialog } = await establish();
    server.receive(call.request('INFO'), '10.0.0.3:6060');
    server.unreachable.add('10.0.0.2:5060');
    void dialog.reinvite(ourSdp(5));
    await server.clock.advance(1);
    expect(server.last('INVITE').to).toBe('10.0.0.3:6060');
  });
});

describe('the ACK of a 2xx of ours', () => {
  it('counts only from an admitted source', async () => {
    const server = await ScriptedGateway.open();
    const call = new PeerDialog(server.peer());
    call.send('INVITE', { body: peerSdp() });
    let confirmed = false;
    const accepted = server.invites[0]?.accept(ourSdp(), new Owner()).then(() => (confirmed = true));
    const success = server.last('200 INVITE');
    call.take(success);
    server.receive(call.request('ACK', { cseq: 1 }), '192.0.2.66:5060');
    await server.clock.advance(1);
    expect(confirmed).toBe(false);
    call.ack(success);
    await accepted;
    expect(confirmed).toBe(true);
  });

  it('is not waited for when BYE comes first: no more 2xx, and accept fails', async () => {
    const server = await ScriptedGateway.open();
    const call = new PeerDialog(server.peer());
    call.send('INVITE', { body: peerSdp() });
    const accepted = server.invites[0]?.accept(ourSdp(), new Owner());
    const outcome = accepted?.then(
      () => 'confirmed',
      (refusal: unknown) => refusal,
    );
    call.take(server.last('200 INVITE'));
    call.send('BYE');
    expect(await outcome).toMatchObject({ code: 'legEnded' });
    server.take();
    await server.clock.advance(40_000);
    expect(server.takeKinds()).toEqual([]);
    expect(server.clock.pending).toBe(0);
  });

  it.each(['the first', 'a later'])(
    'of %s INVITE does not free the way while the next one is decided',
    async (which) => {
      const server = await ScriptedGateway.open();
      const call = new PeerDialog(server.peer());
      const owner = new Owner();
      call.send('INVITE', { body: peerSdp() });
      const accepted = server.invites[0]?.accept(ourSdp(), owner);
      if (which === 'a later') {
        call.ack(server.last('200 INVITE'));
        call.send('INVITE', { body: peerSdp() });
        await server.clock.advance(1);
      }
      const success = server.last('200 INVITE');
      call.take(success);
      owner.decide = () => new Promise(() => undefined);
      call.send('INVITE', { body: peerSdp(2) });
      call.ack(success);
      await accepted;
      call.send('INVITE', { body: peerSdp(3) });
      expect(server.last('500 INVITE')).toBeDefined();
    },
  );
});

describe('an answered call', () => {
  it('keeps no timer of its time before the answer', async () => {
    const { server, call } = await establish();
    await server.clock.advance(33_000);
    expect([server.clock.pending, server.gateway.counters().transactions]).toEqual([0, 0]);
    call.send('BYE');
    await server.clock.advance(33_000);
    expect(server.clock.pending).toBe(0);
  });

  it('takes no CANCEL any more', async () => {
    const server = await ScriptedGateway.open();
    const call = new PeerDialog(server.peer());
    const owner = new Owner();
    call.send('INVITE', { body: peerSdp(), branch: 'z9hG4bKcancelled' });
    const accepted = server.invites[0]?.accept(ourSdp(), owner);
    call.send('CANCEL', { cseq: 1, branch: 'z9hG4bKcancelled' });
    expect(server.last('200 CANCEL').tag('To')).toBe(server.last('200 INVITE').tag('To'));
    call.ack(server.last('200 INVITE'));
    await accepted;
    expect(server.gateway.counters().dialogs).toBe(1);
  });

  it('that was offered to again after a refusal is offered to again', async () => {
    const { server, call, owner } = await establish();
    owner.decide = () => ({ ok: false, status: 488 });
    call.send('INVITE', { body: peerSdp(2) });
    await server.clock.advance(1);
    call.send('INVITE', { body: peerSdp(3) });
    await server.clock.advance(1);
    expect(owner.offers).toEqual([peerSdp(2), peerSdp(3)]);
  });

  it('hears of an answer that a refresh has changed', async () => {
    const { server, call, owner } = await establish({
      headers: { Supported: 'timer', 'Session-Expires': '600;refresher=uas' },
    });
    await server.clock.advance(300_001);
    call.respond(server.last('INVITE'), 200, { body: peerSdp(9), headers: { 'Session-Expires': '600;refresher=uac' } });
    await server.clock.advance(1);
    expect(owner.answers).toEqual([peerSdp(9)]);
  });
});

describe('a call we make', () => {
  const credentials = { username: 'alice', password: 'secret', realm: 'trunk' };
  const challenge = { headers: { 'WWW-Authenticate': 'Digest realm="trunk", nonce="n1", qop="auth"' } };

  it('acknowledges a 2xx with the credentials of its INVITE', async () => {
    const { server, call, outgoing } = await dial({ credentials });
    call.respond(server.last('INVITE'), 401, challenge);
    const authorization = server.last('INVITE').header('Authorization');
    expect(authorization).toContain('username="alice"');
    call.respond(server.last('INVITE'), 200, { body: peerSdp() });
    await outgoing.outcome;
    expect(server.last('ACK').header('Authorization')).toBe(authorization);
  });

  it('answers challenges in its dialog, to BYE too', async () => {
    const { server, call, outgoing } = await dial({ credentials });
    call.respond(server.last('INVITE'), 200, { body: peerSdp() });
    const outcome = await outgoing.outcome;
    if (!outcome.ok) throw new Error('refused');
    const over = outcome.dialog.bye();
    call.respond(server.last('BYE'), 401, challenge);
    await server.clock.advance(1);
    const again = server.last('BYE');
    expect(again.header('Authorization')).toContain('username="alice"');
    call.respond(again, 200);
    await over;
  });

  it('forgets the early dialogs of a refused try', async () => {
    const { server, call } = await dial({ credentials });
    call.respond(server.last('INVITE'), 183);
    expect(server.gateway.counters().dialogs).toBe(1);
    call.respond(server.last('INVITE'), 401, challenge);
    expect(server.gateway.counters().dialogs).toBe(0);
  });

  it('is lost when its callee hangs up before answering', async () => {
    const { server, call, outgoing, owner } = await dial();
    const invite = server.last('INVITE');
    call.respond(invite, 180);
    call.remoteTag = invite.tag('From');
    call.send('BYE');
    call.respond(invite, 200, { body: peerSdp() });
    expect(await outgoing.outcome).toMatchObject({ ok: false, status: 480 });
    expect(server.last('ACK')).toBeDefined();
    expect(owner.ends).toEqual([]);
    expect(server.gateway.counters().dialogs).toBe(0);
  });

  it('keeps apart no more forks than eight', async () => {
    const { server, call } = await dial();
    for (let fork = 0; fork < 50; fork++) call.respond(server.last('INVITE'), 180, { tag: `fork${fork}` });
    expect(server.gateway.counters().dialogs).toBe(8);
  });
});

describe('headers of the owner', () => {
  it('are added, unless they are ours to write or no headers at all, and always on one line', () => {
    const extra = extraHeaders({
      'X-Call': 'a\r\nEvil: b',
      via: 'SIP/2.0/UDP evil',
      f: '<sip:evil>',
      'Content-Type': 'text/evil',
      Authorization: 'evil',
      'bad name': 'evil',
      '': 'evil',
    });
    expect(extra).toEqual({ 'X-Call': 'a Evil: b' });
  });
});
