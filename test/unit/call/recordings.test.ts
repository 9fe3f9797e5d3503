import { describe, expect, it } from 'vitest';
import { CodedError } from '../../../src/errors.js';
import { callRig } from '../../support/call-rig.js';
import { settle } from '../../support/fake-clock.js';
import { codeOf } from '../../support/interaction-room.js';

async function room(policy: { record?: boolean; endWhenEmpty?: boolean } = {}) {
  const rig = await callRig();
  const { id: callId } = rig.service.createCall({ name: 'room', endWhenEmpty: false, ...policy });
  return { ...rig, callId, mediaCall: rig.media.call(callId), recordings: rig.service.recordings };
}

const tapCommands = (commands: readonly string[]) => commands.filter((command) => command.includes('Tap'));

describe('a recording', () => {
  it('starts at the tick the media plane says, and ends the same way', async () => {
    const { recordings, callId, mediaCall, recorder, ...rig } = await room();
    mediaCall.tick = 40;
    const { id, status } = await recordings.start(callId);
    expect(status).toBe('recording');
    expect(recorder.orders).toMatchObject([{ recordingId: id, callId, callName: 'room' }]);
    expect(mediaCall.taps.get(id)).toBe(recorder.orders[0]?.ring);
    mediaCall.tick = 90;
    await recordings.stop(callId, id);
    expect(mediaCall.taps.size).toBe(0);
    expect(rig.names()).not.toContain('recording.completed');
    const files = [{ name: 'leg_2.wav', legId: 'leg_2', bytes: 96_044 }];
    recorder.end(id, { firstTick: 40, endTick: 90, files });
    expect(rig.events.filter(({ type }) => type.startsWith('recording.'))).toMatchObject([
      { type: 'recording.started', tick: 40, data: { recordingId: id, firstTick: 40 } },
      { type: 'recording.stopped', tick: 90, data: { recordingId: id, endTick: 90 } },
      { type: 'recording.completed', data: { recordingId: id, firstTick: 40, endTick: 90, droppedTicks: 0, files } },
    ]);
    expect(await recordings.get(id)).toMatchObject({ status: 'completed', files });
    expect([recordings.active, [...recordings.totals]]).toEqual([
      0,
      [
        ['started', 1],
        ['stopped', 1],
        ['completed', 1],
      ],
    ]);
  });

  it('is told who is in, comes, goes and agrees', async () => {
    const { recordings, callId, recorder, join, service } = await room();
    await join({ to: 'room', from: 'alice' });
    const { id } = await recordings.start(callId);
    const bob = await join({ to: 'room', from: 'bob' });
    const [, bobLeg] = await service.listLegs(callId);
    await service.consent.withdraw(callId, bobLeg?.id ?? '', { note: undefined, purge: undefined });
    bob.dialog?.hangUp();
    await settle();
    expect(recorder.notes.map(({ recordingId, type, data }) => [recordingId, type, data.number])).toEqual([
      [id, 'leg.present', 'alice'],
      [id, 'leg.joined', 'bob'],
      [id, 'consent.withdrawn', undefined],
      [id, 'leg.left', 'bob'],
    ]);
    await recordings.stop(callId, id);
  });

  it('may go on beside others, up to four of a call', async () => {
    const { recordings, callId } = await room();
    const four = await Promise.all([1, 2, 3, 4].map(() => recordings.start(callId)));
    expect(new Set(four.map(({ id }) => id)).size).toBe(4);
    expect(await codeOf(recordings.start(callId))).toBe('capacityReached');
    await recordings.stop(callId, four[0]?.id ?? '');
    expect(await codeOf(recordings.start(callId))).toBe('capacityReached');
  });

  it('counts as going on until its files are finished', async () => {
    const { recordings, callId, recorder } = await room();
    const four = await Promise.all([1, 2, 3, 4].map(() => recordings.start(callId)));
    recorder.end(four[0]?.id ?? '');
    expect(await codeOf(recordings.start(callId))).toBe('nothing');
  });

  it('is stopped once, however often that is asked', async () => {
    const { recordings, callId, recorder, media, of } = await room();
    const { id } = await recordings.start(callId);
    await Promise.all([recordings.stop(callId, id), recordings.stop(callId, id)]);
    recorder.end(id);
    expect(await recordings.stop(callId, id)).toMatchObject({ status: 'completed' });
    expect(tapCommands(media.commands)).toEqual([`openTap ${id}`, `closeTap ${id}`]);
    expect(of('recording.stopped')).toHaveLength(1);
  });

  it('is not stopped by way of another call', async () => {
    const { recordings, callId, service } = await room();
    const { id } = await recordings.start(callId);
    const other = service.createCall({ name: 'other' });
    expect(await codeOf(recordings.stop(other.id, id))).toBe('recordingNotFound');
    expect(await recordings.get(id)).toMatchObject({ status: 'recording' });
    expect(await codeOf(recordings.stop(callId, 'recording_x'))).toBe('recordingNotFound');
    expect(await codeOf(recordings.start('call_x'))).toBe('callNotFound');
  });
});

it('who stops one may wait for its files, but not for ever', async () => {
  const { recordings, callId, recorder, clock } = await room();
  const [one, other] = [await recordings.start(callId), await recordings.start(callId)];
  const stopping = recordings.stop(callId, one.id, 3_000);
  await settle();
  recorder.end(one.id);
  expect(await stopping).toMatchObject({ status: 'completed' });
  const late = recordings.stop(callId, other.id, 3_000);
  await clock.advance(3_000);
  expect(await late).toMatchObject({ status: 'stopping' });
});

describe('the end of a call', () => {
  it('ends its recordings, and waits for their files', async () => {
    const { recordings, callId, recorder, service, media, names } = await room();
    const { id } = await recordings.start(callId);
    service.endCall(callId);
    await settle();
    expect(tapCommands(media.commands)).toEqual([`openTap ${id}`, `closeTap ${id}`]);
    expect(service.counters().calls).toBe(1);
    expect(media.calls.has(callId)).toBe(true);
    recorder.end(id);
    await settle();
    expect(service.counters().calls).toBe(0);
    expect(names().slice(-3)).toEqual(['recording.stopped', 'recording.completed', 'call.ended']);
  });

  it('does not wait for ever', async () => {
    const { recordings, callId, recorder, service, clock, names } = await room();
    const { id } = await recordings.start(callId);
    service.endCall(callId);
    await clock.advance(5_000);
    expect(service.counters().calls).toBe(0);
    recorder.end(id);
    expect(names().slice(-2)).toEqual(['call.ended', 'recording.completed']);
  });

  it('while a recording begins lets it begin no more', async () => {
    const { recordings, callId, recorder, service, media } = await room();
    recorder.whileBeginning = async () => {
      service.endCall(callId);
      await settle();
    };
    expect(await codeOf(recordings.start(callId))).toBe('callEnded');
    await settle();
    expect(tapCommands(media.commands)).toEqual([]);
    expect(recorder.abandoned).toHaveLength(1);
    expect([service.counters().calls, recordings.active]).toEqual([0, 0]);
  });

  it('while a tap is being opened closes it again', async () => {
    const { recordings, callId, recorder, service, media } = await room();
    media.manual = true;
    const starting = recordings.start(callId);
    await settle();
    service.endCall(callId);
    await settle();
    media.manual = false;
    for (const step of media.steps.splice(0)) step();
    await starting;
    await settle();
    expect(tapCommands(media.commands)).toEqual([
      expect.stringMatching(/^openTap/),
      expect.stringMatching(/^closeTap/),
    ]);
    recorder.end([...recorder.infos.keys()][0] ?? '');
    await settle();
    expect(service.counters().calls).toBe(0);
  });

  it('a drain takes the recordings with it', async () => {
    const { recordings, callId, recorder, service } = await room();
    const { id } = await recordings.start(callId);
    service.beginDrain();
    await settle();
    recorder.end(id);
    await settle();
    expect(service.counters().calls).toBe(0);
    expect(await recordings.get(id)).toMatchObject({ status: 'completed' });
  });
});

describe('what goes wrong', () => {
  it('no room on the disk: a coded error, an event, the call unharmed', async () => {
    const { recordings, callId, recorder, of, service, media } = await room();
    recorder.failBegin = new CodedError('recordingFailed', 'The disk is full.');
    expect(await codeOf(recordings.start(callId))).toBe('recordingFailed');
    expect(of('recording.failed')).toMatchObject([{ failure: 'The disk is full.', files: [] }]);
    expect(tapCommands(media.commands)).toEqual([]);
    expect(service.getCall(callId).status).toBe('open');
  });

  it('the disk fails in the middle: the tap is closed, what there is stays', async () => {
    const { recordings, callId, recorder, of, media } = await room();
    const { id } = await recordings.start(callId);
    recorder.end(id, { status: 'failed', failure: 'ENOSPC', files: [{ name: 'a.wav', legId: 'a', bytes: 9 }] });
    await settle();
    expect(tapCommands(media.commands)).toEqual([`openTap ${id}`, `closeTap ${id}`]);
    expect(of('recording.failed')).toMatchObject([{ recordingId: id, failure: 'ENOSPC', files: [{ bytes: 9 }] }]);
    expect(recordings.active).toBe(0);
  });

  it('the media worker crashes: the recording is given up, and what it holds kept', async () => {
    const { recordings, callId, recorder, media, of } = await room();
    const { id } = await recordings.start(callId);
    media.emit({ type: 'callFailed', callId, tick: 50, detail: 'crash' });
    await settle();
    expect(recorder.abandoned).toMatchObject([{ recordingId: id }]);
    expect(of('recording.failed')).toHaveLength(1);
  });

  it('the media plane does not close the tap: given up after two seconds', async () => {
    const { recordings, callId, recorder, mediaCall, clock } = await room();
    const { id } = await recordings.start(callId);
    mediaCall.stuck = true;
    const stopping = recordings.stop(callId, id);
    await clock.advance(2_000);
    await stopping;
    expect(recorder.abandoned).toMatchObject([{ recordingId: id }]);
    expect(await recordings.get(id)).toMatchObject({ status: 'failed' });
  });

  it('the recorder fails while the tap is being opened: the tap is closed', async () => {
    const { recordings, callId, recorder, media } = await room();
    media.manual = true;
    const starting = codeOf(recordings.start(callId));
    await settle();
    const [id = ''] = recorder.infos.keys();
    recorder.end(id, { status: 'failed', failure: 'EIO' });
    media.manual = false;
    for (const step of media.steps.splice(0)) step();
    expect(await starting).toBe('recordingFailed');
    expect(tapCommands(media.commands)).toEqual([`openTap ${id}`, `closeTap ${id}`]);
  });
});

describe('a call to be recorded by policy', () => {
  it('is recorded from its first leg on, before that leg is in', async () => {
    const { recorder, join, names, callId } = await room({ record: true });
    await settle();
    expect(recorder.orders).toEqual([]);
    await join({ to: 'room' });
    await join({ to: 'room' });
    expect(recorder.orders).toMatchObject([{ callId }]);
    expect(names().indexOf('recording.started')).toBeLessThan(names().indexOf('leg.joined'));
  });

  it('begins when the policy says so later, and once', async () => {
    const { recorder, join, service, callId } = await room();
    await join({ to: 'room' });
    service.updateCall(callId, { record: true });
    service.updateCall(callId, { locked: true });
    await settle();
    expect(recorder.orders).toHaveLength(1);
  });

  it('goes on without a recording when there can be none', async () => {
    const { recorder, join, faults, of, callId, service } = await room({ record: true });
    recorder.failBegin = new CodedError('recordingFailed', 'The disk is full.');
    await join({ to: 'room' });
    expect(of('recording.failed')).toHaveLength(1);
    expect((await service.listLegs(callId)).map(({ status }) => status)).toEqual(['in-progress']);
    // Told once, in the log of the operator.
    expect(faults).toEqual([expect.stringContaining('A recording failed.')]);
  });
});

it('recordings are listed newest first, page by page, of one call or all', async () => {
  const { recordings, callId, service } = await room();
  const other = service.createCall({ name: 'other' });
  const ids: string[] = [];
  for (const call of [callId, callId, other.id]) ids.unshift((await recordings.start(call)).id);
  const all = { callId: undefined, after: undefined, limit: 2 };
  const first = await recordings.list(all);
  expect(first.items.map(({ id }) => id)).toEqual(ids.slice(0, 2));
  const second = await recordings.list({ ...all, after: first.next });
  expect([second.items.map(({ id }) => id), second.next]).toEqual([ids.slice(2), undefined]);
  expect((await recordings.list({ ...all, callId, limit: 10 })).items.map(({ id }) => id)).toEqual(ids.slice(1));
});
