/**
 * One interaction, tick by tick.
 *
 *                                                    answer complete, or nothing to gather ──────────► ended
 *    start     ┌───────────┐ prompt's end  ┌─────────┐ digit  ┌────────────┐  answer complete            ▲
 *    ────────► │ prompting │ ────────────► │ waiting │ ─────► │ collecting │ ──────────────────────────► │
 *              └───────────┘               └─────────┘        └────────────┘                             │
 *                ▲   │  digit, with barge-in   │                 ▲     │                                 │
 *                │   └─────────────────────────┼─────────────────┘     │ invalid, or a pause             │
 *                │                             │ timeout               │ too long with too little        │
 *                └──── attempts are left ──────┴───────────────────────┴──── no attempt is left ─────────┤
 *                                                                                                        │
 *              anywhere: cancelled ──────────────────────────────────────────────────────────────────────┘
 *
 * Every edge is a tick:
 * - Started in tick S by a command: the frame of S is the first of the prompt, and the first without the others.
 * - A press counts in the tick whose phase 5 comes next. In tick T presses come first, then the sound of T, then time.
 * - The prompt that gives its last sample in the frame of T has `promptEndedTick` T + 1: there is no prompt in it. What is
 *   pressed up to T is ignored without barge-in, and what is pressed from T + 1 on counts.
 * - A press that barges in in T leaves no prompt but 3 ms of fading in the frame of T, which do not count as heard:
 *   `promptEndedTick` is T, and the prompt has not been heard to its end.
 * - Time runs from `promptEndedTick`, or from the tick of the last digit. The digits that come before that tick plus the
 *   timeout count; in that tick the next attempt begins, or the interaction has ended. So after a timeout `endedTick` is
 *   `promptEndedTick + timeoutTicks`.
 * - An attempt that a press in T spoils is followed by the next in the frame of T. Whatever else was pressed in T is
 *   dropped, as it was pressed before the next prompt began.
 * - What phase 5 of T decides has `endedTick` T + 1, as the sum of T is made already; a command in T has `endedTick` T.
 */
import type { CancelCause, GatherRules, InteractionOrder, InteractionOutcome, InteractionResult } from '../protocol.js';
import type { FadeTail } from './fades.js';
import { Gather } from './gather.js';
import { InteractionSound, type Lead } from './interaction-sound.js';
import type { ProgrammeRegistry } from './programme-track.js';

/** Where an interaction stands. */
type InteractionPhase = 'prompting' | 'waiting' | 'collecting' | 'ended';

/** An interaction that has begun. Its owner gives it presses and one {@link step} per tick until it has an outcome. */
export class Interaction {
  readonly #order: InteractionOrder;
  readonly #rules: GatherRules | undefined;
  readonly #gather: Gather | undefined;
  readonly #sound: InteractionSound;
  readonly #tail: FadeTail;
  readonly #startedTick: number;
  #phase: InteractionPhase = 'prompting';
  #outcome: InteractionOutcome | undefined;
  /** Pressed since the last tick. */
  #presses = '';
  #attempts = 1;
  #promptCompleted = false;
  #promptEndedTick: number | undefined;
  /** First tick in which a digit comes too late. */
  #deadlineTick = 0;

  /** @param tail takes the fading ends of what is cut */
  constructor(order: InteractionOrder, startedTick: number, registry: ProgrammeRegistry, tail: FadeTail) {
    this.#order = order;
    this.#rules = order.gather;
    this.#gather = order.gather && new Gather(order.gather);
    this.#sound = new InteractionSound(order, registry);
    this.#tail = tail;
    this.#startedTick = startedTick;
    this.#sound.ask(undefined, tail);
  }

  get interactionId(): string {
    return this.#order.interactionId;
  }

  /** How it ended; undefined while it goes on. */
  get outcome(): InteractionOutcome | undefined {
    return this.#outcome;
  }

  /** A press of one of `0-9*#A-D` began. */
  press(digit: string): void {
    this.#presses += digit;
  }

  /** Phase 5 of a tick: presses, sound, time. @param frame to which what the leg hears is added */
  step(tick: number, frame: Float32Array): void {
    if (this.#presses !== '') this.#takePresses(tick);
    this.#tail.drainInto(frame);
    if (this.#phase === 'prompting') this.#prompt(tick, frame);
    else if (this.#phase === 'waiting') this.#sound.fillMusic(frame);
    if (this.#awaitsDigits() && tick + 1 >= this.#deadlineTick) this.#lapse(tick);
  }

  /** Ends it, unless it has ended. @param endedTick first tick without it */
  cancel(endedTick: number, cause: CancelCause): void {
    if (this.#phase !== 'ended') this.#end('cancelled', endedTick, cause);
  }

  #awaitsDigits(): boolean {
    return this.#phase === 'waiting' || this.#phase === 'collecting';
  }

  #takePresses(tick: number): void {
    const attempt = this.#attempts;
    const presses = this.#presses;
    this.#presses = '';
    for (let index = 0; index < presses.length; index++) {
      if (this.#phase === 'ended' || this.#attempts !== attempt) return;
      this.#take(presses.charAt(index), tick);
    }
  }

  #take(digit: string, tick: number): void {
    const [rules, gather] = [this.#rules, this.#gather];
    if (!rules || !gather) return;
    if (this.#phase === 'prompting') {
      if (!rules.bargeIn) return;
      this.#promptEndedTick = tick;
    }
    if (this.#phase !== 'collecting') this.#sound.hush(this.#tail);
    this.#phase = 'collecting';
    this.#deadlineTick = tick + rules.interDigitTimeoutTicks;
    const verdict = gather.press(digit);
    if (verdict === 'complete') this.#end('digits', tick + 1);
    else if (verdict === 'invalid') this.#fail('invalid', tick);
  }

  /** Nobody pressed anything for too long. */
  #lapse(tick: number): void {
    const verdict = this.#gather?.lapse() ?? 'nothing';
    if (verdict === 'complete') this.#end('digits', tick + 1);
    else this.#fail(verdict === 'nothing' ? 'noInput' : 'invalid', tick);
  }

  /** The attempt has failed: once more, or the end. */
  #fail(why: NonNullable<Lead>, tick: number): void {
    const retries = this.#rules?.retries ?? 0;
    if (this.#attempts > retries) return this.#end(why === 'noInput' ? 'timeout' : 'invalid', tick + 1);
    this.#attempts += 1;
    this.#phase = 'prompting';
    this.#promptCompleted = false;
    this.#promptEndedTick = undefined;
    this.#gather?.begin();
    this.#sound.ask(why, this.#tail);
  }

  #prompt(tick: number, frame: Float32Array): void {
    const end = this.#sound.fillPrompt(frame);
    if (!this.#sound.promptEnded) return;
    this.#promptCompleted = true;
    // A programme extended by nothing ends in a tick in which nothing of it is heard.
    this.#promptEndedTick = end === 0 ? tick : tick + 1;
    if (!this.#rules) return this.#end('played', tick + 1);
    this.#phase = 'waiting';
    this.#deadlineTick = this.#promptEndedTick + this.#rules.timeoutTicks;
    this.#sound.wait(this.#tail);
  }

  #end(result: InteractionResult, endedTick: number, cancelledBy?: CancelCause): void {
    this.#sound.hush(this.#tail);
    this.#sound.close();
    this.#phase = 'ended';
    this.#outcome = {
      interactionId: this.#order.interactionId,
      result,
      digits: this.#gather?.digits ?? '',
      cancelledBy,
      attempts: this.#attempts,
      playedMs: this.#sound.playedMs,
      promptCompleted: this.#promptCompleted,
      startedTick: this.#startedTick,
      promptEndedTick: this.#promptEndedTick,
      endedTick: Math.max(endedTick, this.#startedTick),
    };
  }
}
