/** SRTP on the whole server, through real sockets, by the policy of the trunk: telephones speak it by a reference of their own. */
import { afterAll, afterEach, aroundAll, beforeAll, describe, expect, it } from 'vitest';
import { conversation, hears, hearsNot, packetsCome } from '../support/live/hearing.js';
import { LivePhone } from '../support/live/live-phone.js';
import { freePort, LiveServer, voiceOf } from '../support/live/live-server.js';
import { PhoneSrtp, type PhoneSuite } from '../support/live/phone-srtp.js';
import { RestClient } from '../support/live/rest-client.js';
import { soon } from '../support/live/soon.js';
import { aheadOfOthers } from '../support/real-time.js';

type Policy = 'off' | 'optional' | 'required';

aroundAll((run) => aheadOfOthers(run));

/** A server whose only trunk has this policy, both ways. */
function serverWith(policy: Policy) {
  const rig = {
    server: undefined as unknown as LiveServer,
    api: undefined as unknown as RestClient,
    callee: undefined as unknown as LivePhone,
  };
  beforeAll(async () => {
    const calleePort = await freePort();
    const outbound = { proxy: `sip:127.0.0.1:${calleePort}`, fromUri: 'sip:us@127.0.0.1', allowDestinations: ['*'] };
    const trunk = { name: 'line', allow: ['127.0.0.0/8'], srtp: policy, outbound };
    rig.server = await LiveServer.open('embedded', { trunks: [trunk] });
    rig.callee = await LivePhone.open(rig.server.sip, { voice: voiceOf(4), sipPort: calleePort });
    rig.api = new RestClient(rig.server.http);
  });
  afterEach(() => rig.server.hangUpAll());
  afterAll(async () => {
    await rig.server.stop();
    await rig.callee.close();
    expect(rig.server.log).toEqual([]);
  });
  return rig;
}

/** A telephone in a call that offers SRTP in `protocol`, and speaks it. */
async function joinSecurely(server: LiveServer, room: string, voice: number, protocol: string, suite?: PhoneSuite) {
  const phone = await server.phone({ voice: voiceOf(voice) });
  phone.srtp = new PhoneSrtp(suite);
  const answer = await phone.call(room, phone.sdp({ protocol, cryptos: [phone.srtp.line()] }));
  phone.srtp.take(answer.body);
  server.clock.add(phone);
  return { phone, srtp: phone.srtp, answer: answer.body };
}

async function statusOf(server: LiveServer, offer: (phone: LivePhone) => string): Promise<number> {
  const phone = await server.phone({ voice: voiceOf(0) });
  phone.invite('asked', offer(phone));
  return (await phone.final()).status;
}

const secureOffer = (phone: LivePhone) => phone.sdp({ protocol: 'RTP/SAVP', cryptos: [new PhoneSrtp().line()] });

/** Lets the server dial the callee, who answers as `describe` says. @returns the offer */
async function dialledInto(rig: ReturnType<typeof serverWith>, room: string, describe: (offer: string) => string) {
  const call = await rig.api.call(room);
  await rig.server.dial(rig.api, call.id, { to: '4930123' });
  const invite = await rig.callee.answer(describe);
  rig.server.clock.add(rig.callee);
  return invite.body;
}

describe('a trunk that requires SRTP', () => {
  const rig = serverWith('required');

  it.each<PhoneSuite>(['AES_CM_128_HMAC_SHA1_80', 'AES_CM_128_HMAC_SHA1_32'])(
    'lets telephones with %s talk to each other, and nothing of it is forged',
    async (suite) => {
      const one = await joinSecurely(rig.server, 'secret', 0, 'RTP/SAVP', suite);
      const other = await joinSecurely(rig.server, 'secret', 1, 'RTP/SAVP', suite);
      await conversation([one.phone, other.phone]);
      await packetsCome(one.phone, 50);
      expect([one.srtp.forged, other.srtp.forged]).toEqual([0, 0]);
      expect(one.answer).toMatch(/^m=audio \d+ RTP\/SAVP 0 101\r$/m);
    },
  );

  it('refuses plain RTP', async () => {
    expect(await statusOf(rig.server, (phone) => phone.sdp())).toBe(488);
  });

  it('does not hear who has no key, even from the right address', async () => {
    const one = await joinSecurely(rig.server, 'forged', 0, 'RTP/SAVP');
    const other = await joinSecurely(rig.server, 'forged', 1, 'RTP/SAVP');
    await conversation([one.phone, other.phone]);
    one.phone.srtp = undefined;
    await hearsNot(other.phone, one.phone);
    await soon(async () => {
      const [leg] = await rig.api.legs('forged');
      expect(leg?.statistics?.receive.dropped.srtpAuth).toBeGreaterThan(10);
    });
    one.phone.srtp = one.srtp;
    await hears(other.phone, one.phone);
  });

  it('dials out with SRTP, and talks to who takes it', async () => {
    const guest = await joinSecurely(rig.server, 'dialled', 0, 'RTP/SAVP');
    const srtp = (rig.callee.srtp = new PhoneSrtp('AES_CM_128_HMAC_SHA1_32'));
    const offer = await dialledInto(rig, 'dialled', (sdp) => {
      srtp.take(sdp);
      return rig.callee.sdp({ protocol: 'RTP/SAVP', cryptos: [srtp.line(srtp.tagIn(sdp))] });
    });
    expect(offer).toMatch(/^m=audio \d+ RTP\/SAVP /m);
    await Promise.all([hears(guest.phone, rig.callee), hears(rig.callee, guest.phone)]);
    expect(srtp.forged).toBe(0);
    await rig.callee.hangUp();
    rig.callee.srtp = undefined;
  });
});

describe('a trunk on which SRTP is optional', () => {
  const rig = serverWith('optional');

  it.each(['RTP/SAVP', 'RTP/AVP'])('lets a telephone with keys in %s talk to a plain one', async (protocol) => {
    const secure = await joinSecurely(rig.server, 'mixed', 0, protocol);
    const plain = await rig.server.join('mixed', { voice: voiceOf(1) });
    await conversation([secure.phone, plain]);
    await packetsCome(secure.phone, 30);
    expect(secure.srtp.forged).toBe(0);
    expect(secure.srtp.authentic).toBeGreaterThan(20);
  });

  it.each([true, false])('dials out leaving the choice to the peer, whether it takes it or not (%s)', async (takes) => {
    const guest = await rig.server.join('choice', { voice: voiceOf(0) });
    const srtp = takes ? new PhoneSrtp() : undefined;
    rig.callee.srtp = srtp;
    const offer = await dialledInto(rig, 'choice', (sdp) => {
      srtp?.take(sdp);
      return rig.callee.sdp(srtp ? { cryptos: [srtp.line(srtp.tagIn(sdp))] } : {});
    });
    expect(offer).toMatch(/^m=audio \d+ RTP\/AVP /m);
    expect(offer).toContain('a=crypto:1 AES_CM_128_HMAC_SHA1_80 ');
    await Promise.all([hears(guest, rig.callee), hears(rig.callee, guest)]);
    expect(srtp?.forged ?? 0).toBe(0);
    await rig.callee.hangUp();
    rig.callee.srtp = undefined;
  });
});

describe('a trunk without SRTP', () => {
  const rig = serverWith('off');

  it('refuses it, and takes plain RTP, whatever keys are beside it', async () => {
    expect(await statusOf(rig.server, secureOffer)).toBe(488);
    const one = await rig.server.phone({ voice: voiceOf(0) });
    const answer = await one.call('plain', one.sdp({ cryptos: [new PhoneSrtp().line()] }));
    expect(answer.body).not.toContain('crypto');
    rig.server.clock.add(one);
    const other = await rig.server.join('plain', { voice: voiceOf(1) });
    await conversation([one, other]);
  });
});
