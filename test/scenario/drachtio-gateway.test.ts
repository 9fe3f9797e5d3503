import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Bench, ours, Recorder, until } from '../support/drachtio-server/bench.js';
import { PeerDialog, sdp } from '../support/drachtio-server/raw-peer.js';

let bench: Bench;

afterEach(async () => {
  await bench.stop();
});

describe('a call through drachtio', () => {
  beforeEach(async () => {
    bench = new Bench();
    await bench.start();
  });

  it('tells where to call and that it is ready', () => {
    expect(bench.gateway.ready).toBe(true);
    expect(bench.readiness).toEqual([true]);
    expect(bench.gateway.contacts).toContain(`sip:127.0.0.1:${bench.server.sipPort};transport=udp`);
  });

  it('is offered with its parties, and stands once acknowledged', async () => {
    const phone = new PeerDialog(bench.peer, bench.server.sipPort, 'my%20room');
    const request = phone.request('INVITE', { body: sdp(30_000), headers: { 'X-Odd': 'one' } });
    const invite = await bench.invite();
    expect(invite).toMatchObject({
      sipCallId: phone.callId,
      trunk: 'local',
      offer: sdp(30_000),
      source: { address: '127.0.0.1', port: bench.peer.port, transport: 'udp' },
      from: { displayName: 'Peer', user: 'peer', host: '127.0.0.1' },
      requestUri: { user: 'my room' },
    });
    expect(invite.header('x-odd')).toBe('one');
    invite.progress(180);
    expect((await bench.peer.response(request, (status) => status > 100)).status).toBe(180);
    const handlers = new Recorder();
    const accepted = invite.accept(ours, handlers, { 'X-Extra': 'yes' });
    const response = await phone.final(request);
    expect(response.status).toBe(200);
    expect(response.body.toString()).toBe(ours);
    expect(response.headers.get('X-Extra')).toBe('yes');
    expect(response.headers.get('Content-Type')).toBe('application/sdp');
    const dialog = await accepted;
    expect(dialog.sipCallId).toBe(phone.callId);
    expect(bench.gateway.counters()).toMatchObject({ dialogs: 1, connections: 1 });

    const bye = phone.request('BYE', { headers: { Reason: 'Q.850;cause=16;text="bye, now"' } });
    expect((await phone.final(bye)).status).toBe(200);
    await until(() => handlers.ends[0], 'the end');
    expect(handlers.ends).toEqual([{ by: 'remote', q850Cause: 16, text: 'bye, now' }]);
    expect(bench.gateway.counters().dialogs).toBe(0);
  });

  it('without an offer takes ours and hears the answer in the ACK', async () => {
    const phone = new PeerDialog(bench.peer, bench.server.sipPort, 'room');
    const request = phone.request('INVITE');
    const invite = await bench.invite();
    expect(invite.offer).toBeUndefined();
    const handlers = new Recorder();
    const accepted = invite.accept(ours, handlers);
    await phone.final(request, sdp(31_000));
    await accepted;
    expect(handlers.answers).toEqual([sdp(31_000)]);
  });

  it('ends by our BYE with its reason, once', async () => {
    const { phone, dialog, handlers } = await bench.call();
    const done = dialog.bye({ q850Cause: 16, text: 'done "here"' });
    const bye = await bench.peer.request('BYE');
    expect(bye.headers.get('Reason')).toBe('Q.850;cause=16;text="done \\"here\\""');
    expect(bye.headers.get('To')).toBe(phone.local);
    bench.peer.respond(bye, 200);
    await done;
    await dialog.bye();
    expect(handlers.ends).toEqual([{ by: 'local', q850Cause: 16, text: 'done "here"' }]);
  });

  it('that the caller gives up is cancelled, and an answer that comes too late is refused', async () => {
    const phone = new PeerDialog(bench.peer, bench.server.sipPort, 'room');
    const request = phone.request('INVITE', { body: sdp(30_000) });
    const invite = await bench.invite();
    let cancelled = 0;
    invite.onCancel(() => cancelled++);
    await bench.peer.response(request, (status) => status === 100);
    phone.request('CANCEL', { of: request });
    expect((await phone.final(request)).status).toBe(487);
    await until(() => cancelled === 1, 'the cancel');
    await expect(invite.accept(ours, new Recorder())).rejects.toMatchObject({ code: 'legEnded' });
    let again = 0;
    invite.onCancel(() => again++);
    expect(again).toBe(1);
    expect(bench.gateway.counters()).toMatchObject({ dialogs: 0, transactions: 0 });
  });

  it('that is accepted while the CANCEL is under way ends all the same', async () => {
    const phone = new PeerDialog(bench.peer, bench.server.sipPort, 'room');
    const request = phone.request('INVITE', { body: sdp(30_000) });
    const invite = await bench.invite();
    phone.request('CANCEL', { of: request });
    await phone.final(request);
    // whichever of the two the server saw first, there is no call left
    await expect(invite.accept(ours, new Recorder())).rejects.toMatchObject({ code: 'legEnded' });
    await until(() => bench.server.dialogIds.length === 0, 'no dialog at the server');
  });

  it('is refused with status, reason and headers', async () => {
    const phone = new PeerDialog(bench.peer, bench.server.sipPort, 'room');
    const request = phone.request('INVITE', { body: sdp(30_000) });
    const invite = await bench.invite();
    invite.reject(486, {
      reason: 'Full',
      headers: { 'Retry-After': '5', 'Call-ID': 'stolen', 'X-Bad': 'a\r\nInjected: b' },
    });
    invite.reject(404);
    const response = await phone.final(request);
    expect(response).toMatchObject({ status: 486, reason: 'Full' });
    expect(response.headers.get('Retry-After')).toBe('5');
    expect(response.headers.get('Call-ID')).toBe(phone.callId);
    expect(response.headers.get('Injected')).toBeUndefined();
  });

  it('changes by the peer’s re-INVITE and UPDATE, and a refusal leaves it as it was', async () => {
    const { phone, handlers } = await bench.call();
    const held = phone.request('INVITE', {
      body: sdp(30_000, 'sendonly'),
      headers: { 'Session-Expires': '1800;refresher=uac', Supported: 'timer' },
    });
    const holding = await phone.final(held);
    expect(holding.status).toBe(200);
    expect(holding.headers.get('Session-Expires')).toBe('1800;refresher=uac');
    const update = phone.request('UPDATE', { body: sdp(30_000) });
    expect((await phone.final(update)).body.toString()).toBe(ours);
    handlers.decide = () => ({ ok: false, status: 488 });
    expect((await phone.final(phone.request('INVITE', { body: sdp(30_002) }))).status).toBe(488);
    handlers.decide = () => {
      throw new Error('a bug');
    };
    expect((await phone.final(phone.request('INVITE', { body: sdp(30_004) }))).status).toBe(500);
    expect((await phone.final(phone.request('UPDATE'))).status).toBe(200);
    expect(handlers.offers).toHaveLength(4);
    expect(handlers.ends).toEqual([]);
  });

  it('asked for an offer by an empty re-INVITE gets the answer in the ACK', async () => {
    const { phone, handlers } = await bench.call();
    const request = phone.request('INVITE');
    const response = await phone.final(request, sdp(32_000));
    expect(response.body.toString()).toBe(ours);
    await until(() => handlers.answers[0], 'the answer');
    expect(handlers.offers).toEqual([undefined]);
    expect(handlers.answers).toEqual([sdp(32_000)]);
  });

  it('takes several re-INVITEs of ours after a refused one', async () => {
    const { dialog } = await bench.call();
    for (const status of [488, 200, 488, 200]) {
      const outcome = dialog.reinvite(ours);
      const request = await bench.peer.request('INVITE');
      bench.peer.respond(request, status, status === 200 ? { body: sdp(33_000) } : {});
      const ack = await bench.peer.request('ACK');
      expect(ack.headers.get('CSeq')).toBe(request.headers.get('CSeq')?.replace('INVITE', 'ACK'));
      expect(await outcome).toEqual(status === 200 ? { ok: true, answer: sdp(33_000) } : { ok: false, status: 488 });
    }
  });

  it('answers 491 to an offer that meets ours, and tries ours again after the peer’s 491', async () => {
    await bench.stop();
    bench = new Bench(50);
    await bench.start({ t1Ms: 50 });
    const { phone, dialog, handlers } = await bench.call();
    const outcome = dialog.reinvite(ours);
    const first = await bench.peer.request('INVITE');
    const met = phone.request('INVITE', { body: sdp(30_002) });
    expect((await phone.final(met)).status).toBe(491);
    bench.peer.respond(first, 491);
    const second = await bench.peer.request('INVITE');
    expect(second.headers.get('CSeq')).not.toBe(first.headers.get('CSeq'));
    bench.peer.respond(second, 200, { body: sdp(33_000) });
    expect(await outcome).toEqual({ ok: true, answer: sdp(33_000) });
    expect(handlers.offers).toEqual([]);
  });

  it('answers 500 with Retry-After while another offer of the peer is undecided', async () => {
    const { phone, handlers } = await bench.call();
    let decide: (sdp: string) => void = () => undefined;
    handlers.decide = () => new Promise((resolve) => (decide = (text) => resolve({ ok: true, sdp: text })));
    const first = phone.request('INVITE', { body: sdp(30_002) });
    await until(() => handlers.offers.length === 1, 'the offer');
    const second = phone.request('UPDATE', { body: sdp(30_004) });
    const refusal = await phone.final(second);
    expect(refusal.status).toBe(500);
    expect(refusal.headers.has('Retry-After')).toBe(true);
    decide(ours);
    expect((await phone.final(first)).status).toBe(200);
  });

  it('carries INFO both ways, and refuses what it does not do', async () => {
    const { phone, dialog, handlers } = await bench.call();
    const info = phone.request('INFO', { body: 'Signal=5\r\n', contentType: 'application/dtmf-relay' });
    expect((await phone.final(info)).status).toBe(200);
    expect(handlers.infos).toEqual([['application/dtmf-relay', 'Signal=5\r\n']]);
    expect((await phone.final(phone.request('INFO'))).status).toBe(200);
    const sent = dialog.info('application/dtmf-relay', 'Signal=6\r\n');
    const request = await bench.peer.request('INFO');
    expect(request.body.toString()).toBe('Signal=6\r\n');
    bench.peer.respond(request, 415);
    expect(await sent).toBe(415);
    const refer = await phone.final(phone.request('REFER', { headers: { 'Refer-To': '<sip:else@127.0.0.1>' } }));
    expect(refer.status).toBe(405);
    expect(refer.headers.get('Allow')).toContain('INVITE');
    expect((await phone.final(phone.request('MESSAGE'))).status).toBe(405);
    expect((await phone.final(phone.request('OPTIONS'))).status).toBe(200);
    expect(handlers.ends).toEqual([]);
  });

  it('answers an UPDATE that comes while a request of ours is under way', async () => {
    const { phone, dialog } = await bench.call();
    const sent = dialog.info('text/plain', 'x');
    const info = await bench.peer.request('INFO');
    expect((await phone.final(phone.request('UPDATE', { body: sdp(30_002) }))).status).toBe(200);
    bench.peer.respond(info, 200);
    expect(await sent).toBe(200);
  });

  it.each([
    ['Session timer expired', { by: 'timeout', q850Cause: 102 }],
    ['CANCEL after 200 OK', { by: 'remote', q850Cause: undefined }],
  ])('ends when the server says BYE by itself: %s', async (why, end) => {
    const { handlers } = await bench.call();
    bench.server.hangUp(bench.server.dialogIds[0] ?? '', why);
    const bye = await bench.peer.request('BYE');
    bench.peer.respond(bye, 200);
    await until(() => handlers.ends[0], 'the end');
    expect(handlers.ends).toEqual([{ ...end, text: why }]);
  });

  it('ends when the peer answers 481 to a request of ours', async () => {
    const { dialog, handlers } = await bench.call();
    const outcome = dialog.reinvite(ours);
    bench.peer.respond(await bench.peer.request('INVITE'), 481);
    expect(await outcome).toEqual({ ok: false, status: 481 });
    await until(() => handlers.ends[0], 'the end');
    expect(handlers.ends).toMatchObject([{ by: 'remote' }]);
  });

  it('does not stand when its ACK never comes', async () => {
    await bench.stop();
    bench = new Bench(20);
    await bench.start({ t1Ms: 20 });
    const phone = new PeerDialog(bench.peer, bench.server.sipPort, 'room');
    phone.request('INVITE', { body: sdp(30_000) });
    const invite = await bench.invite();
    const handlers = new Recorder();
    await expect(invite.accept(ours, handlers)).rejects.toMatchObject({ code: 'legEnded' });
    bench.peer.respond(await bench.peer.request('BYE'), 200);
    expect(bench.gateway.counters().dialogs).toBe(0);
    expect(handlers.ends).toEqual([]);
  });
});

describe('a stranger', () => {
  beforeEach(async () => {
    bench = new Bench();
    await bench.start();
  });

  it.each([
    ['OPTIONS', 200],
    ['REGISTER', 405],
    ['MESSAGE', 405],
    ['SUBSCRIBE', 405],
    ['PUBLISH', 405],
    ['INFO', 481],
    ['BYE', 481],
    ['UPDATE', 481],
  ])('with %s gets %i', async (method, status) => {
    const phone = new PeerDialog(bench.peer, bench.server.sipPort, 'room');
    expect((await phone.final(phone.request(method))).status).toBe(status);
  });

  it.each([
    ['a required extension', { Require: 'precondition' }, 420],
    ['too short a session timer', { 'Session-Expires': '30', Supported: 'timer' }, 422],
  ])('with an INVITE that has %s is refused', async (_what, headers, status) => {
    const phone = new PeerDialog(bench.peer, bench.server.sipPort, 'room');
    expect((await phone.final(phone.request('INVITE', { body: sdp(30_000), headers }))).status).toBe(status);
    expect(bench.invites).toEqual([]);
  });

  it('with an INVITE whose body is no session description gets 415', async () => {
    const phone = new PeerDialog(bench.peer, bench.server.sipPort, 'room');
    const request = phone.request('INVITE', { body: 'hello', contentType: 'text/plain' });
    expect((await phone.final(request)).status).toBe(415);
  });

  it('gets 503 with Retry-After while the server drains, and calls go on', async () => {
    const { phone, handlers } = await bench.call();
    bench.gateway.drain();
    const late = new PeerDialog(bench.peer, bench.server.sipPort, 'room');
    const refusal = await late.final(late.request('INVITE', { body: sdp(30_000) }));
    expect(refusal.status).toBe(503);
    expect(refusal.headers.get('Retry-After')).toMatch(/^\d+$/);
    expect((await phone.final(phone.request('INVITE', { body: sdp(30_002) }))).status).toBe(200);
    expect(handlers.offers).toHaveLength(1);
  });
});
