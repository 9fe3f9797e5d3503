/** Calls we make. */
import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { peerSdp, type PeerMessage } from '../../support/sip-peer.js';
import { scenario, type Scenario } from './scenario.js';
import { ourSdp } from './stage.js';

export const outboundScenarios: readonly Scenario[] = [
  scenario('a call is made, rings, is answered, and the callee hangs up', async (stage) => {
    const { peer, outgoing, owner, call, invite, progress } = await stage.dial({
      request: { headers: { 'X-Account': '42', Via: 'SIP/2.0/UDP evil', 'Bad Name': 'x' } },
    });
    expect(invite.body).toBe(ourSdp());
    expect(invite.header('From')).toMatch(/^"?The Server"? <sip:server@127\.0\.0\.1>;tag=/);
    expect(invite.header('X-Account')).toBe('42');
    expect(invite.text).not.toContain('evil');
    call.respond(invite, 100);
    call.respond(invite, 180);
    call.respond(invite, 200, { body: peerSdp() });
    const outcome = await outgoing.outcome;
    expect(outcome).toMatchObject({ ok: true, answer: peerSdp() });
    expect(progress).toEqual([180]);
    const ack = await peer.receive('ACK');
    expect([ack.cseq, ack.tag('To')]).toEqual([invite.cseq, call.localTag]);
    call.remoteTag = invite.tag('From');
    call.send('BYE');
    await peer.receive('200 BYE');
    expect((await owner.ended).by).toBe('remote');
  }),

  scenario('we hang up a call we made', async (stage) => {
    const { peer, call, dialog, owner, invite } = await stage.callOut();
    const over = dialog.bye({ q850Cause: 16, text: 'Bye' });
    const bye = await peer.receive('BYE');
    expect(bye.cseq).toBeGreaterThan(invite.cseq);
    expect(bye.startLine).toContain(peer.address);
    call.respond(bye, 200);
    await over;
    expect(owner.ends.map(({ by }) => by)).toEqual(['local']);
  }),

  scenario('a refusal is told with its status, and acknowledged', async (stage) => {
    const { peer, outgoing, owner, call, invite } = await stage.dial();
    call.respond(invite, 486);
    expect(await outgoing.outcome).toMatchObject({ ok: false, status: 486 });
    const ack = await peer.receive('ACK');
    expect(ack.header('Via')).toBe(invite.header('Via'));
    expect(owner.ends).toEqual([]);
  }),

  scenario('a redirection is a refusal: nobody is called instead', async (stage) => {
    const { outgoing, call, invite } = await stage.dial();
    const elsewhere = await stage.peer();
    call.respond(invite, 302, { headers: { Contact: elsewhere.contact } });
    expect(await outgoing.outcome).toMatchObject({ ok: false, status: 302 });
    await stage.rest(5);
    expect(elsewhere.received).toEqual([]);
  }),

  scenario('nobody answers in time: CANCEL, and the outcome is 408', async (stage) => {
    const { peer, outgoing, call, invite } = await stage.dial({ request: { timeoutMs: 150 } });
    call.respond(invite, 180);
    expect(await outgoing.outcome).toMatchObject({ ok: false, status: 408 });
    const cancel = await peer.receive('CANCEL');
    expect(cancel.header('Via')).toBe(invite.header('Via'));
    call.respond(cancel, 200);
    call.respond(invite, 487);
    await peer.receive('ACK');
  }),

  scenario('a call is cancelled: CANCEL goes out with the first provisional, the outcome is 487', async (stage) => {
    const { peer, outgoing, call, invite } = await stage.dial();
    outgoing.cancel();
    await stage.rest(2);
    expect(peer.count('CANCEL')).toBe(0);
    call.respond(invite, 180);
    const cancel = await peer.receive('CANCEL');
    call.respond(cancel, 200);
    call.respond(invite, 487);
    expect(await outgoing.outcome).toMatchObject({ ok: false, status: 487 });
    await peer.receive('ACK');
  }),

  scenario('CANCEL meets a 200: it is acknowledged and ended with BYE, the outcome is 487', async (stage) => {
    const { peer, outgoing, owner, call, invite } = await stage.dial();
    call.respond(invite, 180);
    await stage.rest(1);
    outgoing.cancel();
    await peer.receive('CANCEL');
    call.respond(invite, 200, { body: peerSdp() });
    await peer.receive('ACK');
    call.respond(await peer.receive('BYE'), 200);
    expect(await outgoing.outcome).toMatchObject({ ok: false, status: 487 });
    expect(owner.ends).toEqual([]);
  }),

  scenario(
    'a silent destination: the INVITE is repeated, and in the end the outcome is 408',
    async (stage) => {
      const { peer, outgoing } = await stage.dial();
      expect(await outgoing.outcome).toMatchObject({ ok: false, status: 408 });
      expect(peer.count('INVITE')).toBeGreaterThanOrEqual(5);
    },
    'timers',
  ),

  scenario(
    'two forks answer: the first wins, the second is acknowledged and ended',
    async (stage) => {
      const { peer, outgoing, owner, call, invite } = await stage.dial();
      call.respond(invite, 180, { tag: 'fork-one' });
      call.respond(invite, 180, { tag: 'fork-two' });
      call.respond(invite, 200, { body: peerSdp(2), tag: 'fork-two' });
      call.respond(invite, 200, { body: peerSdp(1), tag: 'fork-one' });
      expect(await outgoing.outcome).toMatchObject({ ok: true, answer: peerSdp(2) });
      expect((await peer.receive('ACK')).tag('To')).toBe('fork-two');
      expect((await peer.receive('ACK')).tag('To')).toBe('fork-one');
      const bye = await peer.receive('BYE');
      expect(bye.tag('To')).toBe('fork-one');
      call.respond(bye, 200);
      expect(owner.ends).toEqual([]);
    },
    'forking',
  ),

  scenario('a call goes to the proxy it is given, whatever its URI says', async (stage) => {
    const proxy = await stage.peer();
    const { gateway } = stage;
    const outgoing = gateway.call(
      {
        uri: 'sip:4930123@nowhere.invalid',
        from: { uri: 'sip:server@127.0.0.1' },
        sdp: ourSdp(),
        proxy: `sip:${proxy.address};transport=udp`,
        timeoutMs: 2000,
      },
      { onOffer: () => ({ ok: false, status: 488 }), onAnswer: ignore, onInfo: ignore, onEnd: ignore },
    );
    const invite = await proxy.receive('INVITE');
    expect(invite.startLine).toBe('INVITE sip:4930123@nowhere.invalid SIP/2.0');
    outgoing.cancel();
  }),

  scenario('a challenge of the trunk is answered with digest', async (stage) => {
    const { peer, outgoing, call, invite } = await stage.dial({
      request: { credentials: { username: 'alice', password: 'secret', realm: 'trunk' } },
    });
    expect(invite.header('Proxy-Authorization')).toBe('');
    const headers = { 'Proxy-Authenticate': 'Digest realm="trunk", nonce="abc", qop="auth", algorithm=MD5' };
    call.respond(invite, 407, { headers });
    await peer.receive('ACK');
    const again = await peer.receive('INVITE');
    expect(again.cseq).toBeGreaterThan(invite.cseq);
    expect(digestFault(again, 'secret')).toBe('');
    call.respond(again, 200, { body: peerSdp() });
    expect((await outgoing.outcome).ok).toBe(true);
  }),

  scenario(
    'a challenge that never ends is given up after three INVITEs',
    async (stage) => {
      const { peer, outgoing, call, invite } = await stage.dial({
        request: { credentials: { username: 'alice', password: 'secret', realm: 'trunk' } },
      });
      const challenge = (nonce: number): { headers: Record<string, string> } => ({
        headers: { 'WWW-Authenticate': `Digest realm="trunk", nonce="n${nonce}", qop="auth", stale=true` },
      });
      call.respond(invite, 401, challenge(0));
      for (let tries = 1; tries < 10; tries++) {
        const again = await Promise.race([peer.receive('INVITE', 10_000).catch(() => undefined), outgoing.outcome]);
        if (again === undefined || 'ok' in again) break;
        call.respond(again, 401, challenge(tries));
      }
      expect(await outgoing.outcome).toMatchObject({ ok: false, status: 401 });
      expect(peer.count('INVITE')).toBeLessThanOrEqual(3);
    },
    'timers',
  ),

  scenario('a stranger asks for our password and gets nothing', async (stage) => {
    const { peer, outgoing, call, invite } = await stage.dial({
      request: { credentials: { username: 'alice', password: 'secret', realm: 'trunk' } },
    });
    call.respond(invite, 401, { headers: { 'WWW-Authenticate': 'Digest realm="evil", nonce="abc", qop="auth"' } });
    expect(await outgoing.outcome).toMatchObject({ ok: false, status: 401 });
    await peer.receive('ACK');
    await stage.rest(3);
    expect(peer.received.every((message) => !/authorization/i.test(message.text))).toBe(true);
  }),
];

function ignore(): void {
  // The scenario does not look.
}

/** What is wrong with a Proxy-Authorization made with MD5 and qop=auth (RFC 2617 §3.2.2); empty when it is right. */
function digestFault(request: PeerMessage, password: string): string {
  const value = request.header('Proxy-Authorization');
  const field = (name: string): string => new RegExp(`[ ,]${name}="?([^",]*)`).exec(value)?.[1] ?? '';
  const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
  const a1 = md5(`${field('username')}:${field('realm')}:${password}`);
  const a2 = md5(`INVITE:${field('uri')}`);
  const expected = md5(`${a1}:${field('nonce')}:${field('nc')}:${field('cnonce')}:auth:${a2}`);
  return expected === field('response') ? '' : `expected ${expected} in ${value}`;
}
