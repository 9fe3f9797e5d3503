/**
 * Real telephones in one call, and a stranger in another: who hears whom, and how well.
 *
 * Each says a chord of its own, and everything is judged by what went over the wire (`support/interop/line-tap.ts`).
 */
import { expect, it } from 'vitest';
import { startBaresip } from '../support/interop/baresip.js';
import { compareWithIdeal, floorDb, gainDb, type Hearing } from '../support/interop/ideal-bridge.js';
import { startLinphone } from '../support/interop/linphone.js';
import { describeWith } from '../support/interop/programs.js';
import { startTalkingSipp } from '../support/interop/sipp.js';
import { type ConnectedPeer, type Switchboard, switchboardHere } from '../support/interop/switchboard.js';
import { aheadOfOthers } from '../support/real-time.js';

const SETTLE_MS = 2000;
const TOLERANCE_DB = 0.5;
const FLOOR_TOLERANCE_DB = 1;
/** Asterisk returns it at −11 dB. */
const SHOUT_LEAK_DB = -40;
/** Two at full scale have to come down by 6 dB; what is much softer was not limited but lost. */
const SHOUT_GAIN_DB = -8;
/** A leak this soft has to be noticed, or the measurement would prove nothing. */
const PLANTED_LEAK_DB = -52;

/** No two partials of the four voices come nearer than 170 Hz, so that each can be told from all others. */
const frequenciesHz = {
  sipp: [437.31, 1187.3, 2231.9],
  baresip: [611.7, 1453.1, 2557.3],
  linphone: [823.9, 1721.7, 2879.3],
  stranger: [1009.3, 1973.9, 3191.1],
};

interface Conference {
  readonly members: readonly ConnectedPeer[];
  readonly stranger: ConnectedPeer;
  /** Between these moments everybody talks. */
  readonly fromMs: number;
  readonly toMs: number;
}

describeWith(['sipp', 'baresip', 'linphonec'], 'sipp, baresip and linphonec in one call', () => {
  const switchboard = switchboardHere();

  it('hear each other as loud as spoken, and neither themselves nor a stranger', { timeout: 120_000 }, async () => {
    const conference = await aheadOfOthers(() => hold(switchboard(), 'talk', -13, 20_000));
    const { members, stranger } = conference;
    for (const peer of members) {
      const { others, hearing } = listen(conference, peer);
      others.forEach((other, k) => {
        const gain = gainDb(hearing.heard, hearing.said[k] ?? [], other.voice.frequenciesHz);
        expect(Math.abs(gain), `${peer.name} hears ${other.name} ${gain} dB louder`).toBeLessThan(TOLERANCE_DB);
      });
      for (const { name, voice } of [peer, stranger]) {
        const realDb = floorDb(hearing.heard, voice.frequenciesHz);
        const idealDb = floorDb(hearing.ideal, voice.frequenciesHz);
        console.log(`${peer.name} hears ${name} at ${realDb.toFixed(2)} dB, ideal ${idealDb.toFixed(2)} dB`);
        expect(realDb, `${name} as ${peer.name} hears it`).toBeLessThan(idealDb + FLOOR_TOLERANCE_DB);
        expect(floorDb(withLeak(conference, peer, name), voice.frequenciesHz)).toBeGreaterThan(
          idealDb + FLOOR_TOLERANCE_DB,
        );
      }
    }
    expect(new Set(stranger.tap.heard.samples), 'what the stranger, alone, hears').toEqual(new Set([SILENT_PCMA]));
  });

  it('hear nothing of themselves even when all shout', { timeout: 120_000 }, async () => {
    const conference = await aheadOfOthers(() => hold(switchboard(), 'shout', 0, 8000));
    for (const peer of conference.members) {
      const { others, hearing } = listen(conference, peer);
      const spokenDb = -20 * Math.log10(peer.voice.frequenciesHz.length);
      const realDb = floorDb(hearing.heard, peer.voice.frequenciesHz);
      console.log(`${peer.name} shouting: ${(realDb - spokenDb).toFixed(2)} dB`);
      expect(realDb - spokenDb, `${peer.name} as it hears itself`).toBeLessThan(SHOUT_LEAK_DB);
      others.forEach((other, k) => {
        const gain = gainDb(hearing.heard, hearing.said[k] ?? [], other.voice.frequenciesHz);
        expect(gain, `${other.name} as ${peer.name} hears it`).toBeGreaterThan(SHOUT_GAIN_DB);
      });
    }
  });
});

/** The A-law code word next to nothing: A-law has no zero. */
const SILENT_PCMA = 8;

/** Lets all telephones call, talk together for `talkMs`, and be hung up on. */
async function hold(switchboard: Switchboard, room: string, peakDbfs: number, talkMs: number): Promise<Conference> {
  const guest = (name: keyof typeof frequenciesHz, room: string, law: 'PCMU' | 'PCMA') => ({
    name,
    room,
    law,
    voice: { frequenciesHz: frequenciesHz[name], peakDbfs },
  });
  const members = [
    await switchboard.connect(startTalkingSipp, guest('sipp', room, 'PCMU')),
    await switchboard.connect(startBaresip, guest('baresip', room, 'PCMA')),
    await switchboard.connect(startLinphone, guest('linphone', room, 'PCMU')),
  ];
  const stranger = await switchboard.connect(startTalkingSipp, guest('stranger', `not-${room}`, 'PCMA'));
  await sleep(SETTLE_MS);
  const fromMs = performance.now();
  await sleep(talkMs);
  const toMs = performance.now();
  for (const { id } of (await switchboard.api.calls()).values()) await switchboard.api.endCall(id);
  await Promise.all([...members, stranger].map((peer) => peer.goneAfterBye()));
  return { members, stranger, fromMs, toMs };
}

function listen(
  { members, fromMs, toMs }: Conference,
  peer: ConnectedPeer,
): { others: readonly ConnectedPeer[]; hearing: Hearing } {
  const others = members.filter((other) => other !== peer);
  const heard = { heard: peer.tap.heard, law: peer.law };
  return {
    others,
    hearing: compareWithIdeal(
      heard,
      others.map(({ tap }) => tap.said),
      fromMs,
      toMs,
    ),
  };
}

/** What `peer` would have heard, had the bridge leaked to it somebody it must not hear. */
function withLeak({ members, stranger, fromMs, toMs }: Conference, peer: ConnectedPeer, name: string): Float64Array[] {
  const from = [...members, stranger].filter((one) => one.name === name).map(({ tap }) => tap.said);
  const { heard, said } = compareWithIdeal({ heard: peer.tap.heard, law: peer.law }, from, fromMs, toMs);
  const gain = 10 ** (PLANTED_LEAK_DB / 20);
  return heard.map((window, k) => window.map((sample, n) => sample + gain * (said[0]?.[k]?.[n] ?? 0)));
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
