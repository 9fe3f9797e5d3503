/** What goes wrong between two sides that both mean well. */
import { expect } from 'vitest';
import type { OfferOutcome } from '../../../src/sip/gateway.js';
import { PeerDialog, peerSdp } from '../../support/sip-peer.js';
import { scenario, type Scenario } from './scenario.js';
import { ourSdp, Owner } from './stage.js';

export const raceScenarios: readonly Scenario[] = [
  scenario('CANCEL after the 200: the CANCEL is answered, the call stands', async (stage) => {
    const peer = await stage.peer();
    const call = new PeerDialog(peer);
    const owner = new Owner();
    const branch = `z9hG4bK${call.callId}`;
    call.send('INVITE', { body: peerSdp(), branch });
    const accepted = (await stage.nextInvite()).accept(ourSdp(), owner);
    const success = await peer.receive('200 INVITE');
    call.send('CANCEL', { cseq: 1, branch });
    await peer.receive('200 CANCEL');
    call.ack(success);
    const dialog = await accepted;
    const over = dialog.bye();
    call.respond(await peer.receive('BYE'), 200);
    await over;
    expect(peer.count('487 INVITE')).toBe(0);
  }),

  scenario(
    'no ACK: the 200 is sent again and again, then BYE, and accept fails',
    async (stage) => {
      const peer = await stage.peer();
      const call = new PeerDialog(peer);
      const owner = new Owner();
      call.send('INVITE', { body: peerSdp() });
      const accepted = (await stage.nextInvite()).accept(ourSdp(), owner);
      const outcome = accepted.then(
        () => 'confirmed',
        (refusal: unknown) => refusal,
      );
      const bye = await peer.receive('BYE', 80 * stage.t1Ms + 500);
      call.respond(bye, 200);
      expect(await outcome).toMatchObject({ code: 'legEnded' });
      expect(peer.count('200 INVITE')).toBeGreaterThanOrEqual(5);
      expect(owner.ends).toEqual([]);
    },
    'timers',
  ),

  scenario(
    'the 200 was lost: the peer repeats its INVITE and gets the 200 again, and the owner one call',
    async (stage) => {
      const peer = await stage.peer();
      const call = new PeerDialog(peer);
      const invite = call.request('INVITE', { body: peerSdp() });
      peer.send(invite);
      const accepted = (await stage.nextInvite()).accept(ourSdp(), new Owner());
      const success = await peer.receive('200 INVITE');
      peer.send(invite);
      await stage.until(() => peer.count('200 INVITE') >= 2);
      call.ack(success);
      await accepted;
      expect(peer.distinct('200 INVITE')).toBe(1);
      expect(stage.untakenInvites).toBe(0);
    },
  ),

  scenario('the ACK was lost: the repeated 200 is acknowledged again', async (stage) => {
    const { peer, call, invite, owner } = await stage.callOut();
    const before = peer.count('ACK');
    call.respond(invite, 200, { body: peerSdp() });
    await stage.until(() => peer.count('ACK') > before);
    expect(owner.ends).toEqual([]);
  }),

  scenario('a request that comes twice is answered twice, and done once', async (stage) => {
    const { peer, call, owner } = await stage.establish();
    const info = call.request('INFO', { body: 'Signal=5', contentType: 'application/dtmf-relay' });
    peer.send(info);
    // While the first is being answered a retransmission is absorbed (RFC 3261 §17.2.2); afterwards it is answered again.
    await stage.until(() => peer.count('200 INFO') === 1);
    peer.send(info);
    await stage.until(() => peer.count('200 INFO') === 2);
    expect(owner.infos).toHaveLength(1);
  }),

  scenario(
    'glare: their re-INVITE gets 491 while ours is out; ours is taken',
    async (stage) => {
      const { peer, call, dialog, owner } = await stage.establish();
      const outcome = dialog.reinvite(ourSdp(5));
      const ours = await peer.receive('INVITE');
      const branch = `z9hG4bK${call.callId}glare`;
      call.send('INVITE', { body: peerSdp(2), branch });
      const refusal = await peer.receive('491 INVITE');
      call.send('ACK', { cseq: call.cseq, branch, toTag: refusal.tag('To') });
      call.respond(ours, 200, { body: peerSdp(5) });
      expect(await outcome).toEqual({ ok: true, answer: peerSdp(5) });
      expect(owner.offers).toEqual([]);
    },
    'glare',
  ),

  scenario(
    'glare: 491 to our re-INVITE is tried again once, later',
    async (stage) => {
      const { peer, call, dialog } = await stage.establish();
      const outcome = dialog.reinvite(ourSdp(5));
      const first = await peer.receive('INVITE');
      call.respond(first, 491);
      await peer.receive('ACK');
      const second = await peer.receive('INVITE', 10 * stage.t1Ms + 500);
      expect(second.cseq).toBeGreaterThan(first.cseq);
      expect(second.body).toBe(ourSdp(5));
      call.respond(second, 200, { body: peerSdp(5) });
      expect(await outcome).toEqual({ ok: true, answer: peerSdp(5) });
    },
    'glare',
  ),

  scenario(
    'a second re-INVITE while the first waits gets 500 and Retry-After',
    async (stage) => {
      const { peer, call, owner } = await stage.establish();
      let decide: (outcome: OfferOutcome) => void = () => undefined;
      owner.decide = () => new Promise((resolve) => (decide = resolve));
      call.send('INVITE', { body: peerSdp(2) });
      await stage.until(() => owner.offers.length === 1);
      call.send('INVITE', { body: peerSdp(3) });
      const refusal = await peer.receive('500 INVITE');
      expect(Number(refusal.header('Retry-After'))).toBeLessThanOrEqual(10);
      decide({ ok: true, sdp: ourSdp(2) });
      call.ack(await peer.receive('200 INVITE'));
      expect(owner.offers).toEqual([peerSdp(2)]);
    },
    'glare',
  ),

  scenario(
    'a re-INVITE before the ACK of the last: both are taken, both ACKs count, and the call goes on',
    async (stage) => {
      const { peer, call, owner } = await stage.establish();
      call.send('INVITE', { body: peerSdp(2) });
      const first = await peer.receive('200 INVITE');
      call.send('INVITE', { body: peerSdp(3) });
      call.ack(await peer.receive('200 INVITE'));
      call.ack(first);
      await stage.rest(90);
      expect(owner.offers).toEqual([peerSdp(2), peerSdp(3)]);
      expect(owner.ends).toEqual([]);
      expect(peer.count('BYE')).toBe(0);
    },
    'timers',
    'glare',
  ),

  scenario('BYE crosses our re-INVITE: the call ends, the re-INVITE fails', async (stage) => {
    const { peer, call, dialog, owner } = await stage.establish();
    const outcome = dialog.reinvite(ourSdp(5));
    const invite = await peer.receive('INVITE');
    call.send('BYE');
    await peer.receive('200 BYE');
    call.respond(invite, 487);
    expect((await outcome).ok).toBe(false);
    await peer.receive('ACK');
    expect(owner.ends.map(({ by }) => by)).toEqual(['remote']);
  }),

  scenario(
    'BYE while their re-INVITE waits: 487 to that, and the late decision changes nothing',
    async (stage) => {
      const { peer, call, owner } = await stage.establish();
      let decide: (outcome: OfferOutcome) => void = () => undefined;
      owner.decide = () => new Promise((resolve) => (decide = resolve));
      call.send('INVITE', { body: peerSdp(2) });
      await stage.until(() => owner.offers.length === 1);
      call.send('BYE');
      await peer.receive('200 BYE');
      await peer.receive('487 INVITE');
      decide({ ok: true, sdp: ourSdp(2) });
      await stage.rest(3);
      expect(peer.distinct('200 INVITE')).toBe(1);
    },
    'glare',
  ),

  scenario('both sides hang up at once: both BYEs are answered, the owner hears one end', async (stage) => {
    const { peer, call, dialog, owner } = await stage.establish();
    const over = dialog.bye();
    const bye = await peer.receive('BYE');
    call.send('BYE');
    await stage.until(() => peer.count('200 BYE') + peer.count('481 BYE') >= 1);
    call.respond(bye, 200);
    await over;
    expect(owner.ends).toHaveLength(1);
  }),
];
