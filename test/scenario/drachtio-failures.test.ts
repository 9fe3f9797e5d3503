import { randomBytes } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Admission } from '../../src/sip/admission/admission.js';
import { DigestClient } from '../../src/sip/embedded/auth/digest-client.js';
import { DigestServer } from '../../src/sip/embedded/auth/digest-server.js';
import type { Trunk } from '../../src/sip/trunk.js';
import { Bench, ours, Recorder, until } from '../support/drachtio-server/bench.js';
import { PeerDialog, sdp } from '../support/drachtio-server/raw-peer.js';

let bench: Bench;

beforeEach(() => {
  bench = new Bench();
});

afterEach(async () => {
  await bench.stop();
});

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const isReady = () => bench.gateway.ready;

describe('the connection to drachtio-server', () => {
  it('comes up by itself when the server does', async () => {
    await bench.start();
    await bench.gateway.stop();
    await bench.server.kill();
    bench.make({});
    await bench.gateway.start(bench.handlers());
    expect(isReady()).toBe(false);
    const request = { uri: 'sip:a@127.0.0.1', from: { uri: 'sip:b@c.example' }, sdp: ours, timeoutMs: 1000 };
    expect(await bench.gateway.call(request, new Recorder()).outcome).toMatchObject({ ok: false, status: 503 });
    await bench.server.start();
    await until(isReady, 'ready');
    expect(bench.readiness).toEqual([true, false, true]);
  });

  it('with a wrong secret is not ready, says so, and does not hammer', async () => {
    await bench.start({ secret: 'wrong', reconnect: { minDelayMs: 1, maxDelayMs: 1, refusedDelayMs: 150 } });
    expect(isReady()).toBe(false);
    expect(bench.readiness).toEqual([]);
    const complaints = () => bench.logs.filter((line) => line.startsWith('error drachtio-server refuses our secret'));
    await pause(100);
    expect(complaints()).toHaveLength(1);
    bench.server.secret = 'wrong';
    await until(isReady, 'ready');
    expect(complaints()).toHaveLength(1);
    expect(bench.logs.join()).not.toContain('"wrong"');
  });

  it.each([
    ['a frame of an unknown kind', '30#00000000-0000-0000-0000|strange'],
    ['no frame at all', 'HTTP/1.1 400 Bad Request\r\nX: #1\r\n\r\n'],
  ])('that brings %s is made anew', async (_what, bytes) => {
    await bench.start();
    bench.server.clients[0]?.writeRaw(bytes);
    await until(() => bench.readiness.length === 3, 'the new connection');
    expect(bench.readiness).toEqual([true, false, true]);
    await bench.call();
  });

  it('to something that is no drachtio-server never comes up, and can be given up', async () => {
    const other = createServer((socket) => socket.write('220 hello # world\r\n'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    await bench.start();
    await bench.gateway.stop();
    bench.make({
      port: (other.address() as AddressInfo).port,
      reconnect: { minDelayMs: 5, maxDelayMs: 5, connectTimeoutMs: 30 },
    });
    await bench.gateway.start(bench.handlers());
    await pause(50);
    expect(isReady()).toBe(false);
    await bench.gateway.stop();
    other.close();
  });

  it('that only looks open is noticed, and made anew', async () => {
    await bench.start({ watch: { pingIntervalMs: 40, silenceMs: 100 } });
    await pause(200);
    expect(bench.readiness).toEqual([true]);
    expect(bench.server.clients[0]?.pings).toBeGreaterThan(1);
    bench.server.freeze(true);
    await until(() => !isReady(), 'the loss');
    bench.server.freeze(false);
    await until(isReady, 'ready');
  });

  it('lets go of everything that waits when it is lost', async () => {
    await bench.start();
    const { dialog } = await bench.call();
    const waitingIndex = bench.invites.length;
    const caller = new PeerDialog(bench.peer, bench.server.sipPort, 'room');
    caller.request('INVITE', { body: sdp(30_000) });
    const undecided = await bench.invite(waitingIndex);
    let gone = 0;
    undecided.onCancel(() => gone++);
    const other = new PeerDialog(bench.peer, bench.server.sipPort, 'room');
    const request = other.request('INVITE', { body: sdp(30_000) });
    const unacknowledged = (await bench.invite(waitingIndex + 1)).accept(ours, new Recorder());
    await bench.peer.response(request, (status) => status === 200);
    const info = dialog.info('text/plain', 'x');
    const outbound = bench.gateway.call(
      { uri: `sip:a@127.0.0.1:${bench.peer.port}`, from: { uri: 'sip:b@c.example' }, sdp: ours, timeoutMs: 10_000 },
      new Recorder(),
    );
    await bench.peer.request('INFO');
    bench.server.cut();
    await expect(unacknowledged).rejects.toMatchObject({ code: 'legEnded' });
    expect(await info).toBe(503);
    expect(await outbound.outcome).toMatchObject({ ok: false, status: 503 });
    expect(gone).toBe(1);
    await expect(undecided.accept(ours, new Recorder())).rejects.toMatchObject({ code: 'signallingDown' });
  });
});

describe('a call whose connection is lost', () => {
  it('goes on over a server’s restart until the grace is over, while new calls work', async () => {
    await bench.start({ graceMs: 400 });
    const { phone, dialog, handlers } = await bench.call();
    await bench.server.kill();
    await until(() => !isReady(), 'the loss');
    expect(await dialog.reinvite(ours)).toEqual({ ok: false, status: 503 });
    await bench.server.start();
    await until(isReady, 'ready');
    const fresh = await bench.call();
    expect(await dialog.reinvite(ours)).toEqual({ ok: false, status: 481 });
    expect(handlers.ends).toEqual([]);
    await until(() => handlers.ends[0], 'the end');
    expect(handlers.ends).toMatchObject([{ by: 'transport' }]);
    expect(fresh.handlers.ends).toEqual([]);

    // the peer is told through the new server, which never knew this dialog
    const bye = await bench.peer.request('BYE');
    expect(bye.headers.get('Call-ID')).toBe(phone.callId);
    expect(bye.headers.get('To')).toBe(phone.local);
    expect(bye.headers.get('From')).toBe(phone.remote);
    bench.peer.respond(bye, 200);
  });

  it('ends after the grace when the server stays away', async () => {
    await bench.start({ graceMs: 100 });
    const { dialog, handlers } = await bench.call();
    await bench.server.kill();
    await until(() => handlers.ends[0], 'the end');
    expect(handlers.ends).toMatchObject([{ by: 'transport' }]);
    await dialog.bye();
    expect(bench.gateway.counters()).toMatchObject({ dialogs: 0, connections: 0 });
  });

  it('hung up meanwhile ends at once, and the peer hears of it later', async () => {
    await bench.start({ graceMs: 10_000 });
    const { phone, dialog, handlers } = await bench.call();
    await bench.server.kill();
    await until(() => !isReady(), 'the loss');
    await dialog.bye({ q850Cause: 16, text: 'done' });
    expect(handlers.ends).toMatchObject([{ by: 'local' }]);
    await bench.server.start();
    const bye = await bench.peer.request('BYE');
    expect(bye.headers.get('Call-ID')).toBe(phone.callId);
    expect(bye.headers.get('Reason')).toContain('cause=16');
    bench.peer.respond(bye, 200);
  });

  it('survives a cut of the connection alone, and can still be changed and ended', async () => {
    await bench.start({ graceMs: 300, probeIntervalMs: 10_000 });
    const { dialog, handlers } = await bench.call();
    bench.server.cut();
    const probe = await bench.peer.request('OPTIONS');
    expect(probe.headers.get('Call-ID')).toBe(dialog.sipCallId);
    bench.peer.respond(probe, 200);
    await pause(400);
    expect(handlers.ends).toEqual([]);
    const outcome = dialog.reinvite(ours);
    bench.peer.respond(await bench.peer.request('INVITE'), 200, { body: sdp(31_000) });
    expect(await outcome).toEqual({ ok: true, answer: sdp(31_000) });
    const done = dialog.bye();
    bench.peer.respond(await bench.peer.request('BYE'), 200);
    await done;
  });

  it('is asked after once rescued, because the server no longer tells when its peer hangs up', async () => {
    await bench.start({ graceMs: 10_000, probeIntervalMs: 50 });
    const { phone, handlers } = await bench.call();
    bench.server.cut();
    bench.peer.respond(await bench.peer.request('OPTIONS'), 200);
    expect((await phone.final(phone.request('BYE'))).status).toBe(481);
    await until(() => handlers.ends[0], 'the end');
    expect(handlers.ends).toMatchObject([{ by: 'transport' }]);
  });
});

describe('admission behind drachtio', () => {
  const admission = (trunk: Partial<Trunk>) =>
    new Admission({
      trunks: [{ name: 'local', allow: ['127.0.0.1'], latching: 'off', ...trunk }],
      now: () => performance.now(),
    });
  const inboundAuth = { realm: 'mixminus.example', users: [{ username: 'alice', password: 'secret' }] };

  it('answers nothing to who belongs to no trunk', async () => {
    await bench.start({ admission: admission({ allow: ['10.0.0.0/8'] }) });
    const phone = new PeerDialog(bench.peer, bench.server.sipPort, 'room');
    phone.request('INVITE', { body: sdp(30_000) });
    phone.request('OPTIONS');
    await until(() => bench.gateway.counters().refused.ignored === 2, 'two ignored');
    await pause(50);
    // 100 Trying is the server's
    expect(bench.peer.received.filter((message) => message.kind === 'response' && message.status > 100)).toEqual([]);
    expect(bench.invites).toEqual([]);
  });

  it('asks for a password where the trunk wants one', async () => {
    const authenticator = new DigestServer({ nonceKey: randomBytes(16), now: () => Date.now() });
    await bench.start({ admission: admission({ inboundAuth }), authenticator });
    const phone = new PeerDialog(bench.peer, bench.server.sipPort, 'room');
    const refused = await phone.final(phone.request('INVITE', { body: sdp(30_000) }));
    expect(refused.status).toBe(401);
    const client = new DigestClient({ username: 'alice', password: 'secret', newClientNonce: () => 'abc' });
    const answer = client.answer(refused, 'INVITE', phone.target);
    expect(answer?.name).toBe('Authorization');
    phone.request('INVITE', { body: sdp(30_000), headers: { Authorization: answer?.value ?? '' } });
    expect((await bench.invite()).trunk).toBe('local');
  });

  it('refuses calls of such a trunk when nothing can check passwords', async () => {
    await bench.start({ admission: admission({ inboundAuth }) });
    const phone = new PeerDialog(bench.peer, bench.server.sipPort, 'room');
    expect((await phone.final(phone.request('INVITE', { body: sdp(30_000) }))).status).toBe(403);
  });
});
