/** Audio the server plays, made of numbers a test can find again in what is heard. */
import type { Programme, PromptClip } from '../../src/media/protocol.js';

/** A clip of these samples. */
export function clip(samples: Iterable<number>): PromptClip {
  const values = Int16Array.from(samples);
  const shared = new SharedArrayBuffer(Math.max(2, values.byteLength));
  new Int16Array(shared).set(values);
  return { samples: shared, length: values.length };
}

/** A clip of one value. */
export function flat(value: number, length: number): PromptClip {
  return clip(new Int16Array(length).fill(value));
}

/** A sine of whole Hz at 48 kHz. */
export function hum(frequencyHz: number, peak: number, durationMs: number): PromptClip {
  return clip(
    Float64Array.from(
      { length: durationMs * 48 },
      (_, at) => peak * Math.sin((2 * Math.PI * ((frequencyHz * at) % 48_000)) / 48_000),
    ),
  );
}

let lastProgrammeId = 0;

/** A programme of these clips, played once as they are unless said otherwise. */
export function programme(clips: readonly PromptClip[], changes: Partial<Programme> = {}): Programme {
  return {
    programmeId: ++lastProgrammeId,
    clips,
    plays: 1,
    gainDb: 0,
    startOffsetMs: 0,
    crossfadeMs: 0,
    complete: true,
    ...changes,
  };
}
