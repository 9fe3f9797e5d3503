import { tickMs } from './frame.js';

/** Loudness approaches what is heard with 0.2 s, and fades with 3 s once speech has ended. */
const attack = tickMs / 200;
const fade = tickMs / 3000;
/** Quieter than this adds nothing, dBov. */
const quietDbov = -60;
/** Somebody has to be louder by this much to take another's place, dB; two who speak alike do not flicker. */
const marginDb = 4;
/** Below this loudness a leg is no recent speaker. */
const leastLoudness = 1;

/** What is remembered of one leg. */
export interface Speaker {
  readonly legId: string;
  /** Recent loudness in dB above −60 dBov, 0 = has not spoken. */
  loudness: number;
}

/** Moves a leg's recent loudness by one tick. */
export function hearSpeaker(speaker: Speaker, levelDbov: number, speaking: boolean): void {
  const heard = speaking ? Math.max(0, levelDbov - quietDbov) : 0;
  speaker.loudness += (heard - speaker.loudness) * (heard > speaker.loudness ? attack : fade);
}

/**
 * Puts recent speakers in order, loudest first, changing what was in order as little as the loudness allows.
 *
 * @param order    ids as they were ordered last
 * @param speakers all legs that are there now
 * @returns `order` itself when nothing changed
 */
export function orderSpeakers(order: readonly string[], speakers: readonly Speaker[]): readonly string[] {
  const place = (legId: string): number => {
    const at = order.indexOf(legId);
    return at < 0 ? order.length : at;
  };
  const recent = speakers
    .filter(({ loudness }) => loudness >= leastLoudness)
    .sort((left, right) => place(left.legId) - place(right.legId) || right.loudness - left.loudness);
  // Bubbles up only what is louder by the margin; few legs speak at a time, and this runs five times a second.
  for (let from = 1; from < recent.length; from++) {
    for (let at = from; at > 0 && recent[at]!.loudness > recent[at - 1]!.loudness + marginDb; at--) {
      [recent[at - 1], recent[at]] = [recent[at]!, recent[at - 1]!];
    }
  }
  const unchanged = recent.length === order.length && recent.every(({ legId }, at) => legId === order[at]);
  return unchanged ? order : recent.map(({ legId }) => legId);
}
