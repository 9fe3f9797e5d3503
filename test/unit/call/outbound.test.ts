import { describe, expect, it } from 'vitest';
import { CodedError, type ErrorCode } from '../../../src/errors.js';
import { dialEnd } from '../../../src/call/leg-end.js';
import type { DialRequest } from '../../../src/call/outbound.js';
import { type CallRig, callRig, outboundTrunk } from '../../support/call-rig.js';
import { settle } from '../../support/fake-clock.js';
import { phoneSdp } from '../../support/sdp-text.js';

const request: DialRequest = {
  to: '4930123',
  trunk: undefined,
  callerName: undefined,
  ringTimeoutMs: 30_000,
  controls: { muted: false, deaf: false, gainDb: 0 },
};

async function withCall(change: Parameters<typeof callRig>[0] = {}): Promise<CallRig & { callId: string }> {
  const rig = await callRig(change);
  const call = rig.service.createCall({ name: 'room' });
  return { ...rig, callId: call.id };
}

function codeOf(action: () => unknown): ErrorCode | undefined {
  try {
    action();
    return undefined;
  } catch (thrown) {
    return thrown instanceof CodedError ? thrown.code : 'internal';
  }
}

describe('dialling out', () => {
  it('sends an INVITE through the trunk and joins the answered leg', async () => {
    const rig = await withCall();
    const leg = rig.service.dial(rig.callId, { ...request, callerName: 'Bridge' });
    expect(leg).toMatchObject({ status: 'queued', direction: 'outbound', number: '4930123', trunk: 'carrier' });
    await settle();
    const { attempt } = rig.gateway;
    expect(attempt.request).toMatchObject({
      uri: 'sip:4930123@10.0.0.5:5070',
      proxy: 'sip:10.0.0.5:5070;transport=tcp',
      from: { uri: 'sip:bridge@example.org', displayName: 'Bridge' },
      credentials: { username: 'bridge', realm: 'carrier' },
      timeoutMs: 30_000,
    });
    attempt.ring();
    expect((await rig.service.getLeg(rig.callId, leg.id)).status).toBe('ringing');
    attempt.answer(phoneSdp({ payloadTypes: [8] }));
    await settle();
    expect(await rig.service.getLeg(rig.callId, leg.id)).toMatchObject({
      status: 'in-progress',
      codec: { encoding: 'PCMA' },
      joinedAtTick: 0,
    });
    expect(rig.names()).toEqual(['call.started', 'leg.ringing', 'leg.joined']);
  });

  it('keeps what came of an attempt readable, and the call that waits for its first leg', async () => {
    const rig = await withCall();
    const leg = rig.service.dial(rig.callId, request);
    await settle();
    rig.gateway.attempt.fail(486);
    await settle();
    expect(await rig.service.getLeg(rig.callId, leg.id)).toMatchObject({
      status: 'busy',
      endReason: 'busy',
      sipStatus: 486,
      q850Cause: 17,
    });
    expect(await rig.service.listLegs(rig.callId)).toEqual([]);
    expect(rig.service.getCall(rig.callId).legCount).toBe(0);
    expect(rig.media.legs).toBe(0);
  });

  const ends: [number, string, string, number][] = [
    [302, 'failed', 'refused', 21],
    [403, 'failed', 'refused', 21],
    [404, 'failed', 'failed', 1],
    [408, 'no-answer', 'noAnswer', 19],
    [480, 'no-answer', 'noAnswer', 19],
    [486, 'busy', 'busy', 17],
    [487, 'canceled', 'canceled', 16],
    [488, 'failed', 'negotiationFailed', 88],
    [500, 'failed', 'failed', 38],
    [503, 'failed', 'failed', 38],
    [600, 'busy', 'busy', 17],
    [603, 'failed', 'refused', 21],
    [604, 'failed', 'failed', 1],
    [606, 'failed', 'negotiationFailed', 88],
  ];
  it.each(ends)('reads final status %i as %s', async (status, word, reason, q850Cause) => {
    const rig = await withCall();
    rig.service.dial(rig.callId, request);
    await settle();
    rig.gateway.attempt.fail(status);
    await settle();
    expect(rig.of('leg.failed')).toMatchObject([{ status: word, reason, q850Cause, sipStatus: status }]);
    expect(dialEnd(status).receivedSipStatus).toBe(status);
    expect(rig.gateway.attempts.size).toBe(0);
  });

  const refusals: [string, ErrorCode, Partial<DialRequest>, Parameters<typeof callRig>[0]][] = [
    ['a destination the trunk does not allow', 'destinationRefused', { to: '4989123' }, {}],
    ['a destination that only begins like an exact one', 'destinationRefused', { to: 'bobby' }, {}],
    ['a trunk nobody configured', 'trunkNotFound', { trunk: 'ghost' }, {}],
    ['a trunk that takes no outbound calls', 'trunkNotFound', { trunk: 'default' }, {}],
    ['no trunk that dials out', 'destinationRefused', {}, { trunks: [] }],
    [
      'no word on which of two trunks',
      'trunkNotFound',
      {},
      { trunks: [outboundTrunk, { ...outboundTrunk, name: 'b' }] },
    ],
    [
      'a trunk that allows nothing',
      'destinationRefused',
      {},
      {
        trunks: [
          { ...outboundTrunk, outbound: { proxy: 'sip:x', fromUri: 'sip:y@z', allowDestinations: [], maxLegs: 1 } },
        ],
      },
    ],
    ['no room for a leg', 'capacityReached', {}, { limits: { maxCalls: 9, maxLegs: 0, maxLegsPerCall: 9 } }],
  ];
  it.each(refusals)('is refused for %s, and no INVITE goes out', async (_name, code, change, settings) => {
    const rig = await withCall(settings);
    expect(codeOf(() => rig.service.dial(rig.callId, { ...request, ...change }))).toBe(code);
    await settle();
    expect(rig.gateway.attempts.size).toBe(0);
    expect(rig.service.counters().legs).toBe(0);
  });

  it('is refused when the SIP front end is away', async () => {
    const rig = await withCall();
    rig.gateway.ready = false;
    expect(codeOf(() => rig.service.dial(rig.callId, request))).toBe('signallingDown');
  });

  it('keeps to the number of legs the trunk allows', async () => {
    const rig = await withCall();
    rig.service.dial(rig.callId, request);
    rig.service.dial(rig.callId, { ...request, to: 'bob' });
    expect(codeOf(() => rig.service.dial(rig.callId, request))).toBe('capacityReached');
  });

  it('cancels when it is hung up while ringing, and ends a dialog that crosses the CANCEL', async () => {
    const rig = await withCall();
    const leg = rig.service.dial(rig.callId, request);
    await settle();
    const { attempt } = rig.gateway;
    attempt.ring();
    rig.service.hangUpLeg(rig.callId, leg.id);
    expect(attempt.canceled).toBe(true);
    attempt.answer(phoneSdp());
    await settle();
    expect(attempt.dialog?.byes).toMatchObject([{ q850Cause: 16 }]);
    expect(rig.of('leg.failed')).toMatchObject([{ status: 'canceled', reason: 'localHangup' }]);
    expect(rig.names()).not.toContain('leg.joined');
    expect(rig.gateway.counters()).toMatchObject({ dialogs: 0, transactions: 0 });
  });

  it('sends no INVITE when it is hung up while the port is being opened', async () => {
    const rig = await withCall();
    rig.media.manual = true;
    const leg = rig.service.dial(rig.callId, request);
    rig.service.hangUpLeg(rig.callId, leg.id);
    rig.media.manual = false;
    for (const step of rig.media.steps.splice(0)) step();
    await settle();
    expect(rig.gateway.attempts.size).toBe(0);
    expect(rig.media.legs).toBe(0);
    expect(rig.of('leg.failed')).toMatchObject([{ status: 'canceled' }]);
  });

  it('hangs up on an answer it cannot use', async () => {
    const rig = await withCall();
    rig.service.dial(rig.callId, request);
    await settle();
    rig.gateway.attempt.answer(phoneSdp({ payloadTypes: [3] }));
    await settle();
    expect(rig.gateway.dialogs.size).toBe(0);
    expect(rig.of('leg.failed')).toMatchObject([
      { status: 'failed', reason: 'negotiationFailed', code: 'noCommonCodec' },
    ]);
    expect(rig.faults).toEqual([]);
  });

  it('encodes what a user part may not hold', async () => {
    const trunk = { ...outboundTrunk, outbound: { ...outboundTrunk.outbound, allowDestinations: ['*'] } };
    const rig = await withCall({ trunks: [trunk as typeof outboundTrunk] });
    rig.service.dial(rig.callId, { ...request, to: '+49*1#' });
    await settle();
    expect(rig.gateway.attempt.request.uri).toBe('sip:+49*1%23@10.0.0.5:5070');
  });
});
