import { describe, expect, it } from 'vitest';
import { hum, programme } from '../../support/clips.js';
import { order, rules, said } from '../../support/interaction-order.js';
import { IsolationRoom } from '../../support/isolation-room.js';

const promptPeak = 8000;
const promptDb = 20 * Math.log10(promptPeak / 32_768);

function prompt(durationMs: number) {
  return programme([hum(500, promptPeak, durationMs)]);
}

describe('how an interaction ends', () => {
  /** Starts one with a prompt of 10 ticks; its first tick is S. */
  async function asked(changes = {}, gather = {}) {
    const room = await IsolationRoom.open(2);
    const interaction = order({
      prompt: prompt(200),
      noInputPrompt: said(1000, 4),
      invalidPrompt: said(1000, 6),
      gather: rules(gather),
      ...changes,
    });
    room.start(0, interaction);
    const s = room.tick + 1;
    const ends = () => {
      const [outcome] = room.outcomes();
      if (!outcome) throw new Error('It has not ended.');
      expect(room.outcomes()).toHaveLength(1);
      expect(room.rig.eventsOf('interactionEnded')[0]?.tick).toBe(outcome.endedTick);
      // The first tick in which it is back is the one told.
      room.runTo(outcome.endedTick + 1);
      expect(room.isolations(s - 1)).toEqual([`+leg0@${s}`, `-leg0@${outcome.endedTick}`]);
      expect(room.heardBy(1)).toBe('0');
      return outcome;
    };
    return { room, s, interaction, ends };
  }

  it('digits, after the prompt', async () => {
    const { room, s, ends } = await asked();
    room.runTo(s + 14);
    room.press(0, '7');
    room.run(1);
    expect(ends()).toMatchObject({
      ...{ result: 'digits', digits: '7', attempts: 1, playedMs: 200, promptCompleted: true },
      ...{ startedTick: s, promptEndedTick: s + 10, endedTick: s + 16, cancelledBy: undefined },
    });
  });

  it('digits, in the prompt', async () => {
    const { room, s, ends } = await asked();
    room.runTo(s + 4);
    room.press(0, '7');
    room.run(1);
    expect(ends()).toMatchObject({
      ...{ result: 'digits', digits: '7', playedMs: 100, promptCompleted: false },
      ...{ promptEndedTick: s + 5, endedTick: s + 6 },
    });
  });

  it('timeout, because digits in the prompt are ignored without barge-in', async () => {
    const { room, s, ends } = await asked({}, { bargeIn: false });
    room.runTo(s + 4);
    room.press(0, '7');
    room.runTo(s + 59);
    expect(ends()).toMatchObject({ result: 'timeout', digits: '', promptEndedTick: s + 10, endedTick: s + 60 });
  });

  it('timeout, after a prompt for those who say nothing', async () => {
    const { room, s, ends } = await asked({}, { retries: 1 });
    room.runTo(s + 60 + 14 + 50);
    expect(ends()).toMatchObject({
      ...{ result: 'timeout', attempts: 2, playedMs: 200 + 80 + 200, promptCompleted: true },
      ...{ promptEndedTick: s + 60 + 14, endedTick: s + 60 + 14 + 50 },
    });
  });

  it('invalid, after a prompt for those who press the wrong key', async () => {
    const { room, s, ends } = await asked({}, { retries: 1, patterns: ['1', '2'] });
    room.runTo(s + 19);
    room.press(0, '7');
    room.runTo(s + 20 + 16);
    room.press(0, '#');
    room.run(1);
    expect(ends()).toMatchObject({
      ...{ result: 'invalid', digits: '#', attempts: 2, playedMs: 200 + 120 + 200 },
      ...{ promptEndedTick: s + 20 + 16, endedTick: s + 38 },
    });
  });

  it('digits, at a second attempt', async () => {
    const { room, s, ends } = await asked({}, { retries: 2, patterns: ['1', '2'] });
    room.runTo(s + 19);
    room.press(0, '7');
    room.runTo(s + 21);
    room.press(0, '2');
    room.run(1);
    expect(ends()).toMatchObject({ result: 'digits', digits: '2', attempts: 2, playedMs: 240, endedTick: s + 23 });
  });

  it('invalid, because the second digit does not come', async () => {
    const { room, s, ends } = await asked({}, { minDigits: 2, maxDigits: 4 });
    room.runTo(s + 14);
    room.press(0, '7');
    room.runTo(s + 15 + 19);
    expect(ends()).toMatchObject({ result: 'invalid', digits: '7', endedTick: s + 15 + 20 });
  });

  it('digits, because no further digit comes', async () => {
    const { room, s, ends } = await asked({}, { maxDigits: 4 });
    room.runTo(s + 14);
    room.press(0, '7');
    room.runTo(s + 30);
    room.press(0, '8');
    room.runTo(s + 31 + 19);
    expect(ends()).toMatchObject({ result: 'digits', digits: '78', endedTick: s + 31 + 20 });
  });

  it('digits, because of the finish key', async () => {
    const { room, s, ends } = await asked({}, { maxDigits: 9, finishOnKey: '#' });
    room.runTo(s + 14);
    for (const digit of '42#') {
      room.press(0, digit);
      room.run(3);
    }
    expect(ends()).toMatchObject({ result: 'digits', digits: '42', endedTick: s + 22 });
  });

  it('played, when there is nothing to press', async () => {
    const { room, s, ends } = await asked({ gather: undefined });
    room.press(0, '1');
    room.runTo(s + 9);
    expect(ends()).toMatchObject({ result: 'played', digits: '', playedMs: 200, endedTick: s + 10 });
  });

  it('cancelled by the API', async () => {
    const { room, s, interaction, ends } = await asked();
    room.runTo(s + 3);
    room.cancel(0, order());
    room.run(1);
    expect(room.outcomes()).toEqual([]);
    room.cancel(0, interaction);
    room.run(1);
    expect(ends()).toMatchObject({
      ...{ result: 'cancelled', cancelledBy: 'api', digits: '', playedMs: 100, promptCompleted: false },
      ...{ promptEndedTick: undefined, endedTick: s + 5 },
    });
  });

  it('cancelled by a newer one, without one tick of the mix between', async () => {
    const { room, s, interaction } = await asked();
    room.runTo(s + 3);
    const second = order({ prompt: programme([hum(900, promptPeak, 200)]) });
    room.start(0, second);
    room.run(1);
    for (let tick = s + 5; tick < s + 14; tick++) {
      room.run(1);
      expect(room.heardBy(0)).toBe('');
      expect(room.heardBy(1)).toBe('');
      expect(Math.abs(room.level(0, 900) - promptDb)).toBeLessThan(0.5);
    }
    expect(room.outcomes()).toMatchObject([
      { interactionId: interaction.interactionId, cancelledBy: 'replaced', playedMs: 80, endedTick: s + 4 },
      { interactionId: second.interactionId, result: 'played', startedTick: s + 4, endedTick: s + 14 },
    ]);
    room.run(1);
    expect(room.isolations(s - 1)).toEqual([`+leg0@${s}`, `-leg0@${s + 14}`]);
  });

  it('cancelled because the leg hangs up, told before its end', async () => {
    const { room, s } = await asked();
    room.runTo(s + 3);
    const from = room.rig.events.length;
    await room.rig.ask((requestId) => ({ type: 'closeLeg', requestId, callId: 'room', legId: 'leg0' }));
    expect(room.told(from)).toEqual(['interactionEnded', 'legClosed']);
    expect(room.outcomes()).toMatchObject([
      { result: 'cancelled', cancelledBy: 'legEnded', playedMs: 80, endedTick: s + 4, promptCompleted: false },
    ]);
  });

  it('cancelled because the call ends, told before its end', async () => {
    const { room, s } = await asked();
    room.start(1, order({ prompt: prompt(4000) }));
    room.runTo(s + 3);
    const from = room.rig.events.length;
    await room.rig.ask((requestId) => ({ type: 'closeCall', requestId, callId: 'room' }));
    expect(room.told(from)).toEqual(['interactionEnded', 'interactionEnded', 'callClosed']);
    expect(room.outcomes()).toMatchObject([
      { cancelledBy: 'callEnded', startedTick: s, playedMs: 80, endedTick: s + 4 },
      { cancelledBy: 'callEnded', startedTick: s, playedMs: 80, endedTick: s + 4 },
    ]);
  });

  it('cancelled because the media of the leg fails, told before that', async () => {
    const room = await IsolationRoom.open(1);
    const quiet = await room.join({ rtpTimeoutMs: 1000 });
    quiet.speak = () => undefined;
    const s = room.tick + 1;
    const from = room.rig.events.length;
    room.start(1, order({ prompt: prompt(4000) }));
    room.run(60);
    expect(room.told(from)).toEqual(['interactionStarted', 'isolation', 'interactionEnded', 'legFailed']);
    const [failed] = room.rig.eventsOf('legFailed');
    const [outcome] = room.outcomes();
    expect(outcome).toMatchObject({ cancelledBy: 'mediaFailed', startedTick: s, endedTick: failed!.tick + 1 });
    expect(outcome?.playedMs).toBe(20 * (failed!.tick + 1 - s));
  });

  it('cancelled because there is no such leg, or no such call', async () => {
    const room = await IsolationRoom.open(1);
    room.start(7, order({ interactionId: 'lost' }));
    room.run(1);
    room.rig.command({
      type: 'startInteraction',
      callId: 'gone',
      legId: 'leg0',
      order: order({ interactionId: 'gone' }),
    });
    expect(room.outcomes()).toMatchObject([
      { interactionId: 'lost', cancelledBy: 'legEnded', startedTick: room.tick, endedTick: room.tick, playedMs: 0 },
      { interactionId: 'gone', cancelledBy: 'callEnded', startedTick: 0, endedTick: 0 },
    ]);
    expect(room.rig.eventsOf('interactionStarted')).toEqual([]);
  });

  it('cancelled because the call ends before it began', async () => {
    const room = await IsolationRoom.open(1);
    room.start(0, order());
    await room.rig.ask((requestId) => ({ type: 'closeCall', requestId, callId: 'room' }));
    const edge = room.tick + 1;
    expect(room.outcomes()).toMatchObject([
      { cancelledBy: 'callEnded', startedTick: edge, endedTick: edge, playedMs: 0 },
    ]);
  });
});
