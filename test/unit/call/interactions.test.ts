import { describe, expect, it } from 'vitest';
import { callRig } from '../../support/call-rig.js';
import { settle } from '../../support/fake-clock.js';
import { codeOf, ended, interactionRoom, leg, missing, question, speech } from '../../support/interaction-room.js';

describe('an interaction', () => {
  it('goes from preparing by active to ended, and its record says all there is to say', async () => {
    const { begin, list, mediaCall, prompts, service, ...rig } = await interactionRoom();
    const starting = begin();
    await settle();
    expect(list()).toMatchObject([{ status: 'preparing', legId: leg, prompt: undefined, startedAt: undefined }]);
    expect(mediaCall.interactions.size).toBe(0);
    mediaCall.tick = 50;
    prompts.waiting[0]?.ready();
    const { id } = await starting;
    expect(list()).toMatchObject([{ id, status: 'active', prompt: { wording: 'Press 1 or 2.' } }]);
    await rig.clock.advance(1_000);
    mediaCall.tick = 150;
    mediaCall.endInteraction(leg, {
      result: 'digits',
      digits: '2',
      playedMs: 800,
      promptCompleted: true,
      promptEndedTick: 90,
    });
    await settle();
    const view = await service.interactions.get('call_1', leg, id);
    expect(view).toEqual({
      id,
      callId: 'call_1',
      legId: leg,
      status: 'ended',
      result: 'digits',
      digits: '2',
      cancelledBy: undefined,
      failure: undefined,
      attempts: 1,
      playedMs: 800,
      promptCompleted: true,
      prompt: { contentHash: expect.stringMatching(/^[0-9a-f]{64}$/) as string, wording: 'Press 1 or 2.' },
      startedAtTick: 50,
      promptEndedAtTick: 90,
      endedAtTick: 150,
      createdAt: '2026-01-01T00:00:00.000Z',
      startedAt: '2026-01-01T00:00:00.000Z',
      endedAt: '2026-01-01T00:00:01.000Z',
    });
  });

  it('is told by events with the exact ticks', async () => {
    const { ask, mediaCall, ...rig } = await interactionRoom();
    mediaCall.tick = 50;
    const { id } = await ask();
    await settle();
    mediaCall.tick = 90;
    mediaCall.endInteraction(leg, { result: 'timeout', startedTick: 50, endedTick: 90 });
    await settle();
    const [started, over] = rig.events.slice(-2);
    expect(started).toMatchObject({ type: 'interaction.started', legId: leg, tick: 50, data: { interactionId: id } });
    expect(over).toMatchObject({
      type: 'interaction.ended',
      legId: leg,
      tick: 90,
      data: { interactionId: id, result: 'timeout', digits: '', startedTick: 50, endedTick: 90 },
    });
    expect(over?.data).toHaveProperty('contentHash', (started?.data as { contentHash: string }).contentHash);
  });

  it('gives the media plane its prompts, sound and rules', async () => {
    const { ask, mediaCall } = await interactionRoom();
    await ask({
      prompt: speech('Your number?'),
      noInputPrompt: speech('Nothing?'),
      invalidPrompt: speech('That is none.'),
      music: [{ type: 'file', name: 'music.wav' }],
      volumeDb: -6,
      startOffsetMs: 100,
      plays: 2,
      gather: { minDigits: 4, timeoutMs: 1_001, interDigitTimeoutMs: 40, bargeIn: false, retries: 2 },
    });
    const clips = [{ length: 4_800 }];
    const sound = { clips, gainDb: -6, complete: true, crossfadeMs: 0 };
    expect(mediaCall.interactions.get(leg)).toMatchObject({
      prompt: { ...sound, programmeId: 1, plays: 2, startOffsetMs: 100 },
      noInputPrompt: { ...sound, programmeId: 2, plays: 1, startOffsetMs: 0 },
      invalidPrompt: { ...sound, programmeId: 3, plays: 1, startOffsetMs: 0 },
      music: { ...sound, programmeId: 4, plays: 0, startOffsetMs: 0 },
      gather: {
        patterns: [],
        minDigits: 4,
        maxDigits: 4,
        finishOnKey: '#',
        timeoutTicks: 51,
        interDigitTimeoutTicks: 2,
        bargeIn: false,
        retries: 2,
      },
    });
    await ask();
    expect(mediaCall.interactions.get(leg)?.prompt.programmeId).toBe(5);
  });

  it('is refused for a leg that is not there, not in the media yet, or over', async () => {
    const rig = await callRig();
    const ask = (legId: string) => rig.service.interactions.start('call_1', legId, question);
    expect(await codeOf(ask(leg))).toBe('callNotFound');
    rig.media.manual = true;
    await rig.invite();
    expect(await codeOf(ask('leg_x'))).toBe('legNotFound');
    expect(await codeOf(ask(leg))).toBe('legNotConnected');
    rig.service.hangUpLeg('call_1', leg);
    expect(await codeOf(ask(leg))).toBe('legEnded');
  });

  it('with rules that cannot be met is refused before anything is prepared', async () => {
    const { ask, prompts } = await interactionRoom();
    expect(await codeOf(ask({ ...question, gather: { minDigits: 3, maxDigits: 2 } }))).toBe('invalidRequest');
    expect(prompts.asked).toEqual([]);
  });
});

describe('a prompt that cannot be had', () => {
  it('fails the interaction with its code, and the leg stays in the mix', async () => {
    const { ask, list, started, ...rig } = await interactionRoom();
    expect(await codeOf(ask(missing))).toBe('promptNotFound');
    expect(list()).toMatchObject([
      { status: 'failed', failure: { code: 'promptNotFound' }, result: undefined, attempts: undefined },
    ]);
    expect(rig.of('interaction.failed')).toMatchObject([{ code: 'promptNotFound' }]);
    expect([ended(rig), started()]).toEqual([[], []]);
  });

  it('fails the interaction whichever of its prompts it is', async () => {
    const { ask, started } = await interactionRoom();
    expect(await codeOf(ask({ ...question, music: missing.prompt }))).toBe('promptNotFound');
    expect(started()).toEqual([]);
  });

  it('leaves the interaction going on as it is', async () => {
    const { ask, list, mediaCall } = await interactionRoom();
    const { id } = await ask();
    expect(await codeOf(ask(missing))).toBe('promptNotFound');
    expect(mediaCall.interactions.get(leg)?.interactionId).toBe(id);
    expect(list().map(({ status }) => status)).toEqual(['failed', 'active']);
  });

  it('is a fault in the log when it is no coded error', async () => {
    const { begin, prompts, faults } = await interactionRoom();
    const starting = begin();
    prompts.waiting[0]?.fail(new Error('broken inside'));
    expect(await codeOf(starting)).toBe('internal');
    expect(faults.join()).toContain('A prompt could not be prepared.');
  });
});

describe('a newer interaction of the same leg', () => {
  it('takes over from the one going on at the tick it starts', async () => {
    const { begin, ask, list, mediaCall, prompts, ...rig } = await interactionRoom();
    const first = await ask();
    const second = begin();
    await settle();
    expect(list().map(({ status }) => status)).toEqual(['preparing', 'active']);
    mediaCall.tick = 70;
    prompts.waiting[0]?.ready();
    await second;
    await settle();
    expect(list()).toMatchObject([
      { status: 'active', startedAtTick: 70 },
      { id: first.id, status: 'ended', result: 'cancelled', cancelledBy: 'replaced', endedAtTick: 70 },
    ]);
    expect(ended(rig)).toMatchObject([{ interactionId: first.id, cancelledBy: 'replaced' }]);
  });

  it('cancels one that is still being prepared, which never starts', async () => {
    const { begin, list, prompts, started, ...rig } = await interactionRoom();
    const first = begin();
    const second = begin();
    expect((await first).status).toBe('ended');
    expect(prompts.waiting[0]?.signal?.aborted).toBe(true);
    prompts.waiting[0]?.ready();
    prompts.waiting[1]?.ready();
    const { id } = await second;
    await settle();
    expect(started()).toEqual([`startInteraction ${id} ${leg}`]);
    expect(list()).toMatchObject([
      { status: 'active' },
      {
        status: 'ended',
        result: 'cancelled',
        cancelledBy: 'replaced',
        attempts: 0,
        playedMs: 0,
        startedAtTick: undefined,
        endedAtTick: undefined,
      },
    ]);
    expect(rig.of('interaction.started')).toHaveLength(1);
    expect(ended(rig)).toMatchObject([{ attempts: 0, cancelledBy: 'replaced' }]);
  });

  it('of another leg changes nothing', async () => {
    const { ask, join, list, service, mediaCall } = await interactionRoom();
    await ask();
    await join();
    await service.interactions.start('call_1', 'leg_4', question);
    expect(list()).toMatchObject([{ status: 'active' }]);
    expect(mediaCall.interactions.size).toBe(2);
  });
});

describe('cancelling', () => {
  it('while the prompt is being prepared ends it at once, and nothing is made any more', async () => {
    const { begin, list, prompts, service, started } = await interactionRoom();
    const starting = begin();
    const id = list()[0]?.id ?? '';
    service.interactions.cancel('call_1', leg, id);
    expect(await starting).toMatchObject({ status: 'ended', result: 'cancelled', cancelledBy: 'api' });
    expect(prompts.waiting[0]?.signal?.aborted).toBe(true);
    prompts.waiting[0]?.ready();
    await settle();
    expect(started()).toEqual([]);
  });

  it('while active ends it by the media plane; afterwards it means nothing', async () => {
    const { ask, service, mediaCall, ...rig } = await interactionRoom();
    const { id } = await ask();
    service.interactions.cancel('call_1', leg, id);
    await settle();
    expect(ended(rig)).toMatchObject([{ result: 'cancelled', cancelledBy: 'api' }]);
    service.interactions.cancel('call_1', leg, id);
    expect(rig.media.commands.filter((command) => command.startsWith('cancelInteraction'))).toHaveLength(1);
    expect(mediaCall.interactions.size).toBe(0);
  });

  it('names what is there only', async () => {
    const { ask, join, service } = await interactionRoom();
    const { id } = await ask();
    await join();
    const cancel = (callId: string, legId: string, interactionId: string) => () => {
      service.interactions.cancel(callId, legId, interactionId);
    };
    expect(cancel('call_x', leg, id)).toThrow('There is no such call.');
    expect(cancel('call_1', 'leg_x', id)).toThrow('There is no such leg');
    expect(cancel('call_1', leg, 'interaction_x')).toThrow('There is no such interaction on this leg.');
    expect(cancel('call_1', 'leg_4', id)).toThrow('There is no such interaction on this leg.');
  });
});

describe('the end of the leg, the call or the media', () => {
  it('cancels one that is being prepared', async () => {
    const { begin, prompts, service, started } = await interactionRoom();
    const starting = begin();
    service.hangUpLeg('call_1', leg);
    await settle();
    expect(await starting).toMatchObject({ status: 'ended', cancelledBy: 'legEnded' });
    expect(prompts.waiting[0]?.signal?.aborted).toBe(true);
    expect(started()).toEqual([]);
  });

  it('cancels one whose prompt comes between the end of the leg and that of its media', async () => {
    const { begin, prompts, service, started, mediaCall, ...rig } = await interactionRoom();
    const starting = begin();
    rig.media.manual = true;
    service.endCall('call_1');
    prompts.waiting[0]?.ready();
    expect(await starting).toMatchObject({ status: 'ended', cancelledBy: 'callEnded' });
    expect(started()).toEqual([]);
    expect(mediaCall.interactions.size).toBe(0);
  });

  it.each([
    [
      'the peer hangs up',
      'legEnded',
      (rig: Awaited<ReturnType<typeof interactionRoom>>) => rig.invite.dialog?.hangUp(),
    ],
    [
      'the API ends the call',
      'callEnded',
      (rig: Awaited<ReturnType<typeof interactionRoom>>) => rig.service.endCall('call_1'),
    ],
    [
      'the server drains',
      'callEnded',
      (rig: Awaited<ReturnType<typeof interactionRoom>>) => rig.service.endAll('drained'),
    ],
  ])('%s: an active one is cancelled by %s', async (_what, cause, end) => {
    const rig = await interactionRoom();
    await rig.ask();
    end(rig);
    // The media plane ends it with the leg, before it says that the leg is closed.
    rig.mediaCall.endInteraction(leg, { result: 'cancelled', cancelledBy: 'legEnded' });
    await settle();
    expect(ended(rig)).toMatchObject([{ result: 'cancelled', cancelledBy: cause }]);
    const names = rig.names();
    expect(names.indexOf('interaction.ended')).toBeLessThan(names.indexOf('leg.left'));
  });

  it('a media plane that says nothing of an interaction does not keep it open', async () => {
    const { ask, invite, ...rig } = await interactionRoom();
    await ask();
    invite.dialog?.hangUp();
    await settle();
    expect(ended(rig)).toMatchObject([{ result: 'cancelled', cancelledBy: 'legEnded' }]);
    expect(rig.names().slice(-4)).toEqual(['interaction.started', 'interaction.ended', 'leg.left', 'call.ended']);
  });

  it('a media worker that crashes cancels all of them', async () => {
    const { ask, begin, ...rig } = await interactionRoom();
    await ask();
    const preparing = begin();
    rig.media.emit({ type: 'callFailed', callId: 'call_1', tick: 33, detail: 'crashed' });
    await settle();
    expect(await preparing).toMatchObject({ cancelledBy: 'mediaFailed', attempts: 0 });
    expect(ended(rig)).toMatchObject([
      { cancelledBy: 'mediaFailed', attempts: 1, endedTick: 33 },
      { cancelledBy: 'mediaFailed', attempts: 0 },
    ]);
  });

  it('a leg whose media fails tells so', async () => {
    const { ask, ...rig } = await interactionRoom();
    await ask();
    const fault = {
      type: 'legFailed',
      callId: 'call_1',
      legId: leg,
      tick: 20,
      code: 'mediaFailed',
      detail: 'x',
    } as const;
    rig.media.emit(fault);
    await settle();
    expect(ended(rig)).toMatchObject([{ cancelledBy: 'mediaFailed' }]);
  });

  it('nothing is kept of a call that is over', async () => {
    const { ask, service } = await interactionRoom();
    await ask();
    service.endCall('call_1');
    await settle();
    expect(() => service.interactions.list('call_1', leg)).toThrow('There is no such call.');
  });
});
