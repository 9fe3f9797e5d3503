/** What arrives before the first tick of a leg, and what is no media at all. */
import { describe, expect, it } from 'vitest';
import { mulaw } from '../../../demo/phone/g711.js';
import { MediaRig, sine } from '../../support/media-rig.js';

/** A binding request (RFC 8489 §6) with one attribute of 4 bytes. */
function bindingRequest(): Buffer {
  const bytes = Buffer.alloc(28);
  bytes.writeUInt16BE(1, 0);
  bytes.writeUInt16BE(8, 2);
  bytes.writeUInt32BE(0x2112a442, 4);
  bytes.writeUInt32BE(0x00240004, 20);
  return bytes;
}

describe('packets right behind the answer', () => {
  it('are used, although the leg is connected at the next tick only', async () => {
    const rig = new MediaRig();
    rig.command({ type: 'openCall', callId: 'call' });
    const a = await rig.join('call', 'a');
    // No tick has run since the command.
    const tone = sine(400, 8000);
    for (let frame = 0; frame < 3; frame++) a.send(0, mulaw.encode(tone(frame)));
    rig.run(1);
    const { receive } = await rig.statistics('call', 'a');
    expect(receive.packets).toBe(3);
    expect(receive.dropped).toMatchObject({ source: 0, payloadType: 0 });
  });

  it('are used with their keys and not without', async () => {
    const rig = new MediaRig();
    rig.command({ type: 'openCall', callId: 'call' });
    const keys = { suite: 'AES_CM_128_HMAC_SHA1_80', masterKey: new Uint8Array(30) } as const;
    const a = await rig.join('call', 'a', { srtp: { send: keys, receive: keys } });
    a.send(0, Buffer.alloc(160));
    rig.run(1);
    const { receive } = await rig.statistics('call', 'a');
    expect(receive.packets).toBe(0);
    expect(receive.dropped.srtpAuth).toBe(1);
  });

  it('end the leg at its tick, not before, when there is no codec for them', async () => {
    const rig = new MediaRig();
    rig.command({ type: 'openCall', callId: 'call' });
    const format = { encoding: 'L16', payloadType: 97, clockRateHz: 11_025, channels: 1, parameters: {} } as const;
    await rig.join('call', 'a', { send: format, receive: [format] });
    expect(rig.eventsOf('legFailed')).toEqual([]);
    rig.run(1);
    expect(rig.eventsOf('legFailed')).toMatchObject([{ legId: 'a', code: 'noCommonCodec' }]);
  });

  it('of a later answer change nothing before its tick', async () => {
    const rig = new MediaRig();
    rig.command({ type: 'openCall', callId: 'call' });
    const a = await rig.join('call', 'a');
    rig.run(5);
    rig.connect('call', a, { remote: { address: '127.0.0.1', rtpPort: 1, rtcpPort: 2 } });
    a.send(0, Buffer.alloc(160, 0xff));
    expect((await rig.statistics('call', 'a')).receive.packets).toBe(1);
  });
});

describe('STUN on a media port', () => {
  it.each([false, true])('is counted as what it is and not answered (rtcp-mux: %s)', async (rtcpMux) => {
    const rig = new MediaRig();
    rig.command({ type: 'openCall', callId: 'call' });
    const a = await rig.join('call', 'a', { rtcpMux });
    rig.run(5);
    const sent = a.received.length;
    a.raw(bindingRequest());
    if (!rtcpMux) rig.deliver(a.serverPort + 1, bindingRequest(), '127.0.0.1', a.port + 1);
    const { receive } = await rig.statistics('call', 'a');
    expect(receive.dropped).toMatchObject({ stun: rtcpMux ? 1 : 2, malformed: 0 });
    expect(a.received.slice(sent).every(({ payloadType }) => payloadType === 0)).toBe(true);
  });

  it('from elsewhere is from elsewhere', async () => {
    const rig = new MediaRig();
    rig.command({ type: 'openCall', callId: 'call' });
    const a = await rig.join('call', 'a');
    rig.run(5);
    a.raw(bindingRequest(), a.port + 7);
    expect((await rig.statistics('call', 'a')).receive.dropped).toMatchObject({ stun: 0, source: 1 });
  });
});
