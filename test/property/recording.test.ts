import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TapState } from '../../src/media/tap/ring.js';
import { removeDirectory, startRecorder, temporaryDirectory } from '../support/recorder/recorder-rig.js';
import { readSidecar, readTrack, tickOf } from '../support/recorder/read-track.js';
import { flatFrame, play } from '../support/recorder/script.js';

const ticks = 150;
const firstTick = 40;
const states: readonly (TapState | undefined)[] = ['audio', 'silent', 'muted', 'isolated', 'noConsent'];

/** A leg's life: when it is in the call, and what it is in which runs. */
const leg = fc.record({
  joins: fc.nat(ticks),
  leaves: fc.nat(ticks),
  runs: fc.array(fc.record({ ticks: fc.integer({ min: 1, max: 30 }), state: fc.constantFrom(...states) }), {
    minLength: 1,
    maxLength: 40,
  }),
});

/** State of each tick; a leg without a frame in between has left for good, so it has none after that. */
function statesOf({
  joins,
  leaves,
  runs,
}: {
  joins: number;
  leaves: number;
  runs: { ticks: number; state: TapState | undefined }[];
}) {
  const all = runs.flatMap((run) => Array.from({ length: run.ticks }, () => run.state));
  return (tick: number): TapState | undefined => {
    const at = tick - firstTick;
    return at < joins || at >= leaves ? undefined : all[at % all.length];
  };
}

test('whatever legs do and whenever the worker looks, every track holds exactly what each tick was', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(leg, { minLength: 1, maxLength: 4 }),
      fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 20 }),
      fc.option(fc.record({ leg: fc.nat(3), before: fc.nat(ticks), at: fc.nat(ticks) }), { nil: undefined }),
      async (legs, looks, purge) => {
        const rig = await startRecorder(temporaryDirectory());
        const lives = legs.map(statesOf);
        const value = (number: number, tick: number) => 1 + number * 1000 + tick;
        const script = Object.fromEntries(
          lives.map((life, number) => [
            `leg_${number}`,
            (tick: number) => (life(tick) === 'audio' ? value(number, tick) : life(tick)),
          ]),
        );
        const writer = await rig.record('recording_1', { firstTick });
        let purging: Promise<void> | undefined;
        for (let tick = firstTick, look = 0; tick < firstTick + ticks; look++) {
          const next = Math.min(firstTick + ticks, tick + (looks[look % looks.length] ?? 1));
          play(writer, script, tick, next);
          if (purge && !purging && next - firstTick > purge.at) {
            purging = rig.recorder.purge('recording_1', `leg_${purge.leg}`, firstTick + purge.before);
            await Promise.resolve();
          }
          rig.pass(100 * (1 + (look % 7)));
          tick = next;
        }
        writer.end(firstTick + ticks);
        rig.pass(200);
        await purging;
        await rig.ended();

        const sidecar = readSidecar(rig.root, 'recording_1');
        lives.forEach((life, number) => {
          const legId = `leg_${number}`;
          const told = sidecar.legs.find((known) => known.legId === legId);
          const joined = Array.from({ length: ticks }, (_, at) => life(firstTick + at)).some(Boolean);
          expect(told !== undefined).toBe(joined);
          if (!told) return;
          const track = readTrack(rig.root, 'recording_1', legId);
          expect(track).toHaveLength(ticks * 960);
          for (const { fromTick, toTick, state } of told.segments) {
            for (let tick = fromTick; tick < toTick; tick++) {
              const wiped = purge?.leg === number && tick < firstTick + purge.before;
              const was = life(tick) ?? 'absent';
              const voice = was === 'audio' && !wiped ? value(number, tick) : 0;
              expect(Buffer.compare(octets(tickOf(track, firstTick, tick)), frameOf(voice)), `${legId} ${tick}`).toBe(
                0,
              );
              const folded = was === 'silent' && (state === 'audio' || state === 'purged');
              expect(folded || state === (was === 'audio' && wiped ? 'purged' : was), `${state} ${was}`).toBe(true);
            }
          }
          expect(told.segments.at(-1)?.toTick).toBe(firstTick + ticks);
        });
        await rig.recorder.close();
        removeDirectory(rig.root);
      },
    ),
    { numRuns: 25 },
  );
});

function octets(samples: Int16Array): Uint8Array {
  return new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
}

function frameOf(value: number): Uint8Array {
  return octets(Int16Array.from(flatFrame(value), (sample) => sample * 32_768));
}
