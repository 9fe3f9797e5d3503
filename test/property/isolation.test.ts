import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { ProgrammeRegistry, type ProgrammeTrack } from '../../src/media/isolation/programme-track.js';
import type { InteractionOrder, InteractionOutcome, MediaCommand, Programme } from '../../src/media/protocol.js';
import type { TickTurn } from '../../src/media/ticker.js';
import { flat, programme } from '../support/clips.js';
import { order, rules } from '../support/interaction-order.js';
import { MediaRig } from '../support/media-rig.js';

const legIds = ['a', 'b', 'c', 'nobody'] as const;
/** Most is done with few legs, so that much happens to each. */
const legId = fc.constantFrom('a', 'a', 'a', 'a', 'b', 'b', 'c', 'nobody' as const);
const any = fc.nat(100);
const clipTicks = fc.nat(4);
const music = fc.boolean();

const start = fc.record({
  do: fc.constant('start' as const),
  legId,
  clipTicks,
  streamed: fc.boolean(),
  music,
  /** Three in four. */
  asks: fc.nat(3),
  gather: fc.record({
    bargeIn: fc.boolean(),
    maxDigits: fc.integer({ min: 1, max: 3 }),
    minDigits: fc.nat(2),
    patterns: fc.constantFrom<readonly string[]>([], ['1', '12'], ['Z*'], ['7']),
    finishOnKey: fc.constantFrom('', '#'),
    timeoutTicks: fc.nat(8),
    interDigitTimeoutTicks: fc.nat(8),
    retries: fc.nat(1),
  }),
});

const play = fc.record({
  do: fc.constant('play' as const),
  clipTicks,
  streamed: fc.boolean(),
  legIds: fc.option(fc.subarray([...legIds]), { nil: undefined }),
  duckDb: fc.constantFrom(0, -20),
});

/** What the control plane, or a caller, may do; numbers pick one of what was started before. */
const deed = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('run' as const), ticks: fc.integer({ min: 1, max: 12 }) }) },
  { weight: 5, arbitrary: start },
  { weight: 9, arbitrary: fc.record({ do: fc.constant('press' as const), legId, digit: fc.constantFrom(...'12#*') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('cancel' as const), legId, any }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('extend' as const), any, clipTicks, complete: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('isolate' as const), legId, isolated: fc.boolean(), music }) },
  { weight: 2, arbitrary: play },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('pause' as const), any, paused: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('stop' as const), any }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), legId }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('join' as const), legId, isolated: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('skip' as const), ticks: fc.integer({ min: 1, max: 5 }) }) },
);
type Deed = typeof deed extends fc.Arbitrary<infer D> ? D : never;

/** A rig that knows its call's ticks. */
class CountingRig extends MediaRig {
  callTick = 0;
  /** Ticks that were not skipped. */
  readonly ran: number[] = [];

  constructor() {
    super();
    const { calls } = this;
    const run = calls.tick.bind(calls);
    calls.tick = (turn: TickTurn) => {
      this.callTick += 1 + turn.skipped;
      this.ran.push(this.callTick);
      run(turn);
    };
  }
}

/** A call in which anything happens; keeps what was asked of it. */
class Chaos {
  readonly rig = new CountingRig();
  readonly orders: { legId: string; order: InteractionOrder }[] = [];
  readonly playbacks: string[] = [];
  readonly streamed: number[] = [];
  /** Legs ever opened: the ids of those that are there. */
  readonly present = new Map<string, string>();
  /** First tick in which a leg was, or was no longer, kept out. */
  readonly kept: { legId: string; tick: number; isolated: boolean }[] = [];
  /** First tick without a leg that left. */
  readonly left = new Map<string, number>();
  #legs = 0;

  async do(step: Deed): Promise<void> {
    const { rig } = this;
    switch (step.do) {
      case 'run':
        return rig.run(step.ticks);
      case 'skip':
        return rig.tick(step.ticks);
      case 'join':
        return this.#join(step.legId, step.isolated);
      case 'leave':
        return this.#leave(step.legId);
      case 'start': {
        const asked = order({
          prompt: this.#sound(step.clipTicks, step.streamed),
          noInputPrompt: step.music ? this.#sound(1, false) : undefined,
          invalidPrompt: step.streamed ? undefined : this.#sound(step.clipTicks, false),
          music: step.music ? this.#sound(3, false, 0) : undefined,
          gather: step.asks > 0 ? rules(step.gather) : undefined,
        });
        const legId = this.#id(step.legId);
        this.orders.push({ legId, order: asked });
        return this.#command({ type: 'startInteraction', callId: 'room', legId, order: asked });
      }
      case 'press': {
        const legId = this.#id(step.legId);
        const { digit } = step;
        return this.#command({ type: 'pressDigit', callId: 'room', legId, digit, durationMs: 100 });
      }
      case 'cancel': {
        const picked = this.#pick(this.orders, step.any);
        if (!picked) return;
        const { interactionId } = picked.order;
        return this.#command({ type: 'cancelInteraction', callId: 'room', legId: picked.legId, interactionId });
      }
      case 'extend': {
        const programmeId = this.#pick(this.streamed, step.any);
        if (programmeId === undefined) return;
        const clips = [flat(1000, step.clipTicks * 960 + 17)];
        const { complete } = step;
        return this.#command({ type: 'extendProgramme', callId: 'room', programmeId, clips, complete });
      }
      case 'isolate': {
        const legId = this.#id(step.legId);
        const { isolated } = step;
        if (this.present.has(step.legId)) this.kept.push({ legId, tick: rig.callTick + 1, isolated });
        const sound = step.music ? this.#sound(2, false, 0) : undefined;
        return this.#command({ type: 'isolateLeg', callId: 'room', legId, isolated, music: sound });
      }
      case 'play': {
        const playbackId = `playback${this.playbacks.push('')}`;
        this.playbacks[this.playbacks.length - 1] = playbackId;
        const ordered = {
          playbackId,
          programme: this.#sound(step.clipTicks, step.streamed),
          legIds: step.legIds?.map((id) => this.#id(id)),
          duckDb: step.duckDb,
        };
        return this.#command({ type: 'startPlayback', callId: 'room', order: ordered });
      }
      case 'pause':
      case 'stop': {
        const playbackId = this.#pick(this.playbacks, step.any);
        if (playbackId === undefined) return;
        if (step.do === 'stop') return this.#command({ type: 'stopPlayback', callId: 'room', playbackId });
        return this.#command({ type: 'pausePlayback', callId: 'room', playbackId, paused: step.paused });
      }
    }
  }

  async #join(name: string, isolated: boolean): Promise<void> {
    if (name === 'nobody' || this.present.has(name)) return;
    const legId = `${name}${++this.#legs}`;
    this.present.set(name, legId);
    if (isolated) this.kept.push({ legId, tick: 0, isolated: true });
    await this.rig.join('room', legId, {}, { isolated });
    this.rig.tick();
  }

  async #leave(name: string): Promise<void> {
    const legId = this.present.get(name);
    this.present.delete(name);
    if (!legId) return;
    const closed = await this.rig.ask((requestId) => ({ type: 'closeLeg', requestId, callId: 'room', legId }));
    if (closed.type === 'legClosed') this.left.set(legId, closed.tick);
  }

  #command(command: MediaCommand): void {
    this.rig.command(command);
  }

  #id(name: string): string {
    return this.present.get(name) ?? name;
  }

  #sound(ticks: number, streamed: boolean, plays = 1): Programme {
    const made = programme(ticks > 0 ? [flat(1000, ticks * 960 - 31)] : [], { complete: !streamed, plays });
    if (streamed) this.streamed.push(made.programmeId);
    return made;
  }

  #pick<T>(list: readonly T[], index: number): T | undefined {
    return list.length === 0 ? undefined : list[index % list.length];
  }
}

/** What must be true of every outcome, whatever happened. */
function checkOutcome(outcome: InteractionOutcome, { order: asked }: { order: InteractionOrder }): void {
  const { startedTick, promptEndedTick, endedTick, playedMs, attempts, digits, result, cancelledBy } = outcome;
  expect(startedTick).toBeLessThanOrEqual(endedTick);
  if (result !== 'cancelled') expect(startedTick).toBeLessThan(endedTick);
  if (promptEndedTick !== undefined) {
    expect(promptEndedTick).toBeGreaterThanOrEqual(startedTick);
    expect(promptEndedTick).toBeLessThanOrEqual(endedTick);
  }
  expect(playedMs).toBeGreaterThanOrEqual(0);
  expect(playedMs).toBeLessThanOrEqual(20 * (endedTick - startedTick));
  expect(attempts).toBeLessThanOrEqual((asked.gather?.retries ?? 0) + 1);
  expect(digits.length).toBeLessThanOrEqual(asked.gather?.maxDigits ?? 0);
  expect(cancelledBy !== undefined).toBe(result === 'cancelled');
  if (outcome.promptCompleted) expect(promptEndedTick).toBeDefined();
  if (asked.gather && result === 'digits') expect(digits.length).toBeGreaterThanOrEqual(asked.gather.minDigits);
  if (result === 'played') expect(asked.gather).toBeUndefined();
}

/** Whether the leg was to be out of the mix in a tick. */
function isOut(chaos: Chaos, legId: string, tick: number, outcomes: readonly InteractionOutcome[]): boolean {
  const kept = chaos.kept.findLast((change) => change.legId === legId && change.tick <= tick)?.isolated ?? false;
  return kept || outcomes.some(({ startedTick, endedTick }) => startedTick <= tick && tick < endedTick);
}

describe('whatever is asked in whatever order', () => {
  it('every interaction and playback ends once, isolation is told as it is, and nothing is left', async () => {
    const registries = new Set<ProgrammeRegistry>();
    const open = Object.getOwnPropertyDescriptor(ProgrammeRegistry.prototype, 'open')?.value as (
      programme: Programme,
    ) => ProgrammeTrack;
    const spy = vi.spyOn(ProgrammeRegistry.prototype, 'open').mockImplementation(function (
      this: ProgrammeRegistry,
      made,
    ) {
      registries.add(this);
      return open.call(this, made);
    });
    const results = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.array(deed, { minLength: 20, maxLength: 80 }), async (deeds) => {
        const chaos = new Chaos();
        const { rig } = chaos;
        const baseBytes = rig.kernels.liveBytes;
        rig.command({ type: 'openCall', callId: 'room' });
        for (const name of ['a', 'b'] as const) await chaos.do({ do: 'join', legId: name, isolated: false });
        for (const step of deeds) await chaos.do(step);
        await rig.ask((requestId) => ({ type: 'closeCall', requestId, callId: 'room' }));

        expect(rig.events.filter(({ type }) => type === 'callFailed' || type === 'legFailed')).toEqual([]);
        const ended = rig.eventsOf('interactionEnded');
        expect(ended.map(({ outcome }) => outcome.interactionId).toSorted()).toEqual(
          chaos.orders.map((asked) => asked.order.interactionId).toSorted(),
        );
        const orderOf = (id: string) => chaos.orders.find((asked) => asked.order.interactionId === id)!;
        const started = new Map(rig.eventsOf('interactionStarted').map((event) => [event.interactionId, event.tick]));
        for (const { outcome, tick } of ended) {
          checkOutcome(outcome, orderOf(outcome.interactionId));
          expect(tick).toBe(outcome.endedTick);
          results.add(outcome.cancelledBy ?? outcome.result);
          if (started.has(outcome.interactionId)) expect(started.get(outcome.interactionId)).toBe(outcome.startedTick);
          else expect(outcome).toMatchObject({ cancelledBy: 'legEnded', startedTick: outcome.endedTick });
        }
        expect(
          rig
            .eventsOf('playbackEnded')
            .map(({ playbackId }) => playbackId)
            .toSorted(),
        ).toEqual(chaos.playbacks.toSorted());
        for (const { legId: joined, tick: joinedTick } of rig.eventsOf('legJoined')) {
          const outcomes = ended.filter((event) => event.legId === joined).map(({ outcome }) => outcome);
          outcomes.reduce(
            (before, outcome) => {
              expect(before.endedTick).toBeLessThanOrEqual(outcome.startedTick);
              return outcome;
            },
            { ...outcomes[0]!, endedTick: 0 },
          );
          const told = rig.eventsOf('isolation').filter((event) => event.legId === joined);
          const until = chaos.left.get(joined) ?? rig.callTick + 1;
          let state: boolean | undefined;
          for (const tick of rig.ran) {
            if (tick < joinedTick || tick >= until) continue;
            const event = told.find((candidate) => candidate.tick === tick);
            if (event) expect(event.isolated, 'told although nothing changed').not.toBe(state);
            state = event?.isolated ?? state;
            expect(state, `${joined} in ${tick}`).toBe(isOut(chaos, joined, tick, outcomes));
          }
        }
        for (const registry of registries) expect(registry.size).toBe(0);
        registries.clear();
        // The tables of the resamplers stay.
        expect(rig.kernels.liveBytes - baseBytes).toBeLessThan(32_768);
      }),
      { numRuns: 40 },
    );
    spy.mockRestore();
    // Of eight ways to end; the rarest are a few per cent of all.
    expect(results.size).toBeGreaterThanOrEqual(6);
  });
});
