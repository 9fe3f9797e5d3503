/** Legs that are asked, wait with music, are kept out, and hear announcements, for `inProcessOfItsOwn`. */
import { LegIsolation } from '../../../src/media/isolation/leg-isolation.js';
import { Playback } from '../../../src/media/isolation/playback.js';
import { ProgrammeRegistry } from '../../../src/media/isolation/programme-track.js';
import { Mixer } from '../../../src/media/mixer/mixer.js';
import { hum, programme } from '../clips.js';
import { order, rules } from '../interaction-order.js';
import { createKernels } from '../kernels.js';
import { PCMU } from '../media-rig.js';
import { measureGrowth } from './growth.js';

const forever = 2 ** 30;

const kernels = createKernels();
const mixer = new Mixer(kernels);
const registry = new ProgrammeRegistry();
const clips = [hum(440, 8000, 333), hum(600, 8000, 77), hum(900, 8000, 1)];
const endless = (crossfadeMs: number) => programme(clips, { plays: 0, crossfadeMs, startOffsetMs: 5 });
const legs = Array.from({ length: 8 }, (_, index) => {
  const place = mixer.addLeg(`${index}`);
  place.setFormat(PCMU);
  const isolation = new LegIsolation(registry);
  if (index === 1 || index === 2) isolation.start(order({ prompt: endless(index * 10) }), 0);
  // Asks over and over: 20 ticks of prompt, 15 to wait.
  const gather = rules({ timeoutTicks: 15, retries: forever });
  if (index === 3 || index === 4) {
    isolation.start(order({ prompt: programme([hum(440, 8000, 400)]), music: endless(3), gather }), 0);
  }
  if (index === 5) isolation.keepOut(endless(20));
  if (index === 6) isolation.start(order({ prompt: programme([], { complete: false }) }), 0);
  place.isolated = isolation.isolated;
  return { place, isolation };
});
const announcement = new Playback(
  { playbackId: 'announcement', programme: endless(50), legIds: undefined, duckDb: -10 },
  registry,
);
let sent = 0;
const tick = (number: number): void => {
  mixer.sum();
  for (const { place, isolation } of legs) {
    if (!isolation.isBusy) continue;
    const { frame, pointer } = place.programme;
    kernels.run.zero(pointer, frame.length);
    if (isolation.step(number, frame)) throw new Error('No interaction was to end.');
    if (kernels.run.isZero(pointer, frame.length) === 0) place.programme.submit();
  }
  kernels.run.zero(mixer.programme.pointer, mixer.programme.frame.length);
  announcement.fill(mixer.programme.frame);
  mixer.programme.submit(announcement.duckGain);
  mixer.render();
  for (const { place } of legs) sent += place.payload().bytes[0]!;
};
await measureGrowth(tick, { warmUpTicks: 15_000, ticks: 20_000, sent: () => sent });
