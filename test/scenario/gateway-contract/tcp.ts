/** The main scenarios once more over TCP. */
import { expect } from 'vitest';
import { PeerDialog, peerSdp } from '../../support/sip-peer.js';
import { scenario, type Scenario } from './scenario.js';
import { ourSdp, Owner } from './stage.js';

export const tcpScenarios: readonly Scenario[] = [
  scenario(
    'a call comes in, is held, and hung up by the caller',
    async (stage) => {
      const { peer, call, owner } = await stage.establish({ transport: 'tcp' });
      call.send('INVITE', { body: peerSdp(2, 'sendonly') });
      call.ack(await peer.receive('200 INVITE'));
      expect(owner.offers).toEqual([peerSdp(2, 'sendonly')]);
      call.send('BYE');
      await peer.receive('200 BYE');
      expect((await owner.ended).by).toBe('remote');
    },
    'tcp',
  ),

  scenario(
    'the server hangs up on the connection the call came by',
    async (stage) => {
      const { peer, call, dialog } = await stage.establish({ transport: 'tcp' });
      const over = dialog.bye({ q850Cause: 16, text: 'Bye' });
      call.respond(await peer.receive('BYE'), 200);
      await over;
    },
    'tcp',
  ),

  scenario(
    'a call is refused, another cancelled',
    async (stage) => {
      const peer = await stage.peer('tcp');
      const refused = new PeerDialog(peer);
      refused.send('INVITE', { body: peerSdp() });
      (await stage.nextInvite()).reject(486);
      await peer.receive('486 INVITE');
      const cancelled = new PeerDialog(peer);
      const branch = `z9hG4bK${cancelled.callId}`;
      cancelled.send('INVITE', { body: peerSdp(), branch });
      const invite = await stage.nextInvite();
      cancelled.send('CANCEL', { cseq: 1, branch });
      await peer.receive('200 CANCEL');
      await peer.receive('487 INVITE');
      await expect(invite.accept(ourSdp(), new Owner())).rejects.toMatchObject({ code: 'legEnded' });
    },
    'tcp',
  ),

  scenario(
    'a call goes out, is answered, re-INVITEd and hung up',
    async (stage) => {
      const { peer, call, dialog } = await stage.callOut({ transport: 'tcp' });
      const outcome = dialog.reinvite(ourSdp(5));
      call.respond(await peer.receive('INVITE'), 200, { body: peerSdp(5) });
      expect(await outcome).toEqual({ ok: true, answer: peerSdp(5) });
      await peer.receive('ACK');
      const over = dialog.bye();
      call.respond(await peer.receive('BYE'), 200);
      await over;
    },
    'tcp',
  ),

  scenario(
    'a destination that takes no connection is told as 503',
    async (stage) => {
      const closed = await stage.peer('tcp');
      await closed.close();
      const { outcome } = stage.gateway.call(
        {
          uri: `sip:x@${closed.address};transport=tcp`,
          from: { uri: 'sip:s@127.0.0.1' },
          sdp: ourSdp(),
          timeoutMs: 2000,
        },
        new Owner(),
      );
      expect(await outcome).toMatchObject({ ok: false, status: 503 });
    },
    'tcp',
  ),
];
