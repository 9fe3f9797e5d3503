/**
 * Consent on a live server with a recording going on: what callers say, and what of them is in the files. Every edge is
 * looked up in the track, tick by tick.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, aroundAll, beforeAll, describe, expect, it } from 'vitest';
import { conversation, hears, hearsNot, packetsCome } from '../support/live/hearing.js';
import { LiveConsent } from '../support/live/consent.js';
import { LivePhone } from '../support/live/live-phone.js';
import { freePort, LiveServer, voiceOf } from '../support/live/live-server.js';
import { press } from '../support/live/press.js';
import { RecordedCall } from '../support/live/recorded-call.js';
import { RestClient } from '../support/live/rest-client.js';
import { soon } from '../support/live/soon.js';
import { aheadOfOthers } from '../support/real-time.js';

/** 200 ms, so that a scenario is short. */
const prompt = [{ type: 'tone', frequenciesHz: [2_500], levelDbov: -20, cadenceMs: [200] }];
const TIMEOUT_MS = 1_500;
const policy = { ask: 'onJoin', prompt, retries: 0, timeoutMs: TIMEOUT_MS };

let server: LiveServer;
let api: RestClient;
/** Whoever is dialled. */
let callee: LivePhone;
aroundAll((run) => aheadOfOthers(run));
beforeAll(async () => {
  const trunkPort = await freePort();
  const outbound = {
    proxy: `sip:127.0.0.1:${trunkPort}`,
    fromUri: 'sip:conference@127.0.0.1',
    allowDestinations: ['49*'],
  };
  const trunks = [{ name: 'outside', allow: ['192.0.2.0/24'], outbound }];
  server = await LiveServer.open('embedded', { recordings: { minFreeMb: 1 }, trunks });
  callee = await LivePhone.open(server.sip, { voice: voiceOf(5), sipPort: trunkPort });
  api = new RestClient(server.http);
});
afterEach(() => server.hangUpAll());
afterAll(async () => {
  await server.stop();
  await callee.close();
  expect(server.log).toEqual([]);
});

const open = (room: string, change: object = {}) =>
  LiveConsent.open(server, api, room, { consent: { ...policy, ...change } });

describe('callers who are asked when they come, while the call is recorded', () => {
  it('yes, no, nothing, hanging up, pressing late: each is on record, and only the first is in the files', async () => {
    const call = await open('asked');
    const recording = await call.record();
    const [yes, no] = [await call.says(0, '1'), await call.says(1, '2')];
    const [silent, late] = [await call.comes(2), await call.comes(3)];
    const quitter = await call.comes(4);
    await call.happened('consent.asked', quitter);
    await quitter.phone.hangUp();
    await call.happened('consent.refused', late);
    press(late.phone, '1');
    await call.happened('consent.given', yes);
    await call.happened('consent.unanswered', quitter);
    await conversation([yes, no, silent, late].map(({ phone }) => phone));
    await packetsCome(yes.phone, 25);
    const files = await call.finish(recording);

    expect(await call.answer(yes)).toMatchObject({ type: 'consent.given', cause: 'answer', digits: '1' });
    expect(await call.answer(no)).toMatchObject({ type: 'consent.refused', cause: 'answer', digits: '2' });
    expect(await call.answer(silent)).toMatchObject({ type: 'consent.refused', cause: 'silence', digits: '' });
    expect(await call.answer(late)).toMatchObject({ type: 'consent.refused', cause: 'silence', digits: '' });
    expect(await call.answer(quitter)).toMatchObject({ type: 'consent.unanswered', cause: 'hangup' });
    const { legs } = await call.view();
    const stateOf = ({ legId }: { legId: string }) => legs.find((leg) => leg.legId === legId);
    expect([yes, no, silent, late].map((leg) => stateOf(leg)?.state)).toEqual([
      'given',
      'refused',
      'refused',
      'refused',
    ]);
    expect(stateOf(quitter)).toMatchObject({ state: 'notAsked', live: false });

    const { effectTick = 0, answeredTick = 0 } = await call.answer(yes);
    expect(effectTick).toBeGreaterThanOrEqual(answeredTick);
    files.expectAudio(yes, { from: effectTick, until: files.endTick });
    files.expectNothing(yes, { from: files.firstTick, until: effectTick });
    for (const leg of [no, silent, late, quitter])
      files.expectNothing(leg, { from: files.firstTick, until: files.endTick });
    files.expectEqualLengths();
  });

  it('who says nothing hears its question, and the others neither hear it nor are heard by it meanwhile', async () => {
    const call = await open('isolated', { timeoutMs: 60_000 });
    const first = await call.says(0, '1');
    await call.happened('consent.given', first);
    const second = await call.comes(1);
    await call.happened('consent.asked', second);
    await hearsNot(first.phone, second.phone);
    await hearsNot(second.phone, first.phone);
    press(second.phone, '2');
    await call.happened('consent.refused', second);
    await conversation([first.phone, second.phone]);
  });

  it('stays out, or is hung up, where the policy says so', async () => {
    const call = await open('strict', { onRefusal: 'hangUp', onSilence: 'stayIsolated' });
    const stays = await call.comes(0);
    const [goes, is] = [await call.says(1, '2'), await call.says(2, '1')];
    await goes.phone.hungUp();
    await call.happened('consent.given', is);
    await call.happened('consent.refused', stays);
    await hearsNot(is.phone, stays.phone);
    await hearsNot(stays.phone, is.phone);
    expect((await api.legs('strict')).map(({ consent, isolated }) => [consent, isolated])).toEqual([
      ['refused', true],
      ['given', false],
    ]);
    await call.tell(stays, { action: 'give', note: 'asked by the operator' });
    await conversation([is.phone, stays.phone]);
  });
});

describe('a recording', () => {
  it('begins at once and asks; whoever comes later is asked, too', async () => {
    const call = await open('before', { ask: 'beforeRecording', timeoutMs: 30_000 });
    const first = await call.comes(0);
    const second = await call.comes(1);
    await conversation([first.phone, second.phone]);
    const recording = await call.record();
    for (const leg of [first, second]) await call.happened('consent.asked', leg);
    press(first.phone, '1');
    press(second.phone, '2');
    await call.happened('consent.refused', second);
    const late = await call.says(2, '1');
    await call.happened('consent.given', late);
    await conversation([first.phone, second.phone, late.phone]);
    await packetsCome(first.phone, 20);
    const files = await call.finish(recording);
    for (const leg of [first, late]) {
      const { effectTick = 0 } = await call.answer(leg);
      files.expectNothing(leg, { from: files.firstTick, until: effectTick });
      files.expectAudio(leg, { from: effectTick, until: files.endTick });
    }
    files.expectNothing(second, { from: files.firstTick, until: files.endTick });
    files.expectEqualLengths();
  });

  it('also asks who is dialled in while there is one', async () => {
    const call = await open('dialled', { ask: 'beforeRecording', timeoutMs: 30_000 });
    const first = await call.comes(0);
    const recording = await call.record();
    await call.happened('consent.asked', first);
    press(first.phone, '1');
    await server.dial(api, call.id, { to: '4930123' });
    await callee.answer();
    server.clock.add(callee);
    const dialled = await call.joined(callee, first);
    await call.happened('consent.asked', dialled);
    press(callee, '1');
    await call.happened('consent.given', dialled);
    await conversation([first.phone, callee]);
    await packetsCome(callee, 25);
    const files = await call.finish(recording);
    const { effectTick = 0 } = await call.answer(dialled);
    files.expectNothing(dialled, { from: files.firstTick, until: effectTick });
    files.expectAudio(dialled, { from: effectTick, until: files.endTick });
    await callee.hangUp();
  });

  it('that the policy wants holds the call from its first leg to its last, finished when the call ends', async () => {
    const call = await LiveConsent.open(server, api, 'by-policy', { record: true });
    const phones = [await call.comes(0), await call.comes(1)] as const;
    await conversation(phones.map(({ phone }) => phone));
    await packetsCome(phones[0].phone, 25);
    const { data } = await call.first('recording.started');
    for (const { phone } of phones) await phone.hangUp();
    await call.first('recording.completed');
    await call.first('call.ended');
    const files = call.read(String(data.recordingId));
    for (const leg of phones) {
      const joined = call.tickOf('leg.joined', leg);
      // It is begun when the telephone rings; a disk takes its time.
      expect(files.firstTick).toBeLessThan(joined + 25);
      files.expectAudio(leg, { from: Math.max(files.firstTick, joined + 5), until: call.tickOf('leg.left', leg) - 1 });
    }
    files.expectEqualLengths();
  });
});

describe('a withdrawal', () => {
  it('by digits cuts at the tick that is told: audio until then, not one sample after it', async () => {
    const call = await open('withdrawn', { withdrawKey: '*9' });
    const recording = await call.record();
    const [one, other] = [await call.says(0, '1'), await call.says(1, '1')];
    for (const leg of [one, other]) await call.happened('consent.given', leg);
    await conversation([one.phone, other.phone]);
    await packetsCome(one.phone, 20);
    press(one.phone, '*');
    press(one.phone, '9');
    const { data } = await call.happened('consent.withdrawn', one);
    expect(data.cause).toBe('digit');
    await hears(other.phone, one.phone);
    await packetsCome(one.phone, 25);
    const files = await call.finish(recording);
    const effectTick = Number(data.effectTick);
    const given = Number((await call.answer(one, 'consent.given')).effectTick);
    files.expectAudio(one, { from: given, until: effectTick });
    files.expectNothing(one, { from: effectTick, until: files.endTick });
    files.expectAudio(other, { from: Number((await call.answer(other)).effectTick), until: files.endTick });
    files.expectEqualLengths();
  });

  it('by the API may purge what was recorded before, and stays so', async () => {
    const call = await open('purged');
    const recording = await call.record();
    const [one, other] = [await call.says(0, '1'), await call.says(1, '1')];
    for (const leg of [one, other]) await call.happened('consent.given', leg);
    await conversation([one.phone, other.phone]);
    await packetsCome(one.phone, 25);
    const view = await call.tell(one, { action: 'withdraw', note: 'by telephone', purge: true });
    expect(view.ledger.slice(-2)).toMatchObject([
      { type: 'consent.withdrawn', cause: 'api', note: 'by telephone' },
      { type: 'consent.purged', recordingIds: [recording], failedRecordingIds: [] },
    ]);
    await packetsCome(one.phone, 25);
    const files = await call.finish(recording);
    files.expectNothing(one, { from: files.firstTick, until: files.endTick });
    files.expectAudio(other, { from: Number((await call.answer(other)).effectTick), until: files.endTick });
    files.expectEqualLengths();
  });
});

it('everything is on the call’s record, line by line, when the call is over', async () => {
  const call = await open('record');
  const leg = await call.says(0, '1');
  await call.happened('consent.given', leg);
  await leg.phone.hangUp();
  await call.first('call.ended');
  const path = join(server.dataDir, 'records', `${call.id}.jsonl`);
  const facts = await soon(() => {
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    expect(lines.at(-1)).toContain('call.ended');
    return lines.map((line) => JSON.parse(line) as { type: string; tick: number; data: Record<string, unknown> });
  });
  expect(facts.map(({ type }) => type)).toEqual([
    ...['call.started', 'leg.joined', 'consent.asked', 'consent.given', 'leg.left', 'call.ended'],
  ]);
  const told = call.events.find(({ type }) => type === 'consent.given');
  expect(facts[3]?.tick).toBe(told?.data.tick);
  expect(facts[3]?.data).toMatchObject({ digits: '1', cause: 'answer', effectTick: told?.data.effectTick });
});

it('a server that is told to stop finishes what it records', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'mixminus-stopped-'));
  const stopped = await LiveServer.open('embedded', { dataDir, recordings: { minFreeMb: 1 } });
  const call = await LiveConsent.open(stopped, new RestClient(stopped.http), 'stopped', { record: true });
  const leg = await call.comes(0);
  const { data } = await call.first('recording.started');
  await packetsCome(leg.phone, 40);
  await stopped.stop();
  expect(stopped.log).toEqual([]);
  const files = new RecordedCall(join(dataDir, 'recordings'), String(data.recordingId));
  expect(files.status).toBe('completed');
  files.expectAudio(leg, {
    from: Math.max(files.firstTick, call.tickOf('leg.joined', leg) + 5),
    until: files.firstTick + 30,
  });
  files.expectEqualLengths();
  rmSync(dataDir, { recursive: true });
});
