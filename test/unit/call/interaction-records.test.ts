import { describe, expect, it } from 'vitest';
import { Interaction } from '../../../src/call/interactions/interaction.js';
import { CodedError } from '../../../src/errors.js';
import type { InteractionOutcome } from '../../../src/media/protocol.js';
import { settle } from '../../support/fake-clock.js';
import { fakeClip } from '../../support/fake-prompts.js';
import { codeOf, ended, interactionRoom, leg, question, speech } from '../../support/interaction-room.js';

describe('a prompt that comes piece by piece', () => {
  it('goes on after what was there at the start, whenever the rest comes', async () => {
    const { begin, prompts, mediaCall, commands } = await interactionRoom();
    const starting = begin({ ...question, noInputPrompt: speech('Nothing?') });
    const prompt = prompts.waiting[0]?.ready(false);
    await settle();
    // The other prompt is not there yet: the media plane does not know the programme.
    prompt?.more([fakeClip()], false);
    expect(mediaCall.interactions.size).toBe(0);
    prompts.waiting[1]?.ready();
    await starting;
    expect(mediaCall.interactions.get(leg)?.prompt).toMatchObject({ complete: false, clips: [{}, {}] });
    prompt?.more([fakeClip()], true);
    expect(commands().at(-1)).toBe('extendProgramme 1 true 1');
  });

  it('that breaks off was not heard to its end', async () => {
    const { begin, prompts, mediaCall, ...rig } = await interactionRoom();
    const starting = begin();
    const prompt = prompts.waiting[0]?.ready(false);
    await starting;
    prompt?.more([], true, new Error('synthesizer gone'));
    mediaCall.endInteraction(leg, { result: 'timeout', promptCompleted: true });
    await settle();
    expect(ended(rig)).toMatchObject([{ result: 'timeout', promptCompleted: false }]);
    expect(rig.logged.join()).toContain('A prompt broke off while it was played.');
  });

  it('is not made any further once the interaction is over', async () => {
    const { begin, prompts, mediaCall } = await interactionRoom();
    const starting = begin();
    prompts.waiting[0]?.ready(false);
    await starting;
    expect(prompts.waiting[0]?.signal?.aborted).toBe(false);
    mediaCall.endInteraction(leg, { result: 'digits', digits: '1' });
    await settle();
    expect(prompts.waiting[0]?.signal?.aborted).toBe(true);
  });
});

describe('waiting for the result', () => {
  it('answers when it is there', async () => {
    const { ask, service, mediaCall, clock } = await interactionRoom();
    const { id } = await ask();
    const waiting = service.interactions.get('call_1', leg, id, 30_000);
    await clock.advance(5_000);
    mediaCall.endInteraction(leg, { result: 'digits', digits: '1' });
    expect(await waiting).toMatchObject({ status: 'ended', digits: '1' });
  });

  it('answers with what there is when the time is over', async () => {
    const { ask, service, clock } = await interactionRoom();
    const { id } = await ask();
    const waiting = service.interactions.get('call_1', leg, id, 1_000);
    await clock.advance(1_000);
    expect(await waiting).toMatchObject({ status: 'active', result: undefined });
  });

  it('answers at once when it is over, or nobody wants to wait', async () => {
    const { ask, service, mediaCall, clock } = await interactionRoom();
    const { id } = await ask();
    expect(await service.interactions.get('call_1', leg, id)).toMatchObject({ status: 'active' });
    const before = clock.pending;
    mediaCall.endInteraction(leg, { result: 'played' });
    await settle();
    expect(await service.interactions.get('call_1', leg, id, 30_000)).toMatchObject({ status: 'ended' });
    expect(clock.pending).toBe(before);
  });
});

describe('secrets', () => {
  it('are in no view and no event, neither as a result nor as digits pressed', async () => {
    const { ask, list, mediaCall, ...rig } = await interactionRoom();
    await ask({ ...question, secret: true });
    const press = (tick: number) => {
      const told = { callId: 'call_1', legId: leg, tick, digit: '7', durationMs: 100, source: 'rfc4733' } as const;
      rig.media.emit({ type: 'digit', ...told });
    };
    press(40);
    mediaCall.endInteraction(leg, { result: 'digits', digits: '7', endedTick: 41 });
    await settle();
    expect(JSON.stringify([list(), rig.events])).not.toContain('"7"');
    press(200);
    expect(rig.of('digit.received')).toMatchObject([{ digit: '7' }]);
  });

  it('stay secret when a newer secret takes over', async () => {
    const { ask, ...rig } = await interactionRoom();
    await ask({ ...question, secret: true });
    await ask({ ...question, secret: true });
    await settle();
    const told = { callId: 'call_1', legId: leg, tick: 500, digit: '7', durationMs: 100, source: 'rfc4733' } as const;
    rig.media.emit({ type: 'digit', ...told });
    expect(rig.of('digit.received')).toEqual([]);
  });
});

describe('who runs an interaction', () => {
  const made = () => new Interaction({ id: 'i', callId: 'c', legId: 'l', createdAtMs: 0, secret: false });
  const outcome: InteractionOutcome = {
    interactionId: 'i',
    result: 'digits',
    digits: '1',
    cancelledBy: undefined,
    attempts: 1,
    playedMs: 0,
    promptCompleted: true,
    startedTick: 1,
    promptEndedTick: 2,
    endedTick: 3,
  };

  it('learns the outcome, once', async () => {
    const interaction = made();
    expect(interaction.end(outcome, 1)).toBe(true);
    expect(interaction.end({ ...outcome, digits: '2' }, 2)).toBe(false);
    expect(interaction.fail(new CodedError('internal'), 3)).toBe(false);
    expect(await interaction.done).toEqual(outcome);
    expect(interaction.endedAtMs).toBe(1);
  });

  it('learns why there was no prompt', async () => {
    const interaction = made();
    expect(interaction.fail(new CodedError('promptRefused'), 1)).toBe(true);
    expect(interaction.end(outcome, 2)).toBe(false);
    expect(interaction.activate({ contentHash: '', wording: undefined, failure: undefined })).toBe(false);
    expect(await codeOf(interaction.done)).toBe('promptRefused');
  });

  it('hears of no prompt that fails once it is played, and of no start that comes too late', () => {
    const interaction = made();
    expect(interaction.begun(5, 1)).toBe(false);
    interaction.activate({ contentHash: '', wording: undefined, failure: undefined });
    expect(interaction.fail(new CodedError('promptRefused'), 1)).toBe(false);
    expect([interaction.begun(5, 1), interaction.begun(6, 2)]).toEqual([true, false]);
    expect(interaction.started).toEqual({ tick: 5, atMs: 1 });
  });
});

it('records are kept up to a bound, those that are open always', async () => {
  const { ask, list, mediaCall, service, join } = await interactionRoom();
  await join();
  const open = await service.interactions.start('call_1', 'leg_3', question);
  for (let n = 0; n < 300; n++) {
    await ask();
    mediaCall.endInteraction(leg, { result: 'played' });
    await settle();
  }
  expect(list().length).toBe(257);
  expect(service.interactions.list('call_1', 'leg_3')).toMatchObject([{ id: open.id, status: 'active' }]);
});
