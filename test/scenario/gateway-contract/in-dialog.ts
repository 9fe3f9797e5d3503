/** Requests within an established dialog, both ways. */
import { expect } from 'vitest';
import { peerSdp } from '../../support/sip-peer.js';
import { scenario, type Scenario } from './scenario.js';
import { ourSdp } from './stage.js';

export const inDialogScenarios: readonly Scenario[] = [
  scenario('hold and unhold: each re-INVITE is answered with what the owner says', async (stage) => {
    const { peer, call, owner } = await stage.establish();
    call.send('INVITE', { body: peerSdp(2, 'sendonly') });
    const held = await peer.receive('200 INVITE');
    expect(held.body).toBe(ourSdp(2));
    call.ack(held);
    owner.decide = () => ({ ok: true, sdp: ourSdp(3) });
    call.send('INVITE', { body: peerSdp(3) });
    const resumed = await peer.receive('200 INVITE');
    expect(resumed.body).toBe(ourSdp(3));
    call.ack(resumed);
    expect(owner.offers).toEqual([peerSdp(2, 'sendonly'), peerSdp(3)]);
  }),

  scenario('a re-INVITE without SDP gets our offer, and the owner the answer from the ACK', async (stage) => {
    const { peer, call, owner } = await stage.establish();
    call.send('INVITE');
    const success = await peer.receive('200 INVITE');
    expect(success.body).toBe(ourSdp(2));
    expect(owner.offers).toEqual([undefined]);
    call.ack(success, peerSdp(2));
    await stage.until(() => owner.answers.length === 1);
    expect(owner.answers).toEqual([peerSdp(2)]);
  }),

  scenario('a refused re-INVITE leaves the call as it was', async (stage) => {
    const { peer, call, owner, dialog } = await stage.establish();
    owner.decide = () => ({ ok: false, status: 488 });
    const branch = `z9hG4bK${call.callId}refused`;
    call.send('INVITE', { body: peerSdp(2), branch });
    const refusal = await peer.receive('488 INVITE');
    call.send('ACK', { cseq: call.cseq, branch, toTag: refusal.tag('To') });
    owner.decide = () => ({ ok: true, sdp: ourSdp(3) });
    call.send('INVITE', { body: peerSdp(3) });
    call.ack(await peer.receive('200 INVITE'));
    expect(owner.ends).toEqual([]);
    const over = dialog.bye();
    call.respond(await peer.receive('BYE'), 200);
    await over;
  }),

  scenario('an owner that throws at an offer refuses it with 500, and the call goes on', async (stage) => {
    const { peer, call, owner } = await stage.establish();
    owner.decide = () => Promise.reject(new Error('broken on purpose'));
    const branch = `z9hG4bK${call.callId}thrown`;
    call.send('INVITE', { body: peerSdp(2), branch });
    const refusal = await peer.receive('500 INVITE');
    call.send('ACK', { cseq: call.cseq, branch, toTag: refusal.tag('To') });
    call.send('INFO');
    await peer.receive('200 INFO');
    expect(owner.ends).toEqual([]);
  }),

  scenario('we re-INVITE: the answer comes back, and the 200 is acknowledged', async (stage) => {
    const { peer, call, dialog } = await stage.establish();
    const outcome = dialog.reinvite(ourSdp(5));
    const invite = await peer.receive('INVITE');
    expect(invite.body).toBe(ourSdp(5));
    expect([invite.tag('To'), invite.tag('From')]).toEqual([call.localTag, call.remoteTag]);
    call.respond(invite, 200, { body: peerSdp(5) });
    expect(await outcome).toEqual({ ok: true, answer: peerSdp(5) });
    const ack = await peer.receive('ACK');
    expect(ack.cseq).toBe(invite.cseq);
  }),

  scenario('our re-INVITE is refused: the call goes on, and the next one works', async (stage) => {
    const { peer, call, dialog, owner } = await stage.establish();
    const refused = dialog.reinvite(ourSdp(5));
    call.respond(await peer.receive('INVITE'), 488);
    expect(await refused).toEqual({ ok: false, status: 488 });
    await peer.receive('ACK');
    const accepted = dialog.reinvite(ourSdp(6));
    call.respond(await peer.receive('INVITE'), 200, { body: peerSdp(6) });
    expect(await accepted).toEqual({ ok: true, answer: peerSdp(6) });
    expect(owner.ends).toEqual([]);
  }),

  scenario('INFO is answered 200 with and without a body, and reaches the owner', async (stage) => {
    const { peer, call, owner } = await stage.establish();
    call.send('INFO', { body: 'Signal=5\r\nDuration=160\r\n', contentType: 'application/dtmf-relay' });
    await peer.receive('200 INFO');
    call.send('INFO');
    await peer.receive('200 INFO');
    await stage.until(() => owner.infos.length === 2);
    expect(owner.infos).toEqual([
      { contentType: 'application/dtmf-relay', body: 'Signal=5\r\nDuration=160\r\n' },
      { contentType: '', body: '' },
    ]);
  }),

  scenario('we send INFO, and hear the status it got', async (stage) => {
    const { peer, call, dialog } = await stage.establish();
    const status = dialog.info('application/dtmf-relay', 'Signal=5\r\n');
    const info = await peer.receive('INFO');
    expect(info.header('Content-Type')).toBe('application/dtmf-relay');
    expect(info.body).toBe('Signal=5\r\n');
    call.respond(info, 415);
    expect(await status).toBe(415);
  }),

  scenario(
    'UPDATE with an offer is answered like a re-INVITE, without one it only refreshes',
    async (stage) => {
      const { peer, call, owner } = await stage.establish();
      call.send('UPDATE', { body: peerSdp(2, 'sendonly') });
      const success = await peer.receive('200 UPDATE');
      expect(success.body).toBe(ourSdp(2));
      call.send('UPDATE');
      const refresh = await peer.receive('200 UPDATE');
      expect(refresh.body).toBe('');
      expect(owner.offers).toEqual([peerSdp(2, 'sendonly')]);
      owner.decide = () => ({ ok: false, status: 488 });
      call.send('UPDATE', { body: peerSdp(3) });
      await peer.receive('488 UPDATE');
      expect(owner.ends).toEqual([]);
    },
    'update',
  ),

  scenario('OPTIONS in a dialog is answered 200 and tells what we can', async (stage) => {
    const { peer, call } = await stage.establish();
    call.send('OPTIONS');
    const success = await peer.receive('200 OPTIONS');
    expect(success.header('Allow')).toMatch(/INVITE.*BYE/);
  }),

  scenario(
    'a method we do not do in a dialog is refused with Allow, and the call goes on',
    async (stage) => {
      const { peer, call, owner } = await stage.establish();
      call.send('REFER', { headers: { 'Refer-To': '<sip:elsewhere@127.0.0.1>' } });
      expect((await peer.receive('405 REFER')).header('Allow')).toContain('INVITE');
      call.send('FROBNICATE');
      await peer.receive('501 FROBNICATE');
      expect(owner.ends).toEqual([]);
    },
    'parser',
  ),

  scenario('our requests follow the Contact of the last re-INVITE', async (stage) => {
    const { peer, call, dialog } = await stage.establish();
    const moved = await stage.peer();
    const contact = moved.contact;
    peer.send(call.request('INVITE', { body: peerSdp(2) }).replace(/^Contact: .*$/m, `Contact: ${contact}`));
    call.ack(await peer.receive('200 INVITE'));
    const over = dialog.bye();
    const bye = await moved.receive('BYE');
    expect(bye.startLine).toContain(moved.address);
    moved.send(byeAnswer(bye.text));
    await over;
  }),

  scenario(
    'a session timer the caller asks for is agreed, and its refresh is taken',
    async (stage) => {
      const { peer, call } = await stage.establish({
        invite: { headers: { Supported: 'timer', 'Session-Expires': '1800;refresher=uac' } },
      });
      const success = peer.received.find(({ kind }) => kind === '200 INVITE');
      expect(success?.header('Session-Expires')).toBe('1800;refresher=uac');
      expect(success?.header('Require')).toBe('timer');
      call.send('UPDATE', { headers: { Supported: 'timer', 'Session-Expires': '1800;refresher=uac' } });
      expect((await peer.receive('200 UPDATE')).header('Session-Expires')).toBe('1800;refresher=uac');
      call.send('UPDATE', { headers: { Supported: 'timer', 'Session-Expires': '30' } });
      expect((await peer.receive('422 UPDATE')).header('Min-SE')).toBe('90');
    },
    'sessionTimer',
  ),
];

/** A 200 made of a BYE's own text. */
function byeAnswer(bye: string): string {
  const kept = bye.split('\r\n').filter((line) => /^(Via|From|To|Call-ID|CSeq):/i.test(line));
  return ['SIP/2.0 200 OK', ...kept, 'Content-Length: 0', '', ''].join('\r\n');
}
