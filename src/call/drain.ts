import type { Clock } from './clock.js';
import type { CallService } from './service.js';

/** How a drain went. */
export interface DrainOutcome {
  /** Calls that had to be ended at the deadline. */
  readonly endedCalls: number;
  /** Calls that were still not over when waiting for them was given up; 0 is the normal case. */
  readonly leftCalls: number;
}

const lookEveryMs = 100;
/** After the deadline: time for BYEs to go out and files to be finished. */
const settleMs = 7_000;

/**
 * Empties the server: nothing new is taken, calls may go on until the deadline, then the rest is ended with BYE.
 * Resolves when no call is left, or when those that would not end have been given up.
 */
export async function drainCalls(service: CallService, clock: Clock, deadlineMs: number): Promise<DrainOutcome> {
  service.beginDrain();
  await untilIdle(service, clock, deadlineMs);
  const endedCalls = service.counters().calls;
  service.endAll('drained');
  await untilIdle(service, clock, settleMs);
  return { endedCalls, leftCalls: service.counters().calls };
}

async function untilIdle(service: CallService, clock: Clock, limitMs: number): Promise<void> {
  const giveUpAtMs = clock.nowMs() + limitMs;
  while (service.counters().calls > 0 && clock.nowMs() < giveUpAtMs) {
    const waitMs = Math.min(lookEveryMs, giveUpAtMs - clock.nowMs());
    await new Promise<void>((resolve) => clock.schedule(waitMs, resolve));
  }
}
