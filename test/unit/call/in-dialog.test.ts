import { describe, expect, it } from 'vitest';
import { callRig } from '../../support/call-rig.js';
import { settle } from '../../support/fake-clock.js';
import { phoneSdp } from '../../support/sdp-text.js';

async function oneLeg() {
  const rig = await callRig();
  const invite = await rig.join();
  const [callId = ''] = rig.media.calls.keys();
  const [legId = ''] = rig.media.call(callId).legs.keys();
  const leg = () => rig.service.getLeg(callId, legId);
  const media = () => rig.media.call(callId).legs.get(legId)?.media;
  return { rig, invite, handlers: invite.handlers, callId, legId, leg, media };
}

describe('re-INVITE and UPDATE', () => {
  it('puts on hold and takes back by direction', async () => {
    const { rig, handlers, leg, media } = await oneLeg();
    const held = await handlers.onOffer(phoneSdp({ direction: 'sendonly' }));
    expect(held).toMatchObject({ ok: true, sdp: expect.stringContaining('a=recvonly') as string });
    expect(await leg()).toMatchObject({ held: true, mediaDirection: 'recvonly' });
    expect(media()?.direction).toBe('recvonly');
    await handlers.onOffer(phoneSdp({ direction: 'sendrecv' }));
    expect((await leg()).held).toBe(false);
    expect(rig.of('leg.updated').map(({ held: on }) => on)).toEqual([true, false]);
  });

  it('changes the codec and where media goes in mid-call', async () => {
    const { rig, handlers, media } = await oneLeg();
    await handlers.onOffer(phoneSdp({ payloadTypes: [8], port: 50_000 }));
    expect(media()).toMatchObject({ send: { encoding: 'PCMA' }, remote: { rtpPort: 50_000 } });
    expect(rig.of('leg.updated')).toMatchObject([{ codec: 'PCMA', held: false }]);
  });

  it.each([
    ['no codec fits', phoneSdp({ payloadTypes: [3] })],
    ['it is no description', 'v=0'],
    ['media would go to a multicast address', phoneSdp({ address: '239.0.0.1' })],
  ])('answers 488 when %s and changes nothing', async (_name, offer) => {
    const { rig, handlers, leg, media } = await oneLeg();
    const before = [media(), await leg()];
    const commands = rig.media.commands.length;
    expect(await handlers.onOffer(offer)).toEqual({ ok: false, status: 488 });
    expect([media(), await leg()]).toEqual(before);
    expect(rig.media.commands).toHaveLength(commands);
    expect((await handlers.onOffer(phoneSdp())).ok).toBe(true);
  });

  it('answers a re-INVITE without description with an offer, and applies the answer in the ACK', async () => {
    const { handlers, media } = await oneLeg();
    const outcome = await handlers.onOffer(undefined);
    expect(outcome).toMatchObject({ ok: true, sdp: expect.stringContaining('PCMA') as string });
    expect(await handlers.onOffer(phoneSdp())).toEqual({ ok: false, status: 491 });
    handlers.onAnswer(phoneSdp({ payloadTypes: [8], port: 51_000 }));
    expect(media()).toMatchObject({ send: { encoding: 'PCMA' }, remote: { rtpPort: 51_000 } });
    expect((await handlers.onOffer(phoneSdp())).ok).toBe(true);
  });

  it('keeps its media when the answer in the ACK is unusable or missing', async () => {
    const { rig, handlers, media, leg } = await oneLeg();
    const before = media();
    await handlers.onOffer(undefined);
    handlers.onAnswer(phoneSdp({ payloadTypes: [3] }));
    expect(media()).toEqual(before);
    await handlers.onOffer(undefined);
    await rig.clock.advance(33_000);
    expect((await leg()).status).toBe('in-progress');
    expect((await handlers.onOffer(phoneSdp())).ok).toBe(true);
  });

  it('ignores an answer nobody asked for', async () => {
    const { handlers, media } = await oneLeg();
    const before = media();
    handlers.onAnswer(phoneSdp({ port: 52_000 }));
    expect(media()).toEqual(before);
  });

  it('answers 481 once the leg is over', async () => {
    const { rig, handlers, callId, legId } = await oneLeg();
    rig.service.hangUpLeg(callId, legId);
    expect(await handlers.onOffer(phoneSdp())).toEqual({ ok: false, status: 481 });
    await settle();
    expect(await handlers.onOffer(undefined)).toEqual({ ok: false, status: 481 });
  });
});

describe('an INVITE without description', () => {
  it('is answered with an offer, and the answer in the ACK brings the leg into the mix', async () => {
    const rig = await callRig();
    const invite = rig.gateway.invite({});
    await settle();
    expect(invite.sdp).toContain('a=rtpmap:8 PCMA/8000');
    invite.ack(phoneSdp({ payloadTypes: [8] }));
    await settle();
    expect(rig.of('leg.joined')).toMatchObject([{ codec: 'PCMA' }]);
    expect(rig.clock.pending).toBe(1);
  });

  it('is hung up on when the answer is unusable', async () => {
    const rig = await callRig();
    const invite = rig.gateway.invite({});
    await settle();
    invite.ack(phoneSdp({ payloadTypes: [3] }));
    await settle();
    expect(invite.dialog?.byes).toMatchObject([{ q850Cause: 95 }]);
    expect(rig.of('leg.failed')).toMatchObject([{ reason: 'negotiationFailed', status: 'failed' }]);
    expect(rig.service.counters().calls).toBe(0);
  });

  it('is hung up on when no answer comes with the ACK', async () => {
    const rig = await callRig();
    const invite = rig.gateway.invite({});
    await settle();
    invite.ack();
    await rig.clock.advance(31_000);
    expect(invite.dialog?.live).toBe(true);
    await rig.clock.advance(2_000);
    expect(invite.dialog?.live).toBe(false);
    expect(rig.service.counters().calls).toBe(0);
  });
});

describe('in-dialog INFO', () => {
  it('goes to the media plane and becomes a digit event there', async () => {
    const { rig, handlers, legId } = await oneLeg();
    handlers.onInfo('application/dtmf-relay', 'Signal=5\r\nDuration=100\r\n');
    handlers.onInfo('application/dtmf', '#');
    handlers.onInfo('application/xml', '<x/>');
    await settle();
    expect(rig.media.commands.slice(-2)).toEqual([`pressDigit 5 ${legId}`, `pressDigit # ${legId}`]);
    expect(rig.of('digit.received')).toEqual([
      { digit: '5', durationMs: 100, source: 'sip-info' },
      { digit: '#', durationMs: 160, source: 'sip-info' },
    ]);
  });

  it('means nothing once the leg is over', async () => {
    const { rig, handlers, callId, legId } = await oneLeg();
    rig.service.hangUpLeg(callId, legId);
    handlers.onInfo('application/dtmf', '1');
    expect(rig.of('digit.received')).toEqual([]);
  });
});

describe('the end of a dialog', () => {
  it.each([
    ['timeout', 'sessionExpired', 'failed'],
    ['transport', 'signallingLost', 'failed'],
    ['remote', 'remoteHangup', 'completed'],
  ] as const)('by %s ends the leg as %s', async (by, reason, status) => {
    const { rig, invite } = await oneLeg();
    invite.dialog?.hangUp(by);
    await settle();
    expect(rig.of('leg.left')).toMatchObject([{ reason, status }]);
    expect(invite.dialog?.byes).toEqual([]);
    expect(rig.media.calls.size).toBe(0);
  });

  it('carries the cause the peer gave', async () => {
    const { rig, invite } = await oneLeg();
    invite.dialog?.hangUp('remote', 31);
    await settle();
    expect(rig.of('leg.left')).toMatchObject([{ q850Cause: 31 }]);
  });
});
