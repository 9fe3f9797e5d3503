import { describe, expect, it } from 'vitest';
import { CodedError } from '../../../src/errors.js';
import { callRig, inboundTrunk } from '../../support/call-rig.js';
import { settle } from '../../support/fake-clock.js';
import { phoneSdp } from '../../support/sdp-text.js';

describe('an INVITE', () => {
  it('creates the call it names, is answered with our port, and is in the mix', async () => {
    const rig = await callRig();
    const invite = await rig.join({ to: 'standup', from: 'alice', displayName: 'Alice A.' });
    expect(invite.status).toBe(200);
    const [call] = rig.service.listCalls({ after: 0, limit: 10, name: undefined }).items;
    expect(call).toMatchObject({ name: 'standup', origin: 'invite', status: 'open', legCount: 1 });
    const [leg] = await rig.service.listLegs(call?.id ?? '');
    expect(leg).toMatchObject({
      direction: 'inbound',
      status: 'in-progress',
      number: 'alice',
      displayName: 'Alice A.',
      trunk: 'default',
      joinedAtTick: 0,
      joinedAt: '2026-01-01T00:00:00.000Z',
      codec: { encoding: 'PCMU', ptimeMs: 20 },
      held: false,
    });
    const port = rig.media.call(call?.id ?? '').legs.get(leg?.id ?? '')?.address.rtpPort;
    expect(invite.sdp).toContain(`m=audio ${String(port)} RTP/AVP`);
    expect(rig.names()).toEqual(['call.started', 'leg.ringing', 'leg.joined']);
  });

  it('joins the call of its name when there is one', async () => {
    const rig = await callRig();
    await rig.join({ to: 'standup', from: 'alice' });
    await rig.join({ to: 'standup', from: 'bob' });
    await rig.join({ to: 'other', from: 'carol' });
    const { items } = rig.service.listCalls({ after: 0, limit: 10, name: undefined });
    expect(items.map(({ name, legCount }) => [name, legCount])).toEqual([
      ['standup', 2],
      ['other', 1],
    ]);
  });

  it('ends the call when the last leg hangs up, with statistics and a tick in the events', async () => {
    const rig = await callRig();
    const alice = await rig.join({ from: 'alice' });
    const bob = await rig.join({ from: 'bob' });
    const [call] = rig.service.listCalls({ after: 0, limit: 1, name: undefined }).items;
    rig.media.call(call?.id ?? '').tick = 250;
    alice.dialog?.hangUp('remote', 16);
    await settle();
    expect(rig.service.counters()).toMatchObject({ calls: 1, legs: 1 });
    bob.dialog?.hangUp();
    await settle();
    expect(rig.service.counters()).toMatchObject({ calls: 0, legs: 0 });
    expect(rig.names().slice(-3)).toEqual(['leg.left', 'leg.left', 'call.ended']);
    const left = rig.events.find(({ type }) => type === 'leg.left');
    expect(left).toMatchObject({ tick: 250, data: { status: 'completed', reason: 'remoteHangup', q850Cause: 16 } });
    expect(rig.of('leg.left')[0]?.statistics?.receive.dropped).toEqual({ malformed: 3 });
    expect(rig.of('call.ended')).toEqual([{ name: 'room', reason: 'lastLegLeft' }]);
    expect(rig.events.map(({ sequence }) => sequence)).toEqual(rig.events.map((_, index) => index + 1));
    expect(rig.media.calls.size).toBe(0);
    expect(rig.gateway.counters()).toMatchObject({ dialogs: 0, transactions: 0 });
  });

  it('gets a fresh call while the one of the same name is still ending', async () => {
    const rig = await callRig();
    await rig.join();
    const [first] = rig.service.listCalls({ after: 0, limit: 1, name: undefined }).items;
    rig.media.manual = true;
    rig.service.endCall(first?.id ?? '');
    rig.gateway.invite({ offer: phoneSdp() });
    const { items } = rig.service.listCalls({ after: 0, limit: 9, name: 'room' });
    expect(items.map(({ status }) => status)).toEqual(['ending', 'open']);
  });

  const refusals: [string, Parameters<typeof callRig>[0], object, number][] = [
    ['a name that is none', {}, { to: 'a b' }, 404],
    ['a number no route takes', { routes: [{ number: '1' }] }, {}, 404],
    ['a number that is refused by policy', { routes: [{ number: '*', refuse: 603 }] }, {}, 603],
    ['a trunk nobody configured', {}, { trunk: 'ghost' }, 403],
    ['no codec in common', {}, { offer: phoneSdp({ payloadTypes: [3] }) }, 488],
    ['a description that is none', {}, { offer: 'hello' }, 488],
    ['a multicast address', {}, { offer: phoneSdp({ address: '224.1.2.3' }) }, 488],
    ['no room for a call', { limits: { maxCalls: 0, maxLegs: 9, maxLegsPerCall: 9 } }, {}, 503],
    ['no room for a leg', { limits: { maxCalls: 9, maxLegs: 0, maxLegsPerCall: 9 } }, {}, 503],
    ['a trunk without a usable codec', { trunks: [{ ...inboundTrunk, codecs: ['G729'] }] }, {}, 488],
  ];
  it.each(refusals)('is refused for %s, and nothing is taken', async (_name, settings, shape, status) => {
    const rig = await callRig(settings);
    const invite = await rig.invite(shape);
    expect(invite.status).toBe(status);
    expect(invite.headers['Retry-After']).toBe(status === 503 ? '5' : undefined);
    expect(rig.events).toEqual([]);
    expect(rig.service.counters()).toMatchObject({ calls: 0, refusedInvites: new Map([[status, 1]]) });
    expect(rig.media.calls.size).toBe(0);
  });

  it('is refused with 486 when the call is full, and with 403 when it is locked', async () => {
    const rig = await callRig({ routes: [{ number: '*', maxLegs: 1 }] });
    await rig.join();
    expect((await rig.invite()).status).toBe(486);
    const [call] = rig.service.listCalls({ after: 0, limit: 1, name: undefined }).items;
    rig.service.updateCall(call?.id ?? '', { maxLegs: 5, locked: true });
    expect((await rig.invite()).status).toBe(403);
    rig.service.updateCall(call?.id ?? '', { locked: false });
    expect((await rig.invite()).status).toBe(200);
  });

  it('is refused with 503 when ports are used up, and the call it would have made is not there', async () => {
    const rig = await callRig();
    rig.media.ports = 2;
    await rig.join({ to: 'a' });
    const refused = await rig.invite({ to: 'b' });
    expect(refused.status).toBe(503);
    expect(refused.headers).toMatchObject({ Reason: 'Q.850;cause=34' });
    expect(rig.service.counters().calls).toBe(1);
  });

  it('starts muted when its route says so, and takes the codecs of its route', async () => {
    const rig = await callRig({ routes: [{ number: '*', muted: true, codecs: ['PCMA'] }] });
    const invite = await rig.join();
    const [call] = rig.service.listCalls({ after: 0, limit: 1, name: undefined }).items;
    const [leg] = await rig.service.listLegs(call?.id ?? '');
    expect(leg).toMatchObject({ muted: true, codec: { encoding: 'PCMA' } });
    expect(rig.media.call(call?.id ?? '').legs.get(leg?.id ?? '')?.opening.controls.muted).toBe(true);
    expect(invite.sdp).not.toContain('PCMU');
  });

  it('is never answered with the ports of another leg as the place to send media to', async () => {
    const rig = await callRig();
    await rig.join();
    const [call] = rig.service.listCalls({ after: 0, limit: 1, name: undefined }).items;
    const [media] = rig.media.call(call?.id ?? '').legs.values();
    const loop = await rig.invite({ offer: phoneSdp({ port: media?.address.rtpPort ?? 0 }) });
    expect(loop.status).toBe(488);
  });
});

describe('setting up an inbound leg', () => {
  it('lets go of the port when the caller cancels while it is being opened', async () => {
    const rig = await callRig();
    rig.media.manual = true;
    const invite = await rig.invite();
    invite.cancel();
    rig.media.manual = false;
    for (const step of rig.media.steps.splice(0)) step();
    await settle();
    await settle();
    expect(invite.status).toBe(487);
    expect(rig.of('leg.failed')).toMatchObject([{ status: 'canceled', reason: 'canceled' }]);
    expect(rig.service.counters().calls).toBe(0);
    expect(rig.media.calls.size).toBe(0);
    expect(rig.faults).toEqual([]);
  });

  it('answers 503 when no port could be opened after all', async () => {
    const rig = await callRig();
    rig.service.createCall({ name: 'room' });
    const [media] = rig.media.calls.values();
    if (media !== undefined) media.failOpening = new CodedError('portsExhausted');
    const invite = await rig.invite();
    expect(invite.status).toBe(503);
    expect(rig.of('leg.failed')).toMatchObject([{ code: 'portsExhausted', status: 'failed' }]);
    expect(rig.media.legs).toBe(0);
  });

  it('ends the leg when the ACK never comes', async () => {
    const rig = await callRig();
    const invite = await rig.invite();
    invite.loseAck();
    await settle();
    expect(rig.of('leg.left')).toMatchObject([{ status: 'failed', reason: 'signallingLost' }]);
    expect(rig.media.calls.size).toBe(0);
  });

  it('survives a BYE that overtakes the ACK', async () => {
    const rig = await callRig();
    const invite = await rig.invite();
    invite.dialog?.hangUp();
    invite.ack();
    await settle();
    expect(rig.of('leg.left')).toMatchObject([{ reason: 'remoteHangup' }]);
    expect(invite.dialog?.byes).toEqual([]);
    expect(rig.service.counters().calls).toBe(0);
  });

  it('sends BYE as soon as the ACK is there when the leg was hung up in between', async () => {
    const rig = await callRig();
    const invite = await rig.invite();
    const [call] = rig.service.listCalls({ after: 0, limit: 1, name: undefined }).items;
    rig.service.endCall(call?.id ?? '');
    await settle();
    expect(invite.dialog?.byes).toEqual([]);
    invite.ack();
    await settle();
    expect(invite.dialog?.byes).toMatchObject([{ q850Cause: 16 }]);
    expect(rig.gateway.counters()).toMatchObject({ dialogs: 0, transactions: 0 });
  });

  it('sends BYE with the cause when media fails or stops', async () => {
    for (const [code, cause, reason] of [
      ['mediaFailed', 41, 'mediaFailed'],
      ['rtpTimeout', 102, 'rtpTimeout'],
    ] as const) {
      const rig = await callRig();
      const invite = await rig.join();
      const [callId = ''] = rig.media.calls.keys();
      const [legId = ''] = rig.media.call(callId).legs.keys();
      rig.media.emit({ type: 'legFailed', callId, legId, tick: 77, code, detail: 'gone' });
      await settle();
      expect(invite.dialog?.byes).toMatchObject([{ q850Cause: cause }]);
      expect(rig.of('leg.left')).toMatchObject([{ status: 'failed', reason, code, q850Cause: cause }]);
      expect(rig.service.counters().calls).toBe(0);
    }
  });

  it('ends all legs with BYE when the media of the call fails', async () => {
    const rig = await callRig();
    const invites = [await rig.join({ from: 'a' }), await rig.join({ from: 'b' })];
    const [callId = ''] = rig.media.calls.keys();
    rig.media.emit({ type: 'callFailed', callId, tick: 9, detail: 'broken' });
    await settle();
    expect(invites.map(({ dialog }) => dialog?.byes.length)).toEqual([1, 1]);
    expect(rig.of('call.ended')).toMatchObject([{ reason: 'mediaFailed' }]);
    expect(rig.service.counters()).toMatchObject({ calls: 0, legs: 0 });
  });

  it('gives a leg up when the media plane does not answer any more', async () => {
    const rig = await callRig();
    const invite = await rig.join();
    const [media] = rig.media.calls.values();
    if (media !== undefined) media.stuck = true;
    invite.dialog?.hangUp();
    await rig.clock.advance(4_900);
    expect(rig.service.counters().calls).toBe(1);
    await rig.clock.advance(10_000);
    expect(rig.service.counters().calls).toBe(0);
    expect(rig.names().slice(-2)).toEqual(['leg.left', 'call.ended']);
  });
});
