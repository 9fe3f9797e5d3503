import type { Script } from './script.js';

/** What leg_b said before this tick is purged while the recording goes on. */
export const purgedBefore = 45;

/** Every tick of every leg has a value of its own, so that a misplaced one shows. */
export const mortalScript: Script = {
  leg_a: (tick) => 1 + (tick % 30_000),
  // Joins late, is without consent now and then.
  leg_b: (tick) => (tick < 20 ? undefined : tick % 50 >= 40 ? 'noConsent' : 2 + (tick % 30_000)),
  // Comes and goes.
  leg_c: (tick) => (tick < 30 || tick >= 70 ? undefined : 3 + (tick % 30_000)),
};
