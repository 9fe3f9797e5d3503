/**
 * Telephones that are asked by tones, as they come, whether they may be recorded: SIPp says yes, no, nothing, hangs up, presses
 * late, comes later, and takes it back. What is on record, and what is in the files that curl downloads.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { maySendRaw } from '../support/interop/capability.js';
import { curl, json } from '../support/interop/curl.js';
import type { PeerPlan } from '../support/interop/peer.js';
import { type Behaviour, startPressingSipp } from '../support/interop/pressing-sipp.js';
import { describeWith } from '../support/interop/programs.js';
import { type ConnectedPeer, switchboardHere } from '../support/interop/switchboard.js';
import type { ConsentSeen } from '../support/live/consent.js';
import { RecordedCall } from '../support/live/recorded-call.js';
import { aheadOfOthers } from '../support/real-time.js';

const TALK_MS = 14_000;
/** They stay on for a while; one does not. */
const [STAY_MS, QUIT_MS] = [TALK_MS + 20_000, 2_000];
const policy = {
  ask: 'onJoin',
  prompt: [{ type: 'tone', frequenciesHz: [2_500], levelDbov: -20, cadenceMs: [400] }],
  retries: 0,
  timeoutMs: 4_000,
  withdrawKey: '*9',
};
/** When keys are pressed: after the question and before its time is over, well after that, and later still. */
const [PROMPT_MS, LATE_MS, THEN_MS] = [2_000, 8_000, 9_000];

interface Caller extends Pick<Behaviour, 'presses'> {
  readonly name: string;
  readonly quits?: boolean;
}
/** As much of a recording as is looked at. */
interface FinishedSeen {
  readonly id: string;
  readonly status: string;
  readonly files: readonly { readonly name: string }[];
}
const callers: readonly Caller[] = [
  { name: 'yes', presses: [{ key: '1', atMs: PROMPT_MS }] },
  { name: 'no', presses: [{ key: '2', atMs: PROMPT_MS }] },
  { name: 'nothing', presses: [] },
  { name: 'quits', presses: [], quits: true },
  { name: 'late', presses: [{ key: '1', atMs: LATE_MS }] },
  {
    name: 'withdraws',
    presses: [
      { key: '1', atMs: PROMPT_MS },
      { key: '*', atMs: LATE_MS },
      { key: '9', atMs: THEN_MS },
    ],
  },
  { name: 'joins-later', presses: [{ key: '1', atMs: PROMPT_MS }] },
];

describeWith(
  ['sipp', 'curl'],
  'callers who are asked whether they may be recorded',
  () => {
    const switchboard = switchboardHere();

    it('each is on record with what it did, and only who said yes is in the files', { timeout: 120_000 }, () =>
      aheadOfOthers(async () => {
        const api = `${switchboard().server.http}/v1`;
        const { id } = await curl<{ id: string }>(`${api}/calls`, ...json({ name: 'ask', consent: policy }));
        const { id: recordingId } = await curl<{ id: string }>(`${api}/calls/${id}/recordings`, '--request', 'POST');
        const peers: ConnectedPeer[] = [];
        for (const [index, { name, presses, quits }] of callers.entries()) {
          const voice = { frequenciesHz: [400 + 300 * index], peakDbfs: -16 };
          const behaviour = { durationMs: TALK_MS, presses, hangsUpAfterMs: quits ? QUIT_MS : STAY_MS };
          const start = (plan: PeerPlan) => startPressingSipp(plan, behaviour);
          peers.push(await switchboard().connect(start, { name, room: 'ask', law: 'PCMU', voice }));
        }
        await vi.waitFor(
          async () => {
            const { ledger } = await curl<ConsentSeen>(`${api}/calls/${id}/consent`);
            expect(ledger.filter(({ type }) => type !== 'consent.asked')).toHaveLength(callers.length + 1);
          },
          { timeout: 30_000, interval: 200 },
        );
        const legs = await legIds(id);
        const { ledger } = await curl<ConsentSeen>(`${api}/calls/${id}/consent`);
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        const stop = `${api}/calls/${id}/recordings/${recordingId}/stop`;
        const finished = await curl<FinishedSeen>(stop, '--request', 'POST');
        expect(finished.status).toBe('completed');
        const story = (name: string) =>
          ledger
            .filter(({ legId }) => legId === legs.get(name))
            .map(({ type, cause, digits }) => [type, cause, digits]);
        const asked = ['consent.asked', undefined, undefined];
        const given = ['consent.given', 'answer', '1'];
        expect(Object.fromEntries(callers.map(({ name }) => [name, story(name)]))).toEqual({
          yes: [asked, given],
          no: [asked, ['consent.refused', 'answer', '2']],
          nothing: [asked, ['consent.refused', 'silence', '']],
          quits: [asked, ['consent.unanswered', 'hangup', '']],
          late: [asked, ['consent.refused', 'silence', '']],
          withdraws: [asked, given, ['consent.withdrawn', 'digit', undefined]],
          'joins-later': [asked, given],
        });
        const files = await download(api, finished);
        const entry = (name: string, type: string) =>
          ledger.find((one) => one.legId === legs.get(name) && one.type === type);
        for (const { name, voice } of peers) {
          const leg = { legId: legs.get(name) ?? '', voice };
          const from = entry(name, 'consent.given')?.effectTick ?? files.endTick;
          const until = entry(name, 'consent.withdrawn')?.effectTick ?? files.endTick;
          files.expectNothing(leg, { from: files.firstTick, until: from });
          if (until < files.endTick) files.expectNothing(leg, { from: until, until: files.endTick });
          if (from < until) files.expectAudio(leg, { from, until });
        }
        files.expectEqualLengths();
        await Promise.all(peers.map(({ program }) => program.stop()));
      }),
    );

    /** Ids of legs by the name of who called, those that are over included. */
    async function legIds(callId: string): Promise<Map<string, string>> {
      const live = await switchboard().api.legs(callId);
      const names = new Map(live.map(({ number, id }) => [number, id]));
      const { legs } = await curl<ConsentSeen>(`${switchboard().server.http}/v1/calls/${callId}/consent`);
      const gone = legs.find((leg) => !leg.live);
      return gone ? names.set('quits', gone.legId) : names;
    }

    /** By curl; ffmpeg is not needed to read WAV. */
    async function download(api: string, { id: recordingId, files }: FinishedSeen): Promise<RecordedCall> {
      const root = switchboard().folder('recordings');
      mkdirSync(join(root, recordingId));
      for (const { name } of files) {
        const words = ['--silent', '--fail', '--output', join(root, recordingId, name)];
        execFileSync('curl', [...words, `${api}/recordings/${recordingId}/files/${name}`]);
      }
      return new RecordedCall(root, recordingId);
    }
  },
  maySendRaw() ? [] : ['SIPp may not open raw sockets here'],
);
