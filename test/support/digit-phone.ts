/** A phone that presses keys as RFC 4733 packets amid audio, and a network that loses, doubles and delays them at random. */
import type { SeededRandom } from '../../src/media/rtp/seeded-random.js';
import { digitOfEvent } from '../../src/media/rtp/telephone-event.js';

/**
 * How the phone treats timestamps: right, new ones for repeated ends, a new one per packet, always the same; or right, but
 * its packets never say that the press is over.
 */
export type Habit = 'right' | 'spoiltEnds' | 'moving' | 'pegged' | 'endless';

/** A key held down. */
export interface Press {
  readonly event: number;
  /** In ticks of 20 ms. */
  readonly ticks: number;
  readonly pauseTicks: number;
}

/** What happens on the way. */
export interface Network {
  readonly loss: number;
  readonly duplication: number;
  /** Packets are late by up to this much, each for itself. */
  readonly jitterMs: number;
}

/** A packet of it; event −1 is audio. */
export interface Wire {
  readonly atMs: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly event: number;
  readonly duration: number;
  readonly end: boolean;
  readonly marker: boolean;
}

/** Packets of a phone; event −1 is audio, which is there between presses unless `dtx`. */
export function phone(presses: readonly Press[], habit: Habit, dtx: boolean, random: SeededRandom): Wire[] {
  const wires: Wire[] = [];
  let tick = 0;
  let sequence = random.nextUint32() & 0xffff;
  const start = random.nextUint32();
  const put = (event: number, timestamp: number, duration: number, end: boolean, marker: boolean) => {
    wires.push({ atMs: tick * 20, sequence, timestamp: timestamp >>> 0, event, duration, end, marker });
    sequence = (sequence + 1) & 0xffff;
  };
  const audio = (ticks: number) => {
    for (let n = 0; n < ticks; n++, tick++) if (!dtx) put(-1, start + tick * 160, 0, false, false);
  };
  audio(5);
  for (const press of presses) {
    const began = habit === 'pegged' ? start : start + tick * 160;
    for (let n = 0; n < press.ticks + 2; n++, tick++) {
      const end = n >= press.ticks - 1 && habit !== 'endless';
      const moved = habit === 'moving' || (habit === 'spoiltEnds' && n >= press.ticks);
      const shift = moved ? n * 160 - (habit === 'spoiltEnds' ? (press.ticks - 1) * 160 : 0) : 0;
      put(press.event, began + shift, 160 * Math.min(n + 1, press.ticks), end, n === 0);
    }
    // The repeated ends fall into the pause.
    audio(press.pauseTicks - 2);
  }
  audio(5);
  return wires;
}

/** What arrives, in order of arrival. */
export function travel(wires: readonly Wire[], network: Network, random: SeededRandom): Wire[] {
  const arrived: Wire[] = [];
  for (const wire of wires) {
    const copies = 1 + (random.nextRatio() < network.duplication ? 1 : 0);
    for (let copy = 0; copy < copies; copy++) {
      if (random.nextRatio() < network.loss) continue;
      arrived.push({ ...wire, atMs: wire.atMs + random.nextRatio() * network.jitterMs });
    }
  }
  return arrived.sort((one, other) => one.atMs - other.atMs);
}

/** Whether `part` is `whole` with nothing but omissions. */
export function isSubsequence(part: string, whole: string): boolean {
  let at = 0;
  for (const digit of whole) if (at < part.length && part[at] === digit) at += 1;
  return at === part.length;
}

/** The digits as text. */
export function pressed(presses: readonly Press[]): string {
  return presses.map((press) => digitOfEvent(press.event)).join('');
}

/** Random presses; every other one repeats the digit before, the hardest case to tell apart. */
export function randomPresses(count: number, leastTicks: number, random: SeededRandom): Press[] {
  const presses: Press[] = [];
  for (let n = 0; n < count; n++) {
    const before = presses[n - 1];
    const event = before !== undefined && random.nextRatio() < 0.5 ? before.event : random.nextUint32() % 16;
    const ticks = leastTicks + (random.nextUint32() % 10);
    presses.push({ event, ticks, pauseTicks: 3 + (random.nextUint32() % 5) });
  }
  return presses;
}
