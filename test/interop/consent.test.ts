/**
 * Telephones that are asked by tones, as they come, whether they may be recorded: SIPp says yes, no, nothing, hangs up, presses
 * late, comes later, and takes it back. What is on record, and what is in the files that curl downloads.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { maySendRaw } from '../support/interop/capability.js';
import { curl, json } from '../support/interop/curl.js';
import type { Peer, PeerPlan } from '../support/interop/peer.js';
import { describeWith } from '../support/interop/programs.js';
import { SippScript } from '../support/interop/sipp-script.js';
import { startSipp } from '../support/interop/sipp.js';
import { type ConnectedPeer, Switchboard } from '../support/interop/switchboard.js';
import { writeTalkingCapture } from '../support/interop/talking-capture.js';
import type { ConsentSeen } from '../support/live/consent.js';
import { RecordedCall } from '../support/live/recorded-call.js';
import { aheadOfOthers } from '../support/real-time.js';

const TALK_MS = 14_000;
const QUIT_MS = 2_000;
const policy = {
  ask: 'onJoin',
  prompt: [{ type: 'tone', frequenciesHz: [2_500], levelDbov: -20, cadenceMs: [400] }],
  retries: 0,
  timeoutMs: 4_000,
  withdrawKey: '*9',
};
/** When keys are pressed: after the question and before its time is over, well after that, and later still. */
const [PROMPT_MS, LATE_MS, THEN_MS] = [2_000, 8_000, 9_000];

interface Behaviour {
  readonly name: string;
  readonly presses: readonly { readonly key: string; readonly atMs: number }[];
  readonly quits?: boolean;
}
const behaviours: readonly Behaviour[] = [
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
    let switchboard: Switchboard;
    beforeAll(async () => {
      switchboard = await Switchboard.open();
    }, 90_000);
    afterAll(() => switchboard?.close());

    it('each is on record with what it did, and only who said yes is in the files', { timeout: 120_000 }, () =>
      aheadOfOthers(async () => {
        const api = `${switchboard.server.http}/v1`;
        const { id } = await curl<{ id: string }>(`${api}/calls`, ...json({ name: 'ask', consent: policy }));
        const { id: recordingId } = await curl<{ id: string }>(`${api}/calls/${id}/recordings`, '--request', 'POST');
        const peers: ConnectedPeer[] = [];
        for (const [index, { name }] of behaviours.entries()) {
          const voice = { frequenciesHz: [400 + 300 * index], peakDbfs: -16 };
          peers.push(await switchboard.connect(startBehaving, { name, room: 'ask', law: 'PCMU', voice }));
        }
        await vi.waitFor(
          async () => {
            const { ledger } = await curl<ConsentSeen>(`${api}/calls/${id}/consent`);
            expect(ledger.filter(({ type }) => type !== 'consent.asked')).toHaveLength(behaviours.length + 1);
          },
          { timeout: 30_000, interval: 200 },
        );
        const legs = await legIds(id);
        const { ledger } = await curl<ConsentSeen>(`${api}/calls/${id}/consent`);
        const stopped = `${api}/calls/${id}/recordings/${recordingId}/stop`;
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        await curl(stopped, '--request', 'POST');
        const story = (name: string) =>
          ledger
            .filter(({ legId }) => legId === legs.get(name))
            .map(({ type, cause, digits }) => [type, cause, digits]);
        const asked = ['consent.asked', undefined, undefined];
        const given = ['consent.given', 'answer', '1'];
        expect(Object.fromEntries(behaviours.map(({ name }) => [name, story(name)]))).toEqual({
          yes: [asked, given],
          no: [asked, ['consent.refused', 'answer', '2']],
          nothing: [asked, ['consent.refused', 'silence', '']],
          quits: [asked, ['consent.unanswered', 'hangup', '']],
          late: [asked, ['consent.refused', 'silence', '']],
          withdraws: [asked, given, ['consent.withdrawn', 'digit', undefined]],
          'joins-later': [asked, given],
        });
        const files = await download(api, recordingId);
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
      const live = await switchboard.api.legs(callId);
      const names = new Map(live.map(({ number, id }) => [number, id]));
      const { legs } = await curl<ConsentSeen>(`${switchboard.server.http}/v1/calls/${callId}/consent`);
      const gone = legs.find((leg) => !leg.live);
      return gone ? names.set('quits', gone.legId) : names;
    }

    /** By curl, once all is finished; ffmpeg is not needed to read WAV. */
    async function download(api: string, recordingId: string): Promise<RecordedCall> {
      const info = await vi.waitFor(async () => {
        const seen = await curl<{ status: string; files: { name: string }[] }>(`${api}/recordings/${recordingId}`);
        expect(seen.status).toBe('completed');
        return seen;
      });
      const root = switchboard.folder('recordings');
      mkdirSync(join(root, recordingId));
      for (const { name } of info.files) {
        const words = ['--silent', '--fail', '--output', join(root, recordingId, name)];
        execFileSync('curl', [...words, `${api}/recordings/${recordingId}/files/${name}`]);
      }
      return new RecordedCall(root, recordingId);
    }
  },
  maySendRaw() ? [] : ['SIPp may not open raw sockets here'],
);

async function startBehaving({ name, room, law, voice, tap, home }: PeerPlan): Promise<Peer> {
  const { presses = [], quits = false } = behaviours.find((one) => one.name === name) ?? {};
  const capture = `${home}/talk.pcap`;
  writeTalkingCapture(capture, { law, voice, durationMs: TALK_MS, presses });
  const script = new SippScript(name).invite({ formats: '0 101' }).allow(100).expect(200).ack().playCapture(capture);
  const program = startSipp({
    script: script
      .pause(quits ? QUIT_MS : TALK_MS + 20_000)
      .bye()
      .expect(200),
    server: tap.address,
    room,
    home,
  });
  return {
    program,
    goneAfterBye: async () => {
      await program.exited;
    },
  };
}
