/** What strangers, scanners and broken devices send. */
import { expect } from 'vitest';
import { message, PeerDialog, peerSdp, randomId, type SipPeer } from '../../support/sip-peer.js';
import { scenario, type Scenario } from './scenario.js';

export const hostileScenarios: readonly Scenario[] = [
  scenario(
    'OPTIONS out of a dialog is answered 200 and tells what we can',
    async (stage) => {
      const peer = await stage.peer();
      new PeerDialog(peer).send('OPTIONS');
      const success = await peer.receive('200 OPTIONS');
      expect(success.header('Allow')).toMatch(/INVITE/);
      expect(success.header('Accept')).toContain('application/sdp');
      expect(success.tag('To')).not.toBe('');
    },
    'parser',
  ),

  scenario('a BYE with any part of the dialog id wrong gets 481, and the call lives', async (stage) => {
    const { peer, call, owner } = await stage.establish();
    call.send('BYE', { toTag: randomId() });
    await peer.receive('481 BYE');
    call.send('BYE', { fromTag: randomId() });
    await peer.receive('481 BYE');
    call.send('BYE', { callId: randomId() });
    await peer.receive('481 BYE');
    // Without a To tag it is in no dialog at all.
    peer.send(call.request('BYE').replace(/^(To: <[^>]*>);tag=.*$/m, '$1'));
    await peer.receive('481 BYE');
    expect(owner.ends).toEqual([]);
    call.send('INFO');
    await peer.receive('200 INFO');
  }),

  scenario(
    'a request with an old CSeq is refused, and the call lives',
    async (stage) => {
      const { peer, call, owner } = await stage.establish();
      call.send('INFO', { cseq: 10 });
      await peer.receive('200 INFO');
      call.send('BYE', { cseq: 5 });
      await peer.receive('500 BYE');
      expect(owner.ends).toEqual([]);
      call.cseq = 10;
      call.send('BYE');
      await peer.receive('200 BYE');
    },
    'parser',
  ),

  scenario(
    'a CANCEL for nothing gets 481',
    async (stage) => {
      const peer = await stage.peer();
      new PeerDialog(peer).send('CANCEL');
      await peer.receive('481 CANCEL');
    },
    'parser',
  ),

  scenario(
    'an UPDATE or INFO in no dialog gets 481',
    async (stage) => {
      const peer = await stage.peer();
      new PeerDialog(peer).send('INFO', { toTag: 'nobody' });
      await peer.receive('481 INFO');
      new PeerDialog(peer).send('UPDATE', { toTag: 'nobody' });
      await peer.receive('481 UPDATE');
    },
    'parser',
  ),

  scenario(
    'methods we do not do: 405 or 501, always with Allow',
    async (stage) => {
      const peer = await stage.peer();
      for (const method of ['REGISTER', 'SUBSCRIBE', 'MESSAGE', 'PUBLISH', 'REFER', 'NOTIFY', 'PRACK']) {
        new PeerDialog(peer).send(method);
        expect((await peer.receive(`405 ${method}`)).header('Allow')).toContain('INVITE');
      }
      new PeerDialog(peer).send('FROBNICATE');
      expect((await peer.receive('501 FROBNICATE')).header('Allow')).toContain('INVITE');
    },
    'parser',
  ),

  scenario(
    'an INVITE that requires what we cannot is refused with 420, 415, 406, 416, 483 or 400',
    async (stage) => {
      const peer = await stage.peer();
      const invite = (parts: Parameters<PeerDialog['send']>[1], from = /$^/, to = ''): void => {
        peer.send(new PeerDialog(peer).request('INVITE', { body: peerSdp(), ...parts }).replace(from, to));
      };
      invite({ headers: { Require: '100rel' } });
      expect((await peer.receive('420 INVITE')).header('Unsupported')).toBe('100rel');
      invite({ contentType: 'text/plain' });
      expect((await peer.receive('415 INVITE')).header('Accept')).toBe('application/sdp');
      invite({ headers: { Accept: 'text/html' } });
      await peer.receive('406 INVITE');
      invite({ uri: 'urn:service:sos' });
      await peer.receive('416 INVITE');
      invite({}, /^Max-Forwards: 70$/m, 'Max-Forwards: 0');
      await peer.receive('483 INVITE');
      invite({}, /^Contact: .*\r\n/m);
      await peer.receive('400 INVITE');
      expect(stage.untakenInvites).toBe(0);
    },
    'parser',
  ),

  scenario(
    'the same INVITE by two ways is one call: the second gets 482',
    async (stage) => {
      const peer = await stage.peer();
      const call = new PeerDialog(peer);
      call.send('INVITE', { body: peerSdp(), branch: 'z9hG4bKfirst' });
      call.send('INVITE', { body: peerSdp(), branch: 'z9hG4bKsecond', cseq: 1 });
      await peer.receive('482 INVITE');
      (await stage.nextInvite()).reject(486);
      await peer.receive('486 INVITE');
      expect(stage.untakenInvites).toBe(0);
    },
    'parser',
  ),

  scenario(
    'an INVITE in the style of RFC 2543 works: no branch, no tag',
    async (stage) => {
      const peer = await stage.peer();
      const call = new PeerDialog(peer);
      const text = call
        .request('INVITE', { body: peerSdp() })
        .replace(/;branch=[^;\r]*/, '')
        .replace(/^(From: <[^>]*>);tag=.*$/m, '$1');
      peer.send(text);
      peer.send(text);
      const invite = await stage.nextInvite();
      invite.reject(486);
      await peer.receive('486 INVITE');
      expect(stage.untakenInvites).toBe(0);
    },
    'parser',
  ),

  scenario(
    'malformed messages get 400 or silence, and OPTIONS is answered after each',
    async (stage) => {
      const peer = await stage.peer();
      for (const text of malformed(peer)) {
        const before = peer.received.length;
        peer.send(text);
        new PeerDialog(peer).send('OPTIONS');
        await peer.receive('200 OPTIONS');
        const answers = peer.received.slice(before).filter(({ kind }) => kind !== '200 OPTIONS');
        for (const answer of answers) expect([400, 413, 505, 513]).toContain(answer.status);
      }
      expect(stage.untakenInvites).toBe(0);
    },
    'parser',
  ),

  scenario('stray responses and ACKs are dropped in silence', async (stage) => {
    const { peer, call, owner } = await stage.establish();
    const before = peer.received.length;
    peer.send(
      message([
        'SIP/2.0 200 OK',
        `Via: SIP/2.0/UDP ${peer.gateway.host}:${peer.gateway.port};branch=z9hG4bKguess`,
        `From: <sip:a@b>;tag=x`,
        `To: <sip:a@b>;tag=y`,
        'Call-ID: stray',
        'CSeq: 1 INVITE',
        '',
      ]),
    );
    call.send('ACK', { cseq: 77 });
    call.send('ACK', { cseq: 1, toTag: 'nobody' });
    await stage.rest(3);
    expect(peer.received).toHaveLength(before);
    expect(owner.ends).toEqual([]);
  }),
];

function malformed(peer: SipPeer): string[] {
  const good = (): string => new PeerDialog(peer).request('INVITE', { body: peerSdp() });
  return [
    'not SIP at all\r\n\r\n',
    '\r\n\r\n',
    '\0\0\0\0',
    good().replace(/^CSeq: .*$/m, 'CSeq: 99999999999999999999 INVITE'),
    good().replace(/^CSeq: .*$/m, 'CSeq: 1 BYE'),
    good().replace(/^Via: .*\r\n/m, ''),
    good().replace(/^From: .*$/m, 'From: "unterminated <sip:a@b>;tag=x'),
    good().replace(/^Call-ID: .*\r\n/m, ''),
    good().replace(/^Content-Length: .*$/m, 'Content-Length: 99999'),
    good().replace(/^Content-Length: .*$/m, 'Content-Length: -1'),
    good().replace('SIP/2.0', 'SIP/7.0'),
    good().replace(/^Max-Forwards: .*$/m, `X-Long: ${'x'.repeat(20_000)}`),
    good().replace(/^Max-Forwards: .*$/m, 'Max-Forwards: 70\r\nMax-Forwards: 70'),
    good().slice(0, 60),
  ];
}
