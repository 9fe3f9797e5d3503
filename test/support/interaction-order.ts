/** Orders for interactions, with what a test does not care about filled in. */
import type { GatherRules, InteractionOrder } from '../../src/media/protocol.js';
import { flat, programme } from './clips.js';

const samplesPerTick = 960;

/** Says this value for so many ticks. */
export function said(value: number, ticks: number): InteractionOrder['prompt'] {
  return programme([flat(value, ticks * samplesPerTick)]);
}

/** One digit within 50 ticks, no second try. */
export function rules(changes: Partial<GatherRules> = {}): GatherRules {
  return {
    patterns: [],
    minDigits: 1,
    maxDigits: 1,
    finishOnKey: '',
    timeoutTicks: 50,
    interDigitTimeoutTicks: 20,
    bargeIn: true,
    retries: 0,
    ...changes,
  };
}

let lastInteraction = 0;

/** A prompt of 10 ticks and nothing else. */
export function order(changes: Partial<InteractionOrder> = {}): InteractionOrder {
  return {
    interactionId: `interaction${++lastInteraction}`,
    prompt: said(1000, 10),
    noInputPrompt: undefined,
    invalidPrompt: undefined,
    music: undefined,
    gather: undefined,
    ...changes,
  };
}
