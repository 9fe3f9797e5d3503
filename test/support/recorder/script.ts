import type { TapState } from '../../../src/media/tap/ring.js';
import type { TapWriter } from '../../../src/media/tap/writer.js';

/** What each leg is in a tick: a state, or a number = audio whose samples all have that value, or nothing. */
export type Script = Readonly<Record<string, (tick: number) => TapState | number | undefined>>;

const silence = new Float32Array(960);

/** A frame whose samples all have one 16-bit value. */
export function flatFrame(value: number): Float32Array {
  return new Float32Array(960).fill(value / 32_768);
}

/** Plays a script into a ring; legs are sources in the order in which they are written. */
export function play(writer: TapWriter, script: Script, fromTick: number, toTick: number): void {
  for (let tick = fromTick; tick < toTick; tick++) {
    writer.begin(tick);
    Object.entries(script).forEach(([legId, at], number) => {
      const what = at(tick);
      if (what === undefined) return;
      if (typeof what === 'number') writer.frame(number, legId, 'audio', flatFrame(what));
      else writer.frame(number, legId, what, silence);
    });
    writer.commit();
  }
}
