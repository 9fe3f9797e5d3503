import type { Call } from '../call.js';
import type { CallContext } from '../context.js';
import type { CallEvent } from '../event.js';
import type { CallPolicy } from '../policy.js';
import type { HabitSounds } from './sounds.js';

/** What time brings next. */
interface Deadline {
  readonly atMs: number;
  readonly what: 'warn' | 'end';
}

interface Timed {
  readonly startedMs: number;
  warned: boolean;
  stop: () => void;
}

/**
 * What comes next in a call that has gone on since `startedMs`; undefined = it may go on for ever.
 *
 *     (empty) ── first leg in ──► timed ── beforeEndMs left ──► warned ── time is up ──► (ended)
 *                                   └──────────── time is up, nothing to say ─────────────▲
 */
export function nextDeadline(
  { maxDurationMs, durationWarning }: Pick<CallPolicy, 'maxDurationMs' | 'durationWarning'>,
  startedMs: number,
  warned: boolean,
): Deadline | undefined {
  if (maxDurationMs === undefined) return undefined;
  const endMs = startedMs + maxDurationMs;
  const warns = durationWarning !== undefined && !warned && durationWarning.beforeEndMs < maxDurationMs;
  return warns ? { atMs: endMs - durationWarning.beforeEndMs, what: 'warn' } : { atMs: endMs, what: 'end' };
}

/** Ends calls that have gone on for as long as they may, and says so before. Counts from the first leg's coming. */
export class DurationWatch {
  readonly #context: CallContext;
  readonly #sounds: HabitSounds;
  readonly #timed = new Map<string, Timed>();

  constructor(context: CallContext, sounds: HabitSounds) {
    this.#context = context;
    this.#sounds = sounds;
    context.events.subscribe((event) => {
      this.#onEvent(event);
    });
  }

  #onEvent({ type, callId }: CallEvent): void {
    const call = this.#context.registry.find(callId);
    if (type === 'leg.joined' && call !== undefined && !this.#timed.has(callId)) {
      this.#timed.set(callId, { startedMs: this.#context.clock.nowMs(), warned: false, stop: () => undefined });
      this.#arm(call);
    } else if (type === 'call.updated' && call !== undefined) {
      this.#arm(call);
    } else if (type === 'call.ended') {
      this.#timed.get(callId)?.stop();
      this.#timed.delete(callId);
    }
  }

  #arm(call: Call): void {
    const timed = this.#timed.get(call.id);
    if (timed === undefined) return;
    timed.stop();
    timed.stop = () => undefined;
    const deadline = nextDeadline(call.policy, timed.startedMs, timed.warned);
    if (deadline === undefined || !call.open) return;
    const { clock } = this.#context;
    timed.stop = clock.schedule(Math.max(0, deadline.atMs - clock.nowMs()), () => {
      if (deadline.what === 'end') {
        call.end('maxDuration');
        return;
      }
      timed.warned = true;
      const prompt = call.policy.durationWarning?.prompt;
      if (prompt !== undefined) this.#sounds.play(call, 'durationWarning', { prompt });
      this.#arm(call);
    });
  }
}
