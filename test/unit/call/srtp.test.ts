import { describe, expect, it } from 'vitest';
import type { LegMedia } from '../../../src/media/protocol.js';
import type { Trunk } from '../../../src/sip/trunk.js';
import { redactFields } from '../../../src/telemetry/redact.js';
import { type CallRig, callRig, inboundTrunk, outboundTrunk } from '../../support/call-rig.js';
import { settle } from '../../support/fake-clock.js';
import { phoneSdp } from '../../support/sdp-text.js';

const key = Buffer.alloc(30, 0x77).toString('base64');
const line = `1 AES_CM_128_HMAC_SHA1_80 inline:${key}`;

/** A phone's description with SRTP. */
function secureSdp(crypto = line): string {
  return phoneSdp().replace('RTP/AVP', 'RTP/SAVP').replace('a=sendrecv', `a=crypto:${crypto}\r\na=sendrecv`);
}

function withPolicy(srtp: Trunk['srtp']): Promise<CallRig> {
  const policy = srtp === undefined ? {} : { srtp };
  return callRig({
    trunks: [
      { ...inboundTrunk, ...policy },
      { ...outboundTrunk, ...policy },
    ],
  });
}

/** Media of all legs, in the order they were opened. */
function mediaOf(rig: CallRig): (LegMedia | undefined)[] {
  return [...rig.media.calls.values()].flatMap(({ legs }) => [...legs.values()].map(({ media }) => media));
}

function keysIn(sdp: string | undefined): string[] {
  return [...(sdp ?? '').matchAll(/inline:(\S+)/g)].map(([, text]) => text ?? '');
}

describe('an INVITE on a trunk', () => {
  it.each<[Trunk['srtp'], 'plain' | 'SRTP', number]>([
    [undefined, 'plain', 200],
    [undefined, 'SRTP', 488],
    ['off', 'SRTP', 488],
    ['optional', 'plain', 200],
    ['optional', 'SRTP', 200],
    ['required', 'SRTP', 200],
    ['required', 'plain', 488],
  ])('with srtp %s that offers %s is answered %i', async (policy, offered, status) => {
    const rig = await withPolicy(policy);
    const invite = await rig.join({ offer: offered === 'SRTP' ? secureSdp() : phoneSdp() });
    expect(invite.status).toBe(status);
    expect(mediaOf(rig).map((media) => media?.srtp !== undefined)).toEqual(status === 200 ? [offered === 'SRTP'] : []);
    expect(rig.faults).toEqual([]);
  });

  it('takes no ports when it is refused for want of SRTP', async () => {
    const rig = await withPolicy('required');
    await rig.invite();
    expect(rig.media.calls.size).toBe(0);
    expect(rig.names()).toEqual([]);
  });

  it('has keys of its own on every leg, which go to the media plane as they are in the answer', async () => {
    const rig = await withPolicy('required');
    const [a, b] = [await rig.join({ offer: secureSdp() }), await rig.join({ offer: secureSdp() })];
    const sent = mediaOf(rig).map((media) => Buffer.from(media?.srtp?.send.masterKey ?? []).toString('base64'));
    expect([...keysIn(a.sdp), ...keysIn(b.sdp)]).toEqual(sent);
    expect(new Set(sent).size).toBe(2);
    for (const media of mediaOf(rig)) {
      expect(Buffer.from(media?.srtp?.receive.masterKey ?? []).toString('base64')).toBe(key);
    }
  });

  it('without an offer is offered SRTP when that is required', async () => {
    const rig = await withPolicy('required');
    const invite = rig.gateway.invite({});
    await settle();
    expect(invite.sdp).toContain(' RTP/SAVP ');
    expect(new Set(keysIn(invite.sdp)).size).toBe(2);
    invite.ack(secureSdp());
    await settle();
    expect(mediaOf(rig)[0]?.srtp?.send.suite).toBe('AES_CM_128_HMAC_SHA1_80');
  });

  it('keeps the keys in a re-INVITE, and may not leave SRTP where it is required', async () => {
    const rig = await withPolicy('required');
    const invite = await rig.join({ offer: secureSdp() });
    const [before] = mediaOf(rig);
    const again = await invite.handlers.onOffer(secureSdp());
    expect(again.ok ? keysIn(again.sdp) : again.status).toEqual(keysIn(invite.sdp));
    expect(mediaOf(rig)[0]?.srtp).toEqual(before?.srtp);
    expect(await invite.handlers.onOffer(phoneSdp())).toEqual({ ok: false, status: 488 });
    expect(mediaOf(rig)[0]?.srtp).toEqual(before?.srtp);
  });
});

describe('a leg dialled through a trunk', () => {
  async function dial(policy: Trunk['srtp']): Promise<CallRig> {
    const rig = await withPolicy(policy);
    const { id } = rig.service.createCall({ name: 'room' });
    rig.service.dial(id, {
      to: '4930123',
      trunk: undefined,
      callerName: undefined,
      ringTimeoutMs: 30_000,
      controls: { muted: false, deaf: false, gainDb: 0 },
    });
    await settle();
    return rig;
  }

  it.each<[Trunk['srtp'], string]>([
    ['off', 'RTP/AVP'],
    ['optional', 'RTP/AVP'],
    ['required', 'RTP/SAVP'],
  ])('with srtp %s offers %s', async (policy, protocol) => {
    const rig = await dial(policy);
    expect(rig.gateway.attempt.request.sdp).toMatch(new RegExp(`^m=audio \\d+ ${protocol} `, 'm'));
    expect(keysIn(rig.gateway.attempt.request.sdp)).toHaveLength(policy === 'off' ? 0 : 2);
  });

  it('is connected with the keys of both sides', async () => {
    const rig = await dial('required');
    rig.gateway.attempt.answer(secureSdp());
    await settle();
    const [media] = mediaOf(rig);
    expect(Buffer.from(media?.srtp?.receive.masterKey ?? []).toString('base64')).toBe(key);
    expect(media?.srtp?.send.masterKey).toHaveLength(30);
  });

  it('is hung up when the answer is plain RTP', async () => {
    const rig = await dial('required');
    rig.gateway.attempt.answer(phoneSdp());
    await settle();
    expect(rig.of('leg.failed')).toMatchObject([{ reason: 'negotiationFailed', code: 'badSdp' }]);
    expect(mediaOf(rig)).toEqual([]);
  });
});

describe('keys', () => {
  it('are in nothing the API shows, no event and no log line', async () => {
    const rig = await withPolicy('required');
    const invite = await rig.join({ offer: secureSdp() });
    const [call] = rig.service.listCalls({ after: 0, limit: 1, name: undefined }).items;
    const legs = await rig.service.listLegs(call?.id ?? '');
    invite.dialog?.hangUp();
    await settle();
    const shown = JSON.stringify([call, legs, rig.events, rig.faults]);
    expect(legs).toHaveLength(1);
    expect(shown).not.toContain('masterKey');
    for (const secret of [key, ...keysIn(invite.sdp)]) expect(shown).not.toContain(secret);
  });

  it('would not be written even if a description or what it settled came into a log line', async () => {
    const rig = await withPolicy('required');
    await rig.join({ offer: secureSdp() });
    const [media] = mediaOf(rig);
    const shown = JSON.stringify(redactFields({ media, offer: secureSdp() }, true));
    expect(shown).toContain('a=crypto:1 AES_CM_128_HMAC_SHA1_80 [redacted]');
    expect(shown).toContain('"masterKey":"[30 bytes]"');
    expect(shown).not.toContain(key);
  });
});
