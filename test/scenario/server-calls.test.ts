/** Calls on the whole server, through both SIP front ends, judged by what telephones hear. */
import { afterAll, afterEach, aroundAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallEvent } from '../../src/call/event.js';
import {
  conversation,
  ENOUGH_PACKETS,
  expectUndisturbed,
  hears,
  hearsNot,
  listen,
  packetsCome,
} from '../support/live/hearing.js';
import { LivePhone } from '../support/live/live-phone.js';
import { type FrontEnd, LiveServer, voiceOf } from '../support/live/live-server.js';
import { soon, until } from '../support/live/soon.js';
import { aheadOfOthers } from '../support/real-time.js';
import { PeerDialog, randomId } from '../support/sip-peer.js';

const frontEnds: readonly FrontEnd[] = ['embedded', 'drachtio'];

aroundAll((run) => aheadOfOthers(run));

describe.each(frontEnds)('calls through %s', (frontEnd) => {
  let server: LiveServer;
  const legs = () => server.app.service.counters().legs;

  beforeAll(async () => {
    server = await LiveServer.open(frontEnd);
  });
  afterEach(() => server.hangUpAll());
  afterAll(async () => {
    await server.stop();
    expect(server.log.filter((line) => line.includes('"level":"error"'))).toEqual([]);
  });

  describe('hold', () => {
    it.each([
      ['sendonly', { direction: 'sendonly' }, 'recvonly', true],
      ['inactive', { direction: 'inactive' }, 'inactive', false],
      ['the old style, an address of zeroes', { address: '0.0.0.0' }, '', true],
    ] as const)('%s: nothing comes until unhold, the others go on', async (_style, hold, answered, isHeard) => {
      const [holder, ...others] = await server.gather('hold', 3);
      if (!holder) throw new Error('nobody came');
      const [one, other] = others as [LivePhone, LivePhone];
      const undisturbed = listen(one, other);
      const sequence = listen(holder, one);
      const answer = await holder.change(hold);
      if (answered !== '') expect(answer.body).toContain(`a=${answered}`);
      await nothingComes(holder, one);
      await (isHeard ? hears(one, holder) : hearsNot(one, holder));
      await holder.change({ direction: 'sendrecv' });
      await conversation([holder, one, other]);
      expect(sequence()).toMatchObject({ lost: 0, repeated: 0 });
      expectUndisturbed(undisturbed());
    });
  });

  it('a re-INVITE without SDP: our offer, their answer in the ACK, and the audio goes on', async () => {
    const [one, other] = await pair(server, 'refresh');
    const [toOne, toOther] = [listen(one, other), listen(other, one)];
    one.dialog.send('INVITE');
    const offer = await one.sip.receive('200 INVITE');
    expect(offer.body).toContain('m=audio');
    one.confirm(offer, one.sdp());
    await packetsCome(one, ENOUGH_PACKETS);
    expectUndisturbed(toOne());
    expectUndisturbed(toOther());
  });

  it('an INVITE without SDP: audio begins with the answer in the ACK', async () => {
    const [one] = await pair(server, 'delayed');
    const late = await server.phone({ voice: voiceOf(2) });
    late.invite('delayed', '');
    late.confirm(await late.sip.receive('200 INVITE'), late.sdp());
    server.clock.add(late);
    await hears(one, late);
    await hears(late, one);
  });

  it('µ-law to A-law and back in mid-call: both directions go on, in the new payload type', async () => {
    const [one, other] = await pair(server, 'codec');
    const [toOne, toOther] = [listen(one, other), listen(other, one)];
    for (const law of ['PCMA', 'PCMU'] as const) {
      one.law = law;
      const answer = await one.change({});
      expect(answer.body).toMatch(
        law === 'PCMA' ? /^m=audio \d+ RTP\/AVP 8 101\r$/m : /^m=audio \d+ RTP\/AVP 0 101\r$/m,
      );
      const { length } = one.payloadTypes;
      await until(() => one.payloadTypes.length > length || one.payloadTypes.at(-1) === (law === 'PCMA' ? 8 : 0));
      await packetsCome(one, 30);
    }
    expect(one.payloadTypes).toEqual([0, 8, 0]);
    expect(other.payloadTypes).toEqual([0]);
    expectUndisturbed(toOne());
    // What was spoken by the old law after the answer had been given is worth nothing: a frame or two each time.
    expectUndisturbed(toOther(), 0.8);
  });

  it.each([
    ['of a codec nobody has', (phone: LivePhone) => phone.sdp({ payloadTypes: [9], telephoneEvent: false })],
    ['that is no description', () => 'v=0\r\nwhat is this?\r\n'],
    ['to an address media may not go to', (phone: LivePhone) => phone.sdp({ address: '224.0.0.1' })],
  ])('a re-INVITE %s is refused with 488, and the old media goes on', async (_what, offer) => {
    const [one, other] = await pair(server, 'refused');
    const [toOne, toOther] = [listen(one, other), listen(other, one)];
    one.dialog.send('INVITE', { body: offer(one) });
    expect((await one.final()).status).toBe(488);
    await packetsCome(one, ENOUGH_PACKETS);
    expectUndisturbed(toOne());
    expectUndisturbed(toOther());
    await one.change({});
  });

  it('CANCEL: 487, nobody came, and nobody noticed', async () => {
    const [one, other] = await pair(server, 'cancel');
    const undisturbed = listen(one, other);
    const { refusedInvites } = server.app.service.counters();
    const caller = await server.phone({ voice: voiceOf(2) });
    const branch = `z9hG4bK${randomId()}`;
    caller.invite('cancel', caller.sdp(), branch);
    caller.dialog.send('CANCEL', { cseq: 1, branch });
    await caller.sip.receive('200 CANCEL');
    expect((await caller.final()).status).toBe(487);
    await until(() => legs() === 2);
    await packetsCome(one, ENOUGH_PACKETS);
    expect(caller.sip.count('200 INVITE')).toBe(0);
    expect(caller.ear.verdict().packets).toBe(0);
    expect(server.app.service.counters().refusedInvites).toEqual(refusedInvites);
    expectUndisturbed(undisturbed());
  });

  it('the ACK is lost: the 200 comes again and again until one arrives, and then no more', async () => {
    const [one] = await pair(server, 'lostAck');
    const caller = await server.phone({ voice: voiceOf(2) });
    caller.invite('lostAck');
    const answer = await caller.sip.receive('200 INVITE');
    await until(() => caller.sip.count('200 INVITE') >= 3);
    caller.confirm(answer);
    server.clock.add(caller);
    await hears(one, caller);
    await hears(caller, one);
    const answers = caller.sip.count('200 INVITE');
    await packetsCome(caller, 30);
    expect(caller.sip.count('200 INVITE')).toBe(answers);
    expect(caller.sip.distinct('200 INVITE')).toBe(1);
    expect(legs()).toBe(3);
  });

  it('no ACK ever comes: the leg ends with a BYE, and nobody else is disturbed', async () => {
    const [one, other] = await pair(server, 'noAck');
    const undisturbed = listen(one, other);
    const caller = await server.phone({ voice: voiceOf(2) });
    caller.invite('noAck');
    caller.dialog.take(await caller.sip.receive('200 INVITE'));
    expect(legs()).toBe(3);
    await caller.hungUp();
    await until(() => legs() === 2);
    expectUndisturbed(undisturbed());
  });

  it('the 200 is lost: the repeated INVITE gets the same 200 again, and there is one leg', async () => {
    const [one] = await pair(server, 'lost200');
    const caller = await server.phone({ voice: voiceOf(2) });
    caller.dialog = new PeerDialog(caller.sip, { user: 'lost200' });
    const invite = caller.dialog.request('INVITE', { body: caller.sdp() });
    caller.sip.send(invite);
    const answer = await caller.sip.receive('200 INVITE');
    caller.sip.send(invite);
    await until(() => caller.sip.count('200 INVITE') >= 2);
    caller.confirm(answer);
    server.clock.add(caller);
    await hears(one, caller);
    await hears(caller, one);
    expect(caller.sip.distinct('200 INVITE')).toBe(1);
    expect(legs()).toBe(3);
  });

  it('BYE right behind a re-INVITE: both are answered, the leg leaves once', async () => {
    const [one, other, leaver] = await trio(server, 'race');
    const left = leavings(server);
    const undisturbed = listen(one, other);
    leaver.dialog.send('INVITE', { body: leaver.sdp({ direction: 'sendonly' }) });
    leaver.dialog.send('BYE');
    await leaver.sip.receive('200 BYE');
    leaver.inCall = false;
    // 200 when the BYE came second, 487 or 481 when it came first: whoever waits for it is told.
    await leaver.final(2);
    await until(() => legs() === 2);
    await hearsNot(one, leaver);
    expect(left().map(({ data }) => data.reason)).toEqual(['remoteHangup']);
    await packetsCome(one, ENOUGH_PACKETS);
    expectUndisturbed(undisturbed());
  });

  it('a re-INVITE that crosses our BYE is refused, the leg leaves once', async () => {
    const [one, other, leaver] = await trio(server, 'crossing');
    const left = leavings(server);
    const undisturbed = listen(one, other);
    const [call] = server.app.service.listCalls({ after: 0, limit: 1, name: 'crossing' }).items;
    const leg = (await server.app.service.listLegs(call?.id ?? '')).at(-1);
    server.app.service.hangUpLeg(call?.id ?? '', leg?.id ?? '');
    leaver.dialog.send('INVITE', { body: leaver.sdp({ direction: 'sendonly' }) });
    const bye = await leaver.sip.receive('BYE');
    expect((await leaver.final()).status).toBeGreaterThanOrEqual(400);
    leaver.dialog.respond(bye, 200);
    leaver.inCall = false;
    await hearsNot(one, leaver);
    expect(left().map(({ data }) => data.reason)).toEqual(['localHangup']);
    await packetsCome(one, ENOUGH_PACKETS);
    expectUndisturbed(undisturbed());
  });
});

describe('drachtio-server killed and restarted in mid-call', () => {
  /** Issue 2, "must show" 5. */
  const NEW_CALLS_WITHIN_MS = 3000;
  let server: LiveServer;
  beforeAll(async () => {
    server = await LiveServer.open('drachtio');
  });
  afterAll(() => server.stop());

  it('audio goes on without a gap, new calls work soon after, and old ones can still be ended', async () => {
    const [one, other] = await pair(server, 'survivors');
    const [toOne, toOther] = [listen(one, other), listen(other, one)];
    await server.drachtio?.kill();
    await until(() => !server.app.gateway.ready);
    await packetsCome(one, 100);
    await server.drachtio?.start();
    const backMs = performance.now();
    await soon(() => newCallsWork(server));
    expect(performance.now() - backMs).toBeLessThan(NEW_CALLS_WITHIN_MS);
    const newcomer = await server.join('survivors', { voice: voiceOf(2) });
    await conversation([one, other, newcomer]);
    expectUndisturbed(toOne());
    expectUndisturbed(toOther());

    server.app.service.endAll('ended');
    await Promise.all([one, other, newcomer].map((phone) => phone.hungUp()));
    await until(() => server.app.service.counters().calls === 0);
  });
});

async function pair(server: LiveServer, room: string): Promise<[LivePhone, LivePhone]> {
  return (await server.gather(room, 2)) as [LivePhone, LivePhone];
}

async function trio(server: LiveServer, room: string): Promise<[LivePhone, LivePhone, LivePhone]> {
  return (await server.gather(room, 3)) as [LivePhone, LivePhone, LivePhone];
}

/** Waits until a telephone gets nothing while another one gets half a second of packets. */
async function nothingComes(phone: LivePhone, other: LivePhone): Promise<void> {
  await soon(async () => {
    const { packets } = phone.ear.verdict();
    await packetsCome(other, 25);
    expect(phone.ear.verdict().packets).toBe(packets);
  });
}

/** Collects the ends of legs from now on. */
function leavings(server: LiveServer): () => Extract<CallEvent, { type: 'leg.left' }>[] {
  const left: Extract<CallEvent, { type: 'leg.left' }>[] = [];
  server.app.service.subscribe((event) => {
    if (event.type === 'leg.left') left.push(event);
  });
  return () => left;
}

/**
 * Dials a call of its own and ends it.
 * @throws Error when nobody but the drachtio-server answers; the server itself may refuse because this machine is busy
 */
async function newCallsWork(server: LiveServer): Promise<void> {
  const caller = await LivePhone.open(server.sip, { voice: voiceOf(3) });
  try {
    caller.invite('first');
    const answer = await caller.final();
    if (answer.status === 200) {
      caller.confirm(answer);
      await caller.hangUp();
    } else {
      expect(server.app.service.counters().overloaded).toBe(true);
    }
  } finally {
    await caller.close();
  }
}
