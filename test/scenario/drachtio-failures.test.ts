/** The drachtio adapter when its server fails (SAFETY S11). */
import { createServer, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { DrachtioOptions } from '../../src/sip/drachtio/options.js';
import { DrachtioRig } from '../support/drachtio-server/rig.js';
import { PeerDialog, peerSdp } from '../support/sip-peer.js';
import { ourSdp, Owner, type Stage } from './gateway-contract/stage.js';

let stage: Stage;
let rig: DrachtioRig;

async function open(options: Partial<DrachtioOptions> = {}): Promise<void> {
  ({ stage, rig } = await DrachtioRig.stage(options));
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const lost = () => stage.until(() => !rig.gateway.ready);
const ready = () => stage.until(() => rig.gateway.ready);

afterEach(async () => {
  await stage.close();
});

describe('the connection to drachtio-server', () => {
  it('comes up by itself when the server does', async () => {
    await open();
    await rig.server.kill();
    await lost();
    const request = { uri: 'sip:a@127.0.0.1', from: { uri: 'sip:b@c.example' }, sdp: ourSdp(), timeoutMs: 1000 };
    expect(await rig.gateway.call(request, new Owner()).outcome).toMatchObject({ ok: false, status: 503 });
    await rig.server.start();
    await ready();
    expect(rig.readiness).toEqual([true, false, true]);
    await stage.establish();
  });

  it('with a wrong secret is not ready, says so, and does not hammer', async () => {
    await open({ secret: 'wrong', reconnect: { minDelayMs: 1, maxDelayMs: 1, refusedDelayMs: 500 } });
    expect(rig.gateway.ready).toBe(false);
    expect(rig.readiness).toEqual([]);
    const complaints = () => rig.logs.filter((line) => line.startsWith('error drachtio-server refuses our secret'));
    await pause(100);
    expect(complaints()).toHaveLength(1);
    rig.server.secret = 'wrong';
    await ready();
    expect(complaints()).toHaveLength(1);
    expect(rig.logs.join()).not.toContain('"wrong"');
  });

  it.each([
    ['a frame of an unknown kind', '30#00000000-0000-0000-0000|strange'],
    ['no frame at all', 'HTTP/1.1 400 Bad Request\r\nX: #1\r\n\r\n'],
  ])('that brings %s is made anew', async (_what, bytes) => {
    await open();
    rig.server.clients[0]?.writeRaw(bytes);
    await stage.until(() => rig.readiness.length === 3);
    expect(rig.readiness).toEqual([true, false, true]);
    await stage.establish();
  });

  it('to something that is no drachtio-server never comes up, and is given up when the gateway stops', async () => {
    const other = createServer((socket) => {
      socket.on('error', () => undefined).resume();
      socket.write('220 hello # world\r\n');
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    await open({ port, reconnect: { minDelayMs: 5, maxDelayMs: 5, connectTimeoutMs: 30 } });
    await stage.until(() => rig.logs.length > 0);
    expect(rig.gateway.ready).toBe(false);
    expect(rig.logs[0]).toContain('"why":"late"');
    await rig.gateway.stop();
    await new Promise((resolve) => other.close(resolve));
  });

  it('that only looks open is noticed, and made anew', async () => {
    await open({ watch: { pingIntervalMs: 100, silenceMs: 350 } });
    await stage.until(() => (rig.server.clients[0]?.pings ?? 0) > 4);
    expect(rig.readiness).toEqual([true]);
    rig.server.freeze(true);
    await lost();
    rig.server.freeze(false);
    await ready();
  });

  it('is not taken for dead when it was this process that stood still', async () => {
    await open({ watch: { pingIntervalMs: 50, silenceMs: 180 } });
    const pings = () => rig.server.clients[0]?.pings ?? 0;
    await stage.until(() => pings() > 1);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400);
    await stage.until(() => pings() > 5);
    expect(rig.readiness).toEqual([true]);
  });

  it('lets go of everything that waits when it is lost', async () => {
    await open();
    const { peer, dialog } = await stage.establish();
    new PeerDialog(peer).send('INVITE', { body: peerSdp() });
    const undecided = await stage.nextInvite();
    let gone = 0;
    undecided.onCancel(() => gone++);
    const other = await stage.peer();
    new PeerDialog(other).send('INVITE', { body: peerSdp() });
    const unacknowledged = (await stage.nextInvite()).accept(ourSdp(), new Owner());
    const { outgoing } = await stage.dial();
    const [info, reinvite] = [dialog.info('text/plain', 'x'), dialog.reinvite(ourSdp(5))];
    await Promise.all([other.receive('200 INVITE'), peer.receive('INFO'), peer.receive('INVITE')]);
    rig.server.cut();
    await expect(unacknowledged).rejects.toMatchObject({ code: 'legEnded' });
    expect(await info).toBe(503);
    expect(await reinvite).toEqual({ ok: false, status: 503 });
    expect(await outgoing.outcome).toMatchObject({ ok: false, status: 503 });
    expect(gone).toBe(1);
    await expect(undecided.accept(ourSdp(), new Owner())).rejects.toMatchObject({ code: 'signallingDown' });
  });
});

describe('a call whose connection is lost', () => {
  it('goes on over a server’s restart until the grace is over, while new calls work', async () => {
    await open({ graceMs: 1500 });
    const { peer, call, dialog, owner } = await stage.establish();
    await rig.server.kill();
    await lost();
    expect(await dialog.reinvite(ourSdp(5))).toEqual({ ok: false, status: 503 });
    await rig.server.start();
    await ready();
    const fresh = await stage.establish();
    expect(await dialog.reinvite(ourSdp(5))).toEqual({ ok: false, status: 481 });
    expect(owner.ends).toEqual([]);
    expect(await owner.ended).toMatchObject({ by: 'transport' });
    expect(fresh.owner.ends).toEqual([]);

    // the peer is told through the new server, which never knew this dialog
    const bye = await peer.receive('BYE');
    expect(bye.header('Call-ID')).toBe(call.callId);
    expect([bye.tag('From'), bye.tag('To')]).toEqual([call.remoteTag, call.localTag]);
    call.respond(bye, 200);
  });

  it('ends after the grace when the server stays away', async () => {
    await open({ graceMs: 100 });
    const { dialog, owner } = await stage.establish();
    await rig.server.kill();
    expect(await owner.ended).toMatchObject({ by: 'transport' });
    await dialog.bye();
    expect(owner.ends).toHaveLength(1);
    expect(rig.gateway.counters()).toMatchObject({ dialogs: 0, connections: 0 });
  });

  it('hung up meanwhile ends at once, and the peer hears of it later', async () => {
    await open({ graceMs: 10_000 });
    const { peer, call, dialog, owner } = await stage.establish();
    await rig.server.kill();
    await lost();
    await dialog.bye({ q850Cause: 16, text: 'done' });
    expect(owner.ends).toEqual([{ by: 'local', q850Cause: 16, text: 'done' }]);
    await rig.server.start();
    const bye = await peer.receive('BYE');
    expect(bye.header('Call-ID')).toBe(call.callId);
    expect(bye.header('Reason')).toContain('cause=16');
    call.respond(bye, 200);
  });

  it('survives a cut of the connection alone, and can still be changed and ended', async () => {
    await open({ graceMs: 1000, probeIntervalMs: 10_000 });
    const { peer, call, dialog, owner } = await stage.establish();
    rig.server.cut();
    const probe = await peer.receive('OPTIONS');
    expect(probe.header('Call-ID')).toBe(dialog.sipCallId);
    call.respond(probe, 200);
    await pause(1100);
    expect(owner.ends).toEqual([]);
    const outcome = dialog.reinvite(ourSdp(5));
    call.respond(await peer.receive('INVITE'), 200, { body: peerSdp(5) });
    expect(await outcome).toEqual({ ok: true, answer: peerSdp(5) });
    const over = dialog.bye();
    call.respond(await peer.receive('BYE'), 200);
    await over;
  });

  it('is asked after once rescued, because the server no longer tells when its peer hangs up', async () => {
    await open({ graceMs: 10_000, probeIntervalMs: 50 });
    const { peer, call, owner } = await stage.establish();
    rig.server.cut();
    call.respond(await peer.receive('OPTIONS'), 200);
    call.send('BYE');
    await peer.receive('481 BYE');
    expect(await owner.ended).toMatchObject({ by: 'transport' });
  });
});
