/** Keeps one machine going: its state, and one scheduler entry for its next deadline. */
import {
  nextDeadline,
  type Effect,
  type MachineContext,
  type MachineState,
  type Step,
  type TimerEvent,
  type TimerSettings,
} from './machine.js';
import type { Scheduler, Timer } from './scheduler.js';

/** What a machine runs in. */
export interface MachineSetting<Name extends string, Event> {
  readonly scheduler: Scheduler;
  readonly timers: TimerSettings;
  readonly reliable: boolean;
  step(state: MachineState<Name>, event: Event | TimerEvent, context: MachineContext): Step<Name>;
  /** Carries an effect out. */
  perform(effect: Effect): void;
  /** The machine has reached `terminated`; called once, after the effects of its last step. */
  onEnd(): void;
}

/** A machine that runs. */
export class MachineRunner<Name extends string, Event> {
  #state: MachineState<Name>;
  #timer: Timer | undefined;
  #ended = false;

  constructor(
    first: MachineState<Name>,
    private readonly setting: MachineSetting<Name, Event>,
  ) {
    this.#state = first;
  }

  get name(): Name | 'terminated' {
    return this.#state.name;
  }

  /** Now, as the machines see it. */
  context(): MachineContext {
    const { scheduler, timers, reliable } = this.setting;
    return { nowMs: scheduler.nowMs(), timers, reliable };
  }

  /** One step; effects may bring further events from within. */
  dispatch(event: Event | TimerEvent): void {
    this.enter(this.setting.step(this.#state, event, this.context()));
  }

  /** Takes the outcome of a step. */
  enter({ state, effects }: Step<Name>): void {
    this.#state = state;
    this.#arm();
    for (const effect of effects) this.setting.perform(effect);
    if (this.#state.name !== 'terminated' || this.#ended) return;
    this.#ended = true;
    this.setting.onEnd();
  }

  /** Stops without a word to anyone. */
  stop(): void {
    this.#ended = true;
    this.#state = { name: 'terminated', deadlines: {}, intervalMs: 0 };
    this.#arm();
  }

  #arm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const next = nextDeadline(this.#state);
    if (next === undefined) return;
    this.#timer = this.setting.scheduler.at(next.atMs, () => this.dispatch({ kind: 'timer', letter: next.letter }));
  }
}
