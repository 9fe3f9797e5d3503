/** Calls that come in. */
import { expect } from 'vitest';
import { PeerDialog, peerSdp } from '../../support/sip-peer.js';
import { scenario, type Scenario } from './scenario.js';
import { ourSdp, Owner } from './stage.js';

export const inboundScenarios: readonly Scenario[] = [
  scenario('a call is accepted, and the caller hangs up', async (stage) => {
    const { peer, call, owner, dialog } = await stage.establish();
    expect(dialog.sipCallId).toBe(call.callId);
    expect(dialog.remote.uri).toBe(call.localUri);
    call.send('BYE', { headers: { Reason: 'Q.850;cause=16;text="Normal call clearing"' } });
    await peer.receive('200 BYE');
    expect(await owner.ended).toEqual({ by: 'remote', q850Cause: 16, text: 'Normal call clearing' });
    expect(owner.ends).toHaveLength(1);
    // What is over is over: the same dialog does not exist any more.
    call.send('BYE');
    await peer.receive('481 BYE');
  }),

  scenario('the server hangs up, with a reason', async (stage) => {
    const { peer, call, owner, dialog } = await stage.establish();
    const over = dialog.bye({ q850Cause: 31, text: 'The "call" has ended' });
    const bye = await peer.receive('BYE');
    expect(bye.header('Reason')).toBe('Q.850;cause=31;text="The \\"call\\" has ended"');
    expect([bye.tag('To'), bye.tag('From')]).toEqual([call.localTag, call.remoteTag]);
    call.respond(bye, 200);
    await over;
    await owner.ended;
    expect(owner.ends.map(({ by }) => by)).toEqual(['local']);
    await dialog.bye();
    expect(peer.distinct('BYE')).toBe(1);
  }),

  scenario('the owner sees who calls whom, with what', async (stage) => {
    const peer = await stage.peer();
    const call = new PeerDialog(peer, { user: 'team%20one' });
    call.send('INVITE', { body: peerSdp(), headers: { 'X-Room': 'blue' } });
    const invite = await stage.nextInvite();
    expect(invite.requestUri.user).toBe('team one');
    expect(invite.from.uri).toBe(call.localUri);
    expect(invite.sipCallId).toBe(call.callId);
    expect(invite.offer).toBe(peerSdp());
    expect(invite.header('x-room')).toBe('blue');
    expect(invite.source).toMatchObject({ address: '127.0.0.1', transport: 'udp' });
    invite.reject(486);
    await peer.receive('486 INVITE');
  }),

  scenario('a caller hears 100 at once, then 180, and the answer carries headers of the owner', async (stage) => {
    const peer = await stage.peer();
    const call = new PeerDialog(peer);
    call.send('INVITE', { body: peerSdp() });
    // What is sent at once comes before the answer to whatever follows, however long a busy machine takes for both.
    new PeerDialog(peer).send('OPTIONS');
    await peer.receive('200 OPTIONS');
    expect(peer.received.map(({ kind }) => kind)).toEqual(['100 INVITE', '200 OPTIONS']);
    const invite = await stage.nextInvite();
    invite.progress(180);
    const ringing = await peer.receive('180 INVITE');
    const accepted = invite.accept(ourSdp(), new Owner(), { 'X-Leg': 'seven' });
    const success = await peer.receive('200 INVITE');
    expect(success.header('X-Leg')).toBe('seven');
    expect(success.body).toBe(ourSdp());
    expect(success.header('Contact')).toMatch(/^<sip:/);
    expect(success.tag('To')).toBe(ringing.tag('To'));
    call.ack(success);
    await accepted;
    invite.progress(183);
    await stage.rest(3);
    expect(peer.count('183 INVITE')).toBe(0);
  }),

  scenario('a call is refused with status, reason and headers of the owner, and its ACK is absorbed', async (stage) => {
    const peer = await stage.peer();
    const call = new PeerDialog(peer);
    const branch = `z9hG4bK${call.callId}`;
    call.send('INVITE', { body: peerSdp(), branch });
    const invite = await stage.nextInvite();
    invite.reject(503, { reason: 'Full Up', headers: { 'Retry-After': '7' } });
    invite.reject(404);
    const refusal = await peer.receive('503 INVITE');
    expect(refusal.startLine).toBe('SIP/2.0 503 Full Up');
    expect(refusal.header('Retry-After')).toBe('7');
    call.send('ACK', { cseq: 1, branch, toTag: refusal.tag('To') });
    await expect(invite.accept(ourSdp(), new Owner())).rejects.toMatchObject({ code: 'legEnded' });
    await stage.rest(6);
    expect(peer.count('404 INVITE')).toBe(0);
  }),

  scenario(
    'a refusal is sent again until it is acknowledged',
    async (stage) => {
      const peer = await stage.peer();
      const call = new PeerDialog(peer);
      call.send('INVITE', { body: peerSdp() });
      (await stage.nextInvite()).reject(486);
      await stage.until(() => peer.count('486 INVITE') >= 3);
    },
    'timers',
  ),

  scenario('a caller gives up: 200 to the CANCEL, 487 to the INVITE, and the owner hears of it', async (stage) => {
    const peer = await stage.peer();
    const call = new PeerDialog(peer);
    const branch = `z9hG4bK${call.callId}`;
    call.send('INVITE', { body: peerSdp(), branch });
    const invite = await stage.nextInvite();
    let cancelled = 0;
    invite.onCancel(() => cancelled++);
    call.send('CANCEL', { cseq: 1, branch });
    await peer.receive('200 CANCEL');
    const refusal = await peer.receive('487 INVITE');
    call.send('ACK', { cseq: 1, branch, toTag: refusal.tag('To') });
    await stage.until(() => cancelled === 1);
    invite.onCancel(() => cancelled++);
    expect(cancelled).toBe(2);
    await expect(invite.accept(ourSdp(), new Owner())).rejects.toMatchObject({ code: 'legEnded' });
    await stage.rest(3);
    expect(peer.count('200 INVITE')).toBe(0);
  }),

  scenario('an INVITE without an offer gets ours, and the answer comes with the ACK', async (stage) => {
    const peer = await stage.peer();
    const call = new PeerDialog(peer);
    const owner = new Owner();
    call.send('INVITE');
    const invite = await stage.nextInvite();
    expect(invite.offer).toBeUndefined();
    const accepted = invite.accept(ourSdp(), owner);
    const success = await peer.receive('200 INVITE');
    expect(success.body).toBe(ourSdp());
    call.ack(success, peerSdp());
    await accepted;
    expect(owner.answers).toEqual([peerSdp()]);
  }),

  scenario('an owner that throws costs its own INVITE a 500 and nothing else', async (stage) => {
    const { peer, call, owner } = await stage.establish();
    stage.onInvite = () => {
      throw new Error('broken on purpose');
    };
    const other = new PeerDialog(peer);
    other.send('INVITE', { body: peerSdp() });
    await peer.receive('500 INVITE');
    stage.onInvite = undefined;
    call.send('INFO', { body: 'Signal=1', contentType: 'application/dtmf-relay' });
    await peer.receive('200 INFO');
    expect(owner.infos).toHaveLength(1);
  }),

  scenario(
    'while draining new calls get 503 and Retry-After, and what is up goes on',
    async (stage) => {
      const { peer, call, owner } = await stage.establish();
      stage.gateway.drain();
      const other = new PeerDialog(peer);
      other.send('INVITE', { body: peerSdp() });
      const refusal = await peer.receive('503 INVITE');
      expect(Number(refusal.header('Retry-After'))).toBeGreaterThan(0);
      expect(stage.untakenInvites).toBe(0);
      call.send('INVITE', { body: peerSdp(2, 'sendonly') });
      call.ack(await peer.receive('200 INVITE'));
      expect(owner.offers).toEqual([peerSdp(2, 'sendonly')]);
    },
    'drain',
  ),

  scenario(
    'nothing is left when a call is over',
    async (stage) => {
      const { peer, call, dialog } = await stage.establish();
      expect(stage.gateway.counters()).toMatchObject({ dialogs: 1 });
      const over = dialog.bye();
      call.respond(await peer.receive('BYE'), 200);
      await over;
      expect(stage.gateway.counters()).toMatchObject({ dialogs: 0 });
      await stage.until(() => stage.gateway.counters().transactions === 0, 80 * stage.t1Ms + 500);
    },
    'counters',
    'timers',
  ),
];
