import { describe, expect, it } from 'vitest';
import { phaseSlips } from '../../../demo/phone/phase.js';
import { MediaRig, PCMA, PCMU, sine } from '../../support/media-rig.js';

const TONE_HZ = 1004;
const TICKS_PER_MINUTE = 3000;

/** What a listener hears of a tone over `ticks`, after the first second. */
async function listen(ticks: number, phaseMs: number, jitterMs: number): Promise<Int16Array> {
  const rig = new MediaRig();
  rig.command({ type: 'openCall', callId: 'room' });
  const talker = await rig.join('room', 'talker', { send: PCMA });
  const listener = await rig.join('room', 'listener', { send: PCMU });
  const second = Array.from({ length: 50 }, (_, index) => sine(TONE_HZ, 10_000)(index));
  talker.speak = (index) => second[index % 50];
  for (let tick = 0; tick < ticks; tick++) {
    // Deterministic wobble of the arrival within the tick; 7 and 50 have no common factor.
    rig.sendPhaseMs = phaseMs + (jitterMs * ((tick * 7) % 50)) / 50;
    rig.tick();
  }
  return listener.heard(50);
}

describe('a steady tone', () => {
  it.each([2, 10, 17])(
    'passes for ten minutes without a frame inserted, dropped or repeated, arriving %s ms after the tick',
    async (phaseMs) => {
      expect(phaseSlips(await listen(10 * TICKS_PER_MINUTE, phaseMs, 2), TONE_HZ)).toEqual([]);
    },
  );

  it('would show a frame that is missing, doubled or silent', async () => {
    const heard = await listen(200, 10, 0);
    const without = Int16Array.from([...heard.subarray(0, 8000), ...heard.subarray(8160)]);
    const doubled = Int16Array.from([...heard.subarray(0, 8160), ...heard.subarray(8000)]);
    const silent = heard.slice();
    silent.fill(0, 8000, 8160);
    for (const spoilt of [without, doubled, silent]) expect(phaseSlips(spoilt, TONE_HZ).length).toBeGreaterThan(0);
  });
});
