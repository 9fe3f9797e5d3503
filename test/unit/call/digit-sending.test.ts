import { describe, expect, it } from 'vitest';
import type { DigitSending } from '../../../src/sip/trunk.js';
import { callRig, inboundTrunk } from '../../support/call-rig.js';
import { settle } from '../../support/fake-clock.js';
import { phoneSdp } from '../../support/sdp-text.js';

/** A leg of a trunk to which digits go this way. */
async function legOf(digits: DigitSending, telephoneEvent = true) {
  const rig = await callRig({ trunks: [{ ...inboundTrunk, digits }] });
  await rig.join({ offer: phoneSdp({ telephoneEvent }) });
  const [callId = ''] = rig.media.calls.keys();
  const [legId = ''] = rig.media.call(callId).legs.keys();
  const [dialog] = [...rig.gateway.dialogs];
  if (!dialog) throw new Error('no dialog');
  const send = (text: string, timing = {}) => rig.service.sendDigits(callId, legId, text, timing);
  const media = () => rig.media.call(callId).legs.get(legId)?.media;
  return { rig, dialog, send, media, callId, legId };
}

const told = (digit: string, duration = 100) => `application/dtmf-relay Signal=${digit} Duration=${duration}`;

describe('digits by SIP INFO', () => {
  it('go one by one at the pace of a press, and their end is told', async () => {
    const { rig, dialog, send } = await legOf('info');
    send('1*', { durationMs: 200, gapMs: 50 });
    await settle();
    expect(dialog.infos).toEqual([told('1', 200)]);
    await rig.clock.advance(249);
    expect(dialog.infos).toHaveLength(1);
    await rig.clock.advance(1);
    expect(dialog.infos).toEqual([told('1', 200), told('*', 200)]);
    expect(rig.of('digits.sent')).toEqual([]);
    await rig.clock.advance(250);
    expect(rig.of('digits.sent')).toEqual([{ digits: '1*' }]);
    expect(rig.media.commands.some((command) => command.startsWith('sendDigits'))).toBe(false);
  });

  it('wait for those that were asked for before', async () => {
    const { rig, dialog, send } = await legOf('info');
    send('12');
    send('3');
    await rig.clock.advance(3 * 180);
    expect(dialog.infos).toEqual([told('1'), told('2'), told('3')]);
    expect(rig.of('digits.sent')).toEqual([{ digits: '12' }, { digits: '3' }]);
  });

  it('end where the peer refuses them, and the next batch is tried all the same', async () => {
    const { rig, dialog, send } = await legOf('info');
    send('12');
    await settle();
    dialog.infoStatus = 415;
    await rig.clock.advance(180);
    dialog.infoStatus = 200;
    send('4');
    await rig.clock.advance(180);
    expect(rig.of('digits.sent')).toEqual([{ digits: '1' }, { digits: '4' }]);
  });

  it('stop with the leg', async () => {
    const { rig, dialog, send, callId, legId } = await legOf('info');
    send('123');
    await settle();
    rig.service.hangUpLeg(callId, legId);
    await rig.clock.advance(1000);
    expect(dialog.infos).toHaveLength(1);
    expect(rig.of('digits.sent')).toEqual([]);
    expect(rig.faults).toEqual([]);
  });
});

describe('digits by the other ways', () => {
  it.each<[DigitSending, boolean, boolean]>([
    ['auto', true, true],
    ['auto', false, false],
    ['rfc4733', true, true],
    ['in-band', true, false],
    ['in-band', false, false],
  ])('%s, peer takes telephone-events: %s, are left to the media plane', async (digits, takes, events) => {
    const { rig, dialog, send, media, legId } = await legOf(digits, takes);
    send('5');
    expect(rig.media.commands.at(-1)).toBe(`sendDigits 5 ${legId}`);
    expect(media()?.sendTelephoneEvent !== undefined).toBe(events);
    expect(dialog.infos).toEqual([]);
  });

  it('rfc4733 are refused when the peer takes none', async () => {
    const { send } = await legOf('rfc4733', false);
    expect(() => send('5')).toThrow(expect.objectContaining({ code: 'digitsUnsupported' }));
  });
});
