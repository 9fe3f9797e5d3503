/**
 * Three real telephones in a call. By curl one of them is asked, in synthesized speech, to press 1 or 2: meanwhile it hears
 * nobody and nobody hears it, it presses 1, curl gets the digit, and it is back. All of that as it went over the wires.
 */
import { expect, it, vi } from 'vitest';
import type { InteractionOver, InteractionSeen } from '../support/live/interactions.js';
import { TickEar } from '../support/live/tick-ear.js';
import { startBaresip } from '../support/interop/baresip.js';
import { maySendRaw } from '../support/interop/capability.js';
import { curl, json } from '../support/interop/curl.js';
import type { PeerPlan } from '../support/interop/peer.js';
import { startPressingSipp } from '../support/interop/pressing-sipp.js';
import { describeWith } from '../support/interop/programs.js';
import { type ConnectedPeer, switchboardHere } from '../support/interop/switchboard.js';
import { aheadOfOthers } from '../support/real-time.js';

/** It talks for so long, presses 1 in between, and has been asked by then. */
const TALK_MS = 16_000;
const PRESS_MS = 10_000;
const ASKED = {
  durationMs: TALK_MS,
  presses: [{ key: '1', atMs: PRESS_MS }],
  hangsUpAfterMs: TALK_MS + 5_000,
};
/** Everybody is in and talking. */
const SETTLE_MS = 2_500;
/** Tones that 20 ms can tell apart. */
const voiceAt = (index: number) => ({ frequenciesHz: [500 + 400 * index], peakDbfs: -16 });
const QUESTION = {
  prompt: [{ type: 'speech', text: 'Press 1 or 2.' }],
  gather: { patterns: ['1', '2'], timeoutMs: 20_000 },
};
/** What G.711 makes of the voices of others at the frequency of somebody who is not heard. */
const QUANTIZATION_DB = -40;
/** A telephone's clock is not the server's: now and then a tick has a splice. */
const NEARLY_ALL = 0.9;

interface Member {
  readonly peer: ConnectedPeer;
  readonly voice: { readonly name: string; readonly frequenciesHz: readonly number[]; readonly peakDbfs: number };
  readonly ear: TickEar;
}

describeWith(
  ['sipp', 'baresip', 'espeak-ng', 'curl'],
  'one of three telephones is asked to press 1 or 2',
  () => {
    const switchboard = switchboardHere();

    it('out of the mix, a digit, and back in it', { timeout: 120_000 }, () =>
      aheadOfOthers(async () => {
        const { peers, legPath } = await gather();
        const events = await switchboard().api.events('interaction.*');
        const begun = await curl<InteractionSeen>(`${legPath}/interactions`, ...json(QUESTION));
        expect(begun).toMatchObject({ status: 'active', prompt: { wording: 'Press 1 or 2.' } });
        const over = await curl<InteractionOver>(`${legPath}/interactions/${begun.id}?waitMs=20000`);
        expect(over).toMatchObject({ result: 'digits', digits: '1', attempts: 1, promptCompleted: true });
        await vi.waitFor(() =>
          expect(events.seen.map(({ type }) => type)).toEqual(['interaction.started', 'interaction.ended']),
        );
        events.close();
        // Long enough to hear that it is back.
        await new Promise((resolve) => setTimeout(resolve, 2_000));
        const members = await listenIn(peers);
        judge(members, over);
        expect(peers[0].tap.said.digits).toEqual([1]);
        for (const { tap } of peers) expect(tap.heard.digits, 'digits sent on').toEqual([]);
        await Promise.all(peers.map(({ program }) => program.stop()));
      }),
    );

    /** The one that will be asked comes last: it presses so long after it has come. */
    async function gather() {
      const others = [
        await switchboard().connect(startBaresip, { name: 'ben', room: 'ask', law: 'PCMU', voice: voiceAt(1) }),
        await switchboard().connect(startBaresip, { name: 'cleo', room: 'ask', law: 'PCMA', voice: voiceAt(2) }),
      ];
      const plan = { name: 'ada', room: 'ask', law: 'PCMU', voice: voiceAt(0) } as const;
      const asked = await switchboard().connect((line: PeerPlan) => startPressingSipp(line, ASKED), plan);
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      const call = (await switchboard().api.calls()).get('ask');
      const leg = (await switchboard().api.legs(call?.id ?? '')).find(({ number }) => number === 'ada');
      const legPath = `${switchboard().server.http}/v1/calls/${call?.id ?? ''}/legs/${leg?.id ?? ''}`;
      return { peers: [asked, ...others] as const, legPath };
    }

    async function listenIn(peers: readonly ConnectedPeer[]): Promise<Member[]> {
      const call = (await switchboard().api.calls()).get('ask');
      const legs = await switchboard().api.legs(call?.id ?? '');
      return peers.map((peer) => {
        const joinedTick = legs.find(({ number }) => number === peer.name)?.joinedAtTick ?? 0;
        return {
          peer,
          voice: { name: peer.name, ...peer.voice },
          ear: new TickEar(peer.tap.heard.samples, joinedTick),
        };
      });
    }
  },
  maySendRaw() ? [] : ['SIPp may not open raw sockets here'],
);

/** What each hears of the others before, during and after it, and what the asked one hears of the question. */
function judge(members: readonly Member[], over: InteractionOver): void {
  const [asked, ...others] = members as [Member, ...Member[]];
  const { startedAtTick: from, endedAtTick: until, promptEndedAtTick: silence = 0 } = over;
  const before = { from: from - 50, until: from - 1 };
  // From the tick after the first one to the one before the last: the edges themselves are within one tick.
  const meanwhile = { from: from + 1, until };
  const afterwards = { from: until + 1, until: until + 50 };
  for (const listener of members) {
    for (const talker of members) {
      if (talker === listener) continue;
      const { ear } = listener;
      const apart = listener === asked || talker === asked;
      const levels = [before, meanwhile, afterwards].map((span) => ear.spanLevelDb(talker.voice, span).toFixed(1));
      console.log(`${listener.voice.name} hears ${talker.voice.name}: ${levels.join(' dB, then ')} dB`);
      const who = `${talker.voice.name} as ${listener.voice.name} hears it`;
      expect(ear.share(talker.voice, before), `${who} before`).toBeGreaterThan(NEARLY_ALL);
      expect(ear.share(talker.voice, afterwards), `${who} afterwards`).toBeGreaterThan(NEARLY_ALL);
      if (!apart) expect(ear.share(talker.voice, meanwhile), `${who} meanwhile`).toBeGreaterThan(NEARLY_ALL);
      else expect(ear.spanLevelDb(talker.voice, meanwhile), `${who} meanwhile`).toBeLessThan(QUANTIZATION_DB);
      if (talker === asked) expect(ear.hearsNot(talker.voice, meanwhile), `${who} in any tick`).toBe(true);
    }
  }
  for (const other of others) expect(other.ear.spanLevelDb(other.voice, before)).toBeLessThan(QUANTIZATION_DB);
  const question = asked.ear.totalDbfs({ from: from + 1, until: silence });
  const waiting = asked.ear.totalDbfs({ from: silence + 1, until: until - 1 });
  console.log(`${asked.voice.name} hears the question at ${question.toFixed(1)} dBFS, then silence at ${waiting} dBFS`);
  expect(question).toBeGreaterThan(-40);
  expect(waiting).toBeLessThan(-70);
}
