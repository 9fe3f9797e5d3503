import { describe, expect, it } from 'vitest';
import type { PlaybackRequest } from '../../../src/call/playbacks/playback.js';
import { callRig } from '../../support/call-rig.js';
import { settle } from '../../support/fake-clock.js';
import { fakeClip } from '../../support/fake-prompts.js';
import { codeOf } from '../../support/interaction-room.js';

const announcement: PlaybackRequest = { prompt: [{ type: 'speech', text: 'The call ends in five minutes.' }] };
const missing: PlaybackRequest = { prompt: [{ type: 'file', name: 'missing' }] };

/** A call with two legs in the mix, and its playbacks. */
async function room() {
  const rig = await callRig();
  const invites = [await rig.join(), await rig.join()];
  const { playbacks } = rig.service;
  return {
    ...rig,
    invites,
    playbacks,
    mediaCall: rig.media.call('call_1'),
    play: (request = announcement) => playbacks.create('call_1', request),
    /** Starts, with the prompt to come. */
    begin: (request = announcement) => {
      rig.prompts.manual = true;
      const created = playbacks.create('call_1', request);
      created.catch(() => undefined);
      return created;
    },
    list: () => playbacks.list('call_1'),
    commands: () => rig.media.commands.filter((command) => /Playback|extend/.test(command)),
  };
}

describe('a playback', () => {
  it('goes from preparing by playing to ended, with the exact ticks', async () => {
    const { begin, list, mediaCall, prompts, playbacks, ...rig } = await room();
    const creating = begin();
    expect(list()).toMatchObject([{ status: 'preparing' }]);
    mediaCall.tick = 40;
    prompts.waiting[0]?.ready();
    const { id } = await creating;
    expect(playbacks.get('call_1', id)).toMatchObject({ status: 'playing', duckDb: -12, plays: 1, volumeDb: 0 });
    await settle();
    mediaCall.tick = 90;
    mediaCall.endPlayback(id, 'completed', 1_000);
    await settle();
    expect(playbacks.get('call_1', id)).toEqual({
      id,
      callId: 'call_1',
      status: 'ended',
      legIds: undefined,
      duckDb: -12,
      plays: 1,
      volumeDb: 0,
      end: 'completed',
      playedMs: 1_000,
      failure: undefined,
      prompt: {
        contentHash: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
        wording: 'The call ends in five minutes.',
      },
      startedAtTick: 40,
      endedAtTick: 90,
      createdAt: '2026-01-01T00:00:00.000Z',
      endedAt: '2026-01-01T00:00:00.000Z',
    });
    const [started, ended] = rig.events.slice(-2);
    expect(started).toMatchObject({ type: 'playback.started', tick: 40, legId: undefined, data: { playbackId: id } });
    expect(ended).toMatchObject({ type: 'playback.ended', tick: 90, data: { end: 'completed', playedMs: 1_000 } });
  });

  it('is for the whole call, or for some of its legs, as loud and as often as asked', async () => {
    const { play, mediaCall, playbacks, commands } = await room();
    const { id } = await play();
    expect(mediaCall.playbacks.get(id)).toMatchObject({
      legIds: undefined,
      duckDb: -12,
      programme: { programmeId: 1, plays: 1, gainDb: 0, complete: true },
    });
    const sound = { legIds: ['leg_2'], duckDb: 0, plays: 0, volumeDb: -20, startOffsetMs: 500 };
    const { id: music } = await play({ ...announcement, ...sound });
    expect(mediaCall.playbacks.get(music)).toMatchObject({
      legIds: ['leg_2'],
      duckDb: 0,
      programme: { programmeId: 2, plays: 0, gainDb: -20, startOffsetMs: 500 },
    });
    expect(playbacks.list('call_1').map((playback) => playback.id)).toEqual([music, id]);
    expect(commands()).toEqual([`startPlayback ${id} `, `startPlayback ${music} leg_2`]);
  });

  it('pauses and resumes; that is told once', async () => {
    const { play, playbacks, commands, ...rig } = await room();
    const { id } = await play();
    for (const paused of [true, true, false]) {
      expect(playbacks.pause('call_1', id, paused).status).toBe(paused ? 'paused' : 'playing');
    }
    expect(commands().slice(1)).toEqual([`pausePlayback true ${id}`, `pausePlayback false ${id}`]);
    expect(rig.of('playback.updated')).toMatchObject([{ paused: true }, { paused: false }]);
  });

  it('that is paused while it is being prepared begins paused', async () => {
    const { begin, list, playbacks, prompts, commands } = await room();
    const creating = begin();
    const id = list()[0]?.id ?? '';
    playbacks.pause('call_1', id, true);
    prompts.waiting[0]?.ready();
    expect(await creating).toMatchObject({ status: 'paused' });
    expect(commands()).toEqual([`startPlayback ${id} `, `pausePlayback true ${id}`]);
  });

  it('is stopped by the media plane; afterwards stopping and pausing mean nothing', async () => {
    const { play, playbacks, commands, ...rig } = await room();
    const { id } = await play();
    playbacks.stop('call_1', id);
    await settle();
    expect(rig.of('playback.ended')).toMatchObject([{ playbackId: id, end: 'stopped' }]);
    playbacks.stop('call_1', id);
    expect(playbacks.pause('call_1', id, true)).toMatchObject({ status: 'ended', end: 'stopped' });
    expect(commands()).toHaveLength(2);
  });

  it('that is stopped while it is being prepared never starts', async () => {
    const { begin, list, playbacks, prompts, commands } = await room();
    const creating = begin();
    playbacks.stop('call_1', list()[0]?.id ?? '');
    expect(await creating).toMatchObject({ status: 'ended', end: 'stopped', playedMs: 0, startedAtTick: undefined });
    expect(prompts.waiting[0]?.signal?.aborted).toBe(true);
    prompts.waiting[0]?.ready();
    await settle();
    expect(commands()).toEqual([]);
  });

  it('whose prompt cannot be had fails with its code', async () => {
    const { play, list, commands, ...rig } = await room();
    expect(await codeOf(play(missing))).toBe('promptNotFound');
    expect(list()).toMatchObject([{ status: 'failed', failure: { code: 'promptNotFound' } }]);
    expect(rig.of('playback.failed')).toMatchObject([{ code: 'promptNotFound' }]);
    expect(commands()).toEqual([]);
  });

  it('goes on with what its prompt brings later', async () => {
    const { begin, prompts, commands } = await room();
    const creating = begin();
    const prompt = prompts.waiting[0]?.ready(false);
    await creating;
    prompt?.more([fakeClip(), fakeClip()], true);
    expect(commands().at(-1)).toBe('extendProgramme 2 true 1');
  });
});

describe('what cannot be', () => {
  it('a playback in a call that is not there, or to legs that are not', async () => {
    const { play, playbacks, service, media } = await room();
    expect(await codeOf(playbacks.create('call_x', announcement))).toBe('callNotFound');
    expect(await codeOf(play({ ...announcement, legIds: ['leg_2', 'leg_x'] }))).toBe('legNotFound');
    media.manual = true;
    service.hangUpLeg('call_1', 'leg_2');
    expect(await codeOf(play({ ...announcement, legIds: ['leg_2'] }))).toBe('legEnded');
    service.endCall('call_1');
    expect(await codeOf(play())).toBe('callEnded');
    for (const touch of [
      () => playbacks.get('call_1', 'playback_x'),
      () => playbacks.pause('call_1', 'playback_x', true),
      () => playbacks.stop('call_1', 'playback_x'),
    ]) {
      expect(touch).toThrow('There is no such playback in this call.');
    }
  });

  it('more of them at a time than there may be', async () => {
    const { play, playbacks } = await room();
    const [first] = await Promise.all(Array.from({ length: 32 }, () => play()));
    expect(await codeOf(play())).toBe('capacityReached');
    playbacks.stop('call_1', first?.id ?? '');
    await settle();
    expect(await codeOf(play())).toBe('nothing');
  });
});

describe('the end of the call', () => {
  it('ends what plays before the call', async () => {
    const { play, service, mediaCall, ...rig } = await room();
    const { id } = await play();
    await settle();
    service.endCall('call_1');
    mediaCall.endPlayback(id, 'callEnded', 20);
    await settle();
    expect(rig.of('playback.ended')).toMatchObject([{ end: 'callEnded', playedMs: 20 }]);
    expect(rig.names().at(-1)).toBe('call.ended');
  });

  it('ends what is being prepared, and the record of the call stays closed', async () => {
    const { begin, prompts, service, commands, ...rig } = await room();
    const creating = begin();
    service.endCall('call_1');
    await settle();
    expect(await creating).toMatchObject({ status: 'ended', end: 'callEnded' });
    prompts.waiting[0]?.ready();
    await settle();
    expect(commands()).toEqual([]);
    expect(rig.names().at(-1)).toBe('call.ended');
  });

  it('by a media worker that crashed ends what plays', async () => {
    const { play, media, ...rig } = await room();
    await play();
    await settle();
    media.emit({ type: 'callFailed', callId: 'call_1', tick: 30, detail: 'crashed' });
    await settle();
    expect(rig.of('playback.ended')).toMatchObject([{ end: 'callEnded', playedMs: 0 }]);
  });
});
