import { describe, expect, it } from 'vitest';
import { FadeTail } from '../../../src/media/isolation/fades.js';
import { Interaction } from '../../../src/media/isolation/interaction.js';
import { ProgrammeRegistry } from '../../../src/media/isolation/programme-track.js';
import type { GatherRules, InteractionOrder, InteractionOutcome } from '../../../src/media/protocol.js';
import { flat, programme } from '../../support/clips.js';
import { order, rules, said } from '../../support/interaction-order.js';

const startedTick = 100;
const prompt = 1000;
const noInput = 2000;
const invalid = 3000;
const music = 4000;

/** One value per tick: what was heard at its middle, in units of int16. */
interface Course {
  readonly outcome: InteractionOutcome;
  readonly heard: readonly number[];
  readonly registry: ProgrammeRegistry;
}

/** Runs an interaction from tick 100 on; what is pressed in a tick is there before its phase 5. */
function run(ordered: InteractionOrder, presses: Record<number, string> = {}, cancelTick = Infinity): Course {
  const registry = new ProgrammeRegistry();
  const tail = new FadeTail();
  const interaction = new Interaction(ordered, startedTick, registry, tail);
  const heard: number[] = [];
  for (let tick = startedTick; tick < startedTick + 2000; tick++) {
    if (tick === cancelTick) interaction.cancel(tick, 'api');
    if (interaction.outcome) return { outcome: interaction.outcome, heard, registry };
    for (const digit of presses[tick] ?? '') interaction.press(digit);
    const frame = new Float32Array(960);
    interaction.step(tick, frame);
    heard.push(Math.round(frame[480]! * 32_768));
  }
  throw new Error('The interaction never ended.');
}

/** Every prompt of 10 ticks, so that the first attempt waits from tick 110 on. */
function asked(gather: Partial<GatherRules>, changes: Partial<InteractionOrder> = {}): InteractionOrder {
  return order({
    noInputPrompt: said(noInput, 4),
    invalidPrompt: said(invalid, 6),
    gather: rules(gather),
    ...changes,
  });
}

interface Case {
  readonly name: string;
  readonly order: InteractionOrder;
  readonly presses?: Record<number, string>;
  readonly cancelTick?: number;
  /** Of the outcome, in short: result, digits, attempts, playedMs, prompt completed, its end, the end. */
  readonly ends: readonly [InteractionOutcome['result'], string, number, number, boolean, number | undefined, number];
}

const pair = { minDigits: 2, maxDigits: 2 };
const cases: Case[] = [
  { name: 'has nothing to gather', order: order(), ends: ['played', '', 1, 200, true, 110, 110] },
  {
    name: 'has a prompt that ends in the middle of a frame',
    order: order({ prompt: programme([flat(prompt, 960 * 3 + 48)]) }),
    ends: ['played', '', 1, 61, true, 104, 104],
  },
  { name: 'has an empty prompt', order: order({ prompt: programme([]) }), ends: ['played', '', 1, 0, true, 100, 101] },
  { name: 'gets its digit', order: asked({}), presses: { 120: '5' }, ends: ['digits', '5', 1, 200, true, 110, 121] },
  {
    name: 'gets its digit in the first tick without prompt',
    order: asked({ bargeIn: false }),
    presses: { 110: '5' },
    ends: ['digits', '5', 1, 200, true, 110, 111],
  },
  {
    name: 'gets a digit in the last tick of the prompt and lets nobody barge in',
    order: asked({ bargeIn: false }),
    presses: { 109: '5' },
    ends: ['timeout', '', 1, 200, true, 110, 160],
  },
  { name: 'gets nothing', order: asked({}), ends: ['timeout', '', 1, 200, true, 110, 160] },
  {
    name: 'gets a digit in the last tick',
    order: asked({}),
    presses: { 159: '5' },
    ends: ['digits', '5', 1, 200, true, 110, 160],
  },
  {
    name: 'waits for no time at all',
    order: asked({ timeoutTicks: 0 }),
    ends: ['timeout', '', 1, 200, true, 110, 110],
  },
  {
    name: 'is content with nothing',
    order: asked({ minDigits: 0 }),
    ends: ['digits', '', 1, 200, true, 110, 160],
  },
  {
    name: 'is interrupted by its digit',
    order: asked({}),
    presses: { 104: '5' },
    ends: ['digits', '5', 1, 80, false, 104, 105],
  },
  {
    name: 'is interrupted in its first tick',
    order: asked({}),
    presses: { 100: '5' },
    ends: ['digits', '5', 1, 0, false, 100, 101],
  },
  {
    name: 'is interrupted by the first of two digits',
    order: asked(pair),
    presses: { 104: '5', 113: '6' },
    ends: ['digits', '56', 1, 80, false, 104, 114],
  },
  {
    name: 'gets both digits in one tick',
    order: asked(pair),
    presses: { 104: '567' },
    ends: ['digits', '56', 1, 80, false, 104, 105],
  },
  {
    name: 'gets the second digit in the last tick for it',
    order: asked(pair),
    presses: { 120: '5', 139: '6' },
    ends: ['digits', '56', 1, 200, true, 110, 140],
  },
  {
    name: 'gets the second digit a tick too late',
    order: asked(pair),
    presses: { 120: '5', 140: '6' },
    ends: ['invalid', '5', 1, 200, true, 110, 140],
  },
  {
    name: 'gets enough digits and then a pause',
    order: asked({ maxDigits: 3 }),
    presses: { 120: '5', 139: '6' },
    ends: ['digits', '56', 1, 200, true, 110, 159],
  },
  {
    name: 'gets the finish key',
    order: asked({ maxDigits: 9, finishOnKey: '#' }),
    presses: { 120: '5', 121: '6', 122: '#' },
    ends: ['digits', '56', 1, 200, true, 110, 123],
  },
  {
    name: 'gets a wrong digit',
    order: asked({ patterns: ['1', '2'] }),
    presses: { 120: '5' },
    ends: ['invalid', '5', 1, 200, true, 110, 121],
  },
  {
    name: 'asks twice more and gets nothing',
    order: asked({ retries: 2 }),
    // 110 + 50 = 160 asks again: 4 + 10 ticks, 50 to wait; and again.
    ends: ['timeout', '', 3, 200 + 2 * 280, true, 160 + 64 + 14, 160 + 64 + 64],
  },
  {
    name: 'asks again after nothing and gets its digit',
    order: asked({ retries: 1 }),
    presses: { 180: '5' },
    ends: ['digits', '5', 2, 480, true, 174, 181],
  },
  {
    name: 'asks again after a wrong digit and gets the right one',
    order: asked({ patterns: ['1', '2'], retries: 1 }),
    presses: { 120: '5', 140: '1' },
    // The second attempt begins in the frame of 120: 6 + 10 ticks.
    ends: ['digits', '1', 2, 200 + 320, true, 136, 141],
  },
  {
    name: 'is interrupted in what is said before it asks again',
    order: asked({ patterns: ['1', '2'], retries: 1 }),
    presses: { 120: '5', 123: '2' },
    ends: ['digits', '2', 2, 200 + 60, false, 123, 124],
  },
  {
    name: 'drops what was pressed together with a wrong digit',
    order: asked({ patterns: ['1', '2'], retries: 1 }),
    presses: { 120: '51' },
    ends: ['timeout', '', 2, 520, true, 136, 186],
  },
  {
    name: 'forgets the digits of the attempt before',
    order: asked({ ...pair, retries: 1 }),
    presses: { 120: '5', 160: '7', 161: '8' },
    ends: ['digits', '78', 2, 520, true, 156, 162],
  },
  {
    name: 'is cancelled while it asks',
    order: asked({}),
    cancelTick: 105,
    ends: ['cancelled', '', 1, 100, false, undefined, 105],
  },
  {
    name: 'is cancelled before its first tick',
    order: asked({}),
    cancelTick: 100,
    ends: ['cancelled', '', 1, 0, false, undefined, 100],
  },
  {
    name: 'is cancelled while it waits',
    order: asked({}),
    cancelTick: 130,
    ends: ['cancelled', '', 1, 200, true, 110, 130],
  },
  {
    name: 'is cancelled between digits',
    order: asked(pair),
    presses: { 120: '5' },
    cancelTick: 125,
    ends: ['cancelled', '5', 1, 200, true, 110, 125],
  },
  {
    name: 'is cancelled while it asks again',
    order: asked({ retries: 1 }),
    cancelTick: 170,
    ends: ['cancelled', '', 2, 200 + 10 * 20, false, undefined, 170],
  },
];

describe('an interaction that', () => {
  it.each(cases)('$name', ({ order: ordered, presses, cancelTick, ends }) => {
    const { outcome, registry } = run(ordered, presses, cancelTick);
    const [result, digits, attempts, playedMs, promptCompleted, promptEndedTick, endedTick] = ends;
    expect(outcome).toEqual({
      interactionId: ordered.interactionId,
      result,
      digits,
      cancelledBy: result === 'cancelled' ? 'api' : undefined,
      attempts,
      playedMs,
      promptCompleted,
      startedTick,
      promptEndedTick,
      endedTick,
    });
    expect(registry.size).toBe(0);
  });
});

describe('the leg of an interaction', () => {
  it('hears the prompt, then music until it presses, then nothing', () => {
    const ordered = asked({ maxDigits: 4 }, { music: programme([flat(music, 960 * 7)], { plays: 0 }) });
    const { heard } = run(ordered, { 120: '5' });
    expect(heard).toEqual([...fill(prompt, 10), ...fill(music, 10), ...fill(0, 20)]);
  });

  it('hears why it is asked again, then the prompt, without a gap', () => {
    const ordered = asked({ retries: 2, patterns: ['1'] });
    const { heard } = run(ordered, { 115: '9' });
    const wanted = [
      ...[...fill(prompt, 10), ...fill(0, 5)],
      ...[...fill(invalid, 6), ...fill(prompt, 10), ...fill(0, 50)],
      ...[...fill(noInput, 4), ...fill(prompt, 10), ...fill(0, 50)],
    ];
    expect(heard).toEqual(wanted);
  });

  it('hears the prompt begin at the sample at which what is before it ends', () => {
    const ordered = asked({ retries: 1, timeoutTicks: 1 }, { noInputPrompt: programme([flat(noInput, 960 + 500)]) });
    const { heard } = run(ordered);
    expect(heard.slice(10)).toEqual([0, noInput, noInput, ...fill(prompt, 10), 0]);
  });

  it('is asked again without a word before where there is none', () => {
    const ordered = asked({ retries: 1, timeoutTicks: 5 }, { noInputPrompt: undefined });
    expect(run(ordered).heard).toEqual([...fill(prompt, 10), ...fill(0, 5), ...fill(prompt, 10), ...fill(0, 5)]);
  });
});

function fill(value: number, ticks: number): number[] {
  return new Array<number>(ticks).fill(value);
}
