import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Owner, ourSdp } from '../../scenario/gateway-contract/stage.js';
import { PeerDialog, peerSdp, type PeerMessage, randomId } from '../../support/sip-peer.js';
import { ScriptedGateway } from '../../support/scripted-gateway.js';

const stranger = '192.0.2.66:5060';

const guarded = {
  trunks: [
    {
      name: 'guarded',
      allow: ['10.0.0.0/8'],
      latching: 'off' as const,
      inboundAuth: { realm: 'room', users: [{ username: 'alice', password: 'secret' }] },
    },
  ],
};

/** Credentials as RFC 2617 §3.2.2 has them, for the first MD5 challenge of a 401. */
function authorization(challenge: PeerMessage, uri: string, password: string, nc = '00000001'): string {
  const value = challenge.headers('WWW-Authenticate').find((one) => one.includes('MD5')) ?? '';
  const field = (name: string): string => new RegExp(`${name}="([^"]*)"`).exec(value)?.[1] ?? '';
  const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
  const a1 = md5(`alice:${field('realm')}:${password}`);
  const response = md5(`${a1}:${field('nonce')}:${nc}:c0ffee:auth:${md5(`INVITE:${uri}`)}`);
  return (
    `Digest username="alice", realm="${field('realm')}", nonce="${field('nonce')}", uri="${uri}", ` +
    `response="${response}", algorithm=MD5, qop=auth, nc=${nc}, cnonce="c0ffee"`
  );
}

describe('a stranger', () => {
  it.each(['INVITE', 'OPTIONS', 'REGISTER', 'BYE', 'CANCEL', 'MESSAGE', 'SUBSCRIBE', 'FROBNICATE'])(
    'gets not a byte for %s',
    async (method) => {
      const server = await ScriptedGateway.open();
      const peer = server.peer(stranger);
      new PeerDialog(peer).send(method, { body: peerSdp() });
      new PeerDialog(peer).send(method, { body: peerSdp(), toTag: randomId() });
      server.receive(new PeerDialog(peer).request(method).replace(/^CSeq: .*$/m, 'CSeq: x y'), stranger);
      await server.clock.advance(60_000);
      expect([server.sent, server.invites]).toEqual([[], []]);
      expect(server.gateway.counters()).toMatchObject({ dialogs: 0, transactions: 0 });
    },
  );

  it('gets nothing with the id of a live dialog either, and ends no call', async () => {
    const server = await ScriptedGateway.open();
    const call = new PeerDialog(server.peer());
    const owner = new Owner();
    call.send('INVITE', { body: peerSdp() });
    const accepted = server.invites[0]?.accept(ourSdp(), owner);
    call.ack(server.last('200 INVITE'));
    await accepted;
    server.take();
    server.receive(call.request('BYE'), stranger);
    expect(server.takeKinds()).toEqual([]);
    expect(owner.ends).toEqual([]);
    call.send('BYE');
    expect(server.takeKinds()).toEqual(['200 BYE']);
    expect(owner.ends).toHaveLength(1);
  });

  it('cannot cancel the INVITE of somebody else', async () => {
    const server = await ScriptedGateway.open();
    const call = new PeerDialog(server.peer());
    const invite = call.request('INVITE', { body: peerSdp(), branch: 'z9hG4bKknown' });
    server.receive(invite, '10.0.0.2:5060');
    const cancel = call.request('CANCEL', { cseq: 1, branch: 'z9hG4bKknown' });
    server.receive(cancel, stranger);
    server.receive(cancel, '10.0.0.77:5060');
    expect(server.takeKinds()).toEqual(['100 INVITE', '481 CANCEL']);
    server.receive(cancel, '10.0.0.2:5060');
    expect(server.takeKinds()).toEqual(['200 CANCEL', '487 INVITE']);
  });
});

describe('a trunk with digest', () => {
  it('challenges an INVITE without keeping anything, and takes it with the right credentials', async () => {
    const server = await ScriptedGateway.open(guarded);
    const call = new PeerDialog(server.peer());
    call.send('INVITE', { body: peerSdp() });
    const challenge = server.last('401 INVITE');
    expect(challenge.headers('WWW-Authenticate').length).toBeGreaterThan(0);
    expect(server.gateway.counters()).toMatchObject({ dialogs: 0, transactions: 0 });
    const Authorization = authorization(challenge, call.remoteUri, 'secret');
    call.send('INVITE', { body: peerSdp(), headers: { Authorization } });
    expect(server.invites).toHaveLength(1);
  });

  it('refuses a wrong password and a replay', async () => {
    const server = await ScriptedGateway.open(guarded);
    const call = new PeerDialog(server.peer());
    call.send('INVITE', { body: peerSdp() });
    const challenge = server.last('401 INVITE');
    const wrong = authorization(challenge, call.remoteUri, 'guess');
    call.send('INVITE', { body: peerSdp(), headers: { Authorization: wrong } });
    expect(server.invites).toHaveLength(0);
    const right = authorization(challenge, call.remoteUri, 'secret');
    call.send('INVITE', { body: peerSdp(), headers: { Authorization: right } });
    server.take();
    new PeerDialog(server.peer()).send('INVITE', { body: peerSdp(), headers: { Authorization: right } });
    expect(server.last('401 INVITE').header('WWW-Authenticate')).toContain('stale=true');
    expect(server.invites).toHaveLength(1);
  });
});

describe('floods', () => {
  it('beyond the rate of an address are refused without a transaction', async () => {
    const server = await ScriptedGateway.open({ limits: { perAddressPerS: 20, perAddressBurst: 40 } });
    for (let count = 0; count < 500; count++) new PeerDialog(server.peer()).send('INVITE', { body: peerSdp() });
    const refusals = server.take().filter(({ kind }) => kind === '503 INVITE');
    expect([server.invites.length, refusals.length]).toEqual([40, 460]);
    expect(Number(refusals[0]?.header('Retry-After'))).toBeGreaterThan(0);
    expect(server.gateway.counters().transactions).toBe(40);
  });

  it('fill no more than the transactions there are: 503 and nothing kept', async () => {
    const server = await ScriptedGateway.open({ gateway: { maxTransactions: 50 } });
    for (let count = 0; count < 80; count++) new PeerDialog(server.peer()).send('INVITE', { body: peerSdp() });
    expect(server.invites).toHaveLength(50);
    expect(server.gateway.counters()).toMatchObject({
      dialogs: 50,
      transactions: 50,
      refused: { transactionsFull: 30 },
    });
    expect(server.last('503 INVITE').header('Retry-After')).not.toBe('');
    for (const invite of server.invites) invite.reject(486);
    await server.clock.advance(33_000);
    expect(server.gateway.counters()).toMatchObject({ dialogs: 0, transactions: 0 });
    expect(server.clock.pending).toBe(0);
  });

  it('within one dialog are refused beyond its rate, and the call goes on', async () => {
    const server = await ScriptedGateway.open();
    const call = new PeerDialog(server.peer());
    const owner = new Owner();
    call.send('INVITE', { body: peerSdp() });
    const accepted = server.invites[0]?.accept(ourSdp(), owner);
    call.ack(server.last('200 INVITE'));
    await accepted;
    server.take();
    for (let count = 0; count < 1000; count++) call.send('INFO');
    const kinds = server.takeKinds();
    expect(kinds.filter((kind) => kind === '200 INFO')).toHaveLength(100);
    expect(kinds.filter((kind) => kind === '503 INFO')).toHaveLength(900);
    await server.clock.advance(1000);
    call.send('BYE');
    expect(server.takeKinds()).toEqual(['200 BYE']);
  });

  it('of twenty thousand guessed BYEs end no call', async () => {
    const server = await ScriptedGateway.open();
    const call = new PeerDialog(server.peer());
    const owner = new Owner();
    call.send('INVITE', { body: peerSdp() });
    const accepted = server.invites[0]?.accept(ourSdp(), owner);
    call.ack(server.last('200 INVITE'));
    await accepted;
    server.take();
    const base = call.request('BYE');
    const ourTag = call.remoteTag;
    for (let count = 0; count < 20_000; count++) {
      // All is known but our tag, and of that all but its last three characters.
      const guess = `${ourTag.slice(0, -3)}${count.toString(36).padStart(3, '0').slice(-3)}`;
      if (guess === ourTag) continue;
      server.receive(base.replace(ourTag, guess), '10.0.0.2:5060');
      if (server.sent.length > 1000) expect(new Set(server.takeKinds())).toEqual(new Set(['481 BYE']));
    }
    expect(owner.ends).toEqual([]);
    expect(server.gateway.counters().dialogs).toBe(1);
  });
});

describe('a gateway that drains', () => {
  it('answers OPTIONS with 503 too, so that proxies look elsewhere', async () => {
    const server = await ScriptedGateway.open();
    server.gateway.drain();
    new PeerDialog(server.peer()).send('OPTIONS');
    expect(server.last('503 OPTIONS').header('Retry-After')).not.toBe('');
  });

  it('ends with BYE for every call and nothing left', async () => {
    const server = await ScriptedGateway.open();
    const owner = new Owner();
    const call = new PeerDialog(server.peer());
    call.send('INVITE', { body: peerSdp() });
    const accepted = server.invites[0]?.accept(ourSdp(), owner);
    call.ack(server.last('200 INVITE'));
    await accepted;
    new PeerDialog(server.peer()).send('INVITE', { body: peerSdp() });
    const stopped = server.gateway.stop();
    call.respond(server.last('BYE'), 200);
    expect(server.last('487 INVITE')).toBeDefined();
    await stopped;
    expect(owner.ends.map(({ by }) => by)).toEqual(['local']);
    expect(server.gateway.counters()).toMatchObject({ dialogs: 0, transactions: 0 });
    expect(server.clock.pending).toBe(0);
    expect(server.gateway.ready).toBe(false);
  });
});
