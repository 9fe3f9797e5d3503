/** What is special about calls through drachtio, beyond the gateway contract. */
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DigestClient } from '../../src/sip/auth/digest-client.js';
import { DigestServer } from '../../src/sip/auth/digest-server.js';
import { HeaderFields } from '../../src/sip/message/header-fields.js';
import type { DrachtioOptions } from '../../src/sip/drachtio/options.js';
import { admitLoopback, DrachtioRig } from '../support/drachtio-server/rig.js';
import { PeerDialog, peerSdp } from '../support/sip-peer.js';
import { ourSdp, Owner, type Stage } from './gateway-contract/stage.js';

let stage: Stage;
let rig: DrachtioRig;

async function open(options: Partial<DrachtioOptions> = {}): Promise<void> {
  ({ stage, rig } = await DrachtioRig.stage(options));
}

afterEach(async () => {
  await stage.close();
});

describe('a call through drachtio', () => {
  beforeEach(() => open());

  it('can be made where the server listens', () => {
    expect(rig.gateway.ready).toBe(true);
    expect(rig.readiness).toEqual([true]);
    expect(rig.gateway.contacts).toEqual([
      `sip:127.0.0.1:${rig.udp.port};transport=udp`,
      `sip:127.0.0.1:${rig.tcp.port};transport=tcp`,
    ]);
    expect(rig.gateway.counters()).toMatchObject({ dialogs: 0, transactions: 0, connections: 1 });
  });

  it('takes header fields of its owner, but none that are not the owner’s, and no line ends in them', async () => {
    const peer = await stage.peer();
    new PeerDialog(peer).send('INVITE', { body: peerSdp() });
    const headers = { 'X-Fine': 'yes', 'X-Bad': 'a\r\nInjected: b', Contact: '<sip:thief@127.0.0.1>', 'Call-ID': 'x' };
    (await stage.nextInvite()).reject(486, { headers });
    const refusal = await peer.receive('486 INVITE');
    expect(refusal.header('X-Fine')).toBe('yes');
    expect(refusal.header('X-Bad')).toBe('a Injected: b');
    expect([refusal.header('Injected'), refusal.header('Contact')]).toEqual(['', '']);

    const { invite } = await stage.dial({ request: { headers, from: { uri: 'sip:a@b>\r\nInjected: c' } } });
    expect(invite.headers('Call-ID')).toHaveLength(1);
    expect([invite.header('X-Fine'), invite.header('Injected')]).toEqual(['yes', '']);
  });

  it('takes any number of re-INVITEs of ours after refused ones', async () => {
    const { peer, call, dialog } = await stage.establish();
    for (const status of [488, 200, 488, 488, 200]) {
      const outcome = dialog.reinvite(ourSdp(5));
      const invite = await peer.receive('INVITE');
      call.respond(invite, status, status === 200 ? { body: peerSdp(5) } : {});
      expect((await peer.receive('ACK')).cseq).toBe(invite.cseq);
      expect(await outcome).toEqual(status === 200 ? { ok: true, answer: peerSdp(5) } : { ok: false, status });
    }
    await stage.rest(0.2);
    expect(peer.count('ACK')).toBe(5);
  });

  it('answers an UPDATE that comes while a request of ours is under way', async () => {
    const { peer, call, dialog } = await stage.establish();
    const sent = dialog.info('text/plain', 'x');
    const info = await peer.receive('INFO');
    call.send('UPDATE', { body: peerSdp(2) });
    await peer.receive('200 UPDATE');
    call.respond(info, 200);
    expect(await sent).toBe(200);
  });

  it('answers 491 to an UPDATE with an offer while our own INVITE is unanswered', async () => {
    const { peer, outgoing, invite, call } = await stage.dial();
    call.respond(invite, 183);
    call.send('UPDATE', { body: peerSdp(2) });
    await peer.receive('491 UPDATE');
    call.send('UPDATE');
    await peer.receive('200 UPDATE');
    call.respond(invite, 200, { body: peerSdp() });
    expect((await outgoing.outcome).ok).toBe(true);
  });

  it.each([
    ['Session timer expired', { by: 'timeout', q850Cause: 102 }],
    ['CANCEL after 200 OK', { by: 'remote', q850Cause: undefined }],
  ])('ends when the server says BYE by itself: %s', async (why, end) => {
    const { peer, call, owner } = await stage.establish();
    rig.server.hangUp(rig.server.dialogIds[0] ?? '', why);
    call.respond(await peer.receive('BYE'), 200);
    expect(await owner.ended).toEqual({ ...end, text: why });
    expect(owner.ends).toHaveLength(1);
  });

  it('ends when the peer answers 481 to a request of ours', async () => {
    const { peer, call, dialog, owner } = await stage.establish();
    const outcome = dialog.reinvite(ourSdp(5));
    call.respond(await peer.receive('INVITE'), 481);
    expect(await outcome).toEqual({ ok: false, status: 481 });
    expect(await owner.ended).toMatchObject({ by: 'remote' });
    call.respond(await peer.receive('BYE'), 481);
  });

  it('with too short a session timer is refused with 422', async () => {
    const peer = await stage.peer();
    new PeerDialog(peer).send('INVITE', {
      body: peerSdp(),
      headers: { 'Session-Expires': '30', Supported: 'timer' },
    });
    expect((await peer.receive('422 INVITE')).header('Min-SE')).toBe('90');
  });

  it('of ours that the server will not send fails with 503', async () => {
    const request = { uri: `sip:me@127.0.0.1:${rig.udp.port}`, from: { uri: 'sip:b@c.example' }, sdp: ourSdp() };
    const { outcome } = stage.gateway.call({ ...request, timeoutMs: 1000 }, new Owner());
    expect(await outcome).toEqual({ ok: false, status: 503, reason: 'can not send request to myself' });
  });

  it('of ours that is answered without a session description is ended', async () => {
    const { peer, outgoing, invite, call, owner } = await stage.dial();
    call.respond(invite, 200);
    expect(await outgoing.outcome).toMatchObject({ ok: false, status: 488 });
    call.respond(await peer.receive('BYE'), 200);
    expect(owner.ends).toEqual([]);
  });

  it('of ours answers challenges to its requests, of two algorithms and within the dialog', async () => {
    const oracle = new DigestServer({ nonceKey: randomBytes(16), now: () => Date.now() });
    const credentials = { username: 'bridge', password: 'sesame', realm: 'trunk.example' };
    const challenge = () => ({ headers: { 'Proxy-Authenticate': oracle.challenge(credentials.realm).join(', ') } });
    const verdict = (value: string, method: string) =>
      oracle.verify([value], method, credentials.realm, [credentials]).ok;
    const { peer, outgoing, invite, call } = await stage.dial({ request: { credentials } });
    call.respond(invite, 407, challenge());
    const second = await peer.receive('INVITE');
    expect(verdict(second.header('Proxy-Authorization'), 'INVITE')).toBe(true);
    expect([second.header('Call-ID'), second.tag('From')]).toEqual([invite.header('Call-ID'), invite.tag('From')]);
    expect(second.cseq).toBe(invite.cseq + 1);
    call.respond(second, 200, { body: peerSdp() });
    const outcome = await outgoing.outcome;
    if (!outcome.ok) throw new Error('the call failed');
    const over = outcome.dialog.bye();
    call.respond(await peer.receive('BYE'), 407, challenge());
    const bye = await peer.receive('BYE');
    expect(verdict(bye.header('Proxy-Authorization'), 'BYE')).toBe(true);
    call.respond(bye, 200);
    await over;
  });
});

describe('admission behind drachtio', () => {
  const inboundAuth = { realm: 'mixminus.example', users: [{ username: 'alice', password: 'secret' }] };

  it('answers nothing to who belongs to no trunk', async () => {
    await open({ admission: admitLoopback({ allow: ['10.0.0.0/8'] }) });
    const peer = await stage.peer();
    new PeerDialog(peer).send('INVITE', { body: peerSdp() });
    new PeerDialog(peer).send('OPTIONS');
    await stage.until(() => rig.gateway.counters().refused.ignored === 2);
    await stage.rest(0.1);
    // 100 Trying is the server's
    expect(peer.received.filter(({ status }) => status > 100)).toEqual([]);
    expect(stage.untakenInvites).toBe(0);
  });

  it('asks for a password where the trunk wants one', async () => {
    await open({ admission: admitLoopback({ inboundAuth }) });
    const peer = await stage.peer();
    const call = new PeerDialog(peer);
    call.send('INVITE', { body: peerSdp() });
    const refusal = await peer.receive('401 INVITE');
    const headers = HeaderFields.of({ 'WWW-Authenticate': refusal.header('WWW-Authenticate') });
    const client = new DigestClient({ username: 'alice', password: 'secret', newClientNonce: () => 'abc' });
    const challenged = { kind: 'response', status: 401, reason: '', headers, body: Buffer.alloc(0) } as const;
    const answer = client.answer(challenged, 'INVITE', call.remoteUri)?.value ?? '';
    call.send('INVITE', { body: peerSdp(), headers: { Authorization: answer } });
    expect((await stage.nextInvite()).trunk).toBe('loopback');
  });
});
