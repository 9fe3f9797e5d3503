/** Judges the files of a recording: who is in them, from which tick to which. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { partialDb } from '../../../demo/phone/ear.js';
import type { Voice } from '../../../demo/phone/voice.js';
import { readSidecar, readTrack, segmentText, tickOf } from '../recorder/read-track.js';
import type { Span } from './tick-ear.js';

/** Somebody to be looked for. */
interface Recorded {
  readonly legId: string;
  readonly voice: Pick<Voice, 'frequenciesHz' | 'peakDbfs'>;
}

/** Half of what a voice has in a tick in which it is there from beginning to end. */
const PRESENT_DB = -6;
const TICK = 960;

/** Files of a recording, judged. */
export class RecordedCall {
  readonly status: string;
  readonly firstTick: number;
  readonly endTick: number;

  constructor(
    private readonly root: string,
    private readonly recordingId: string,
  ) {
    const { status, firstTick, endTick } = readSidecar(root, recordingId);
    this.status = status;
    this.firstTick = firstTick ?? 0;
    this.endTick = endTick ?? 0;
    expect(this.endTick).toBeGreaterThan(this.firstTick);
  }

  /** The voice is there, as loud as spoken, in every tick but the edges; a tick or two may be made up on a busy machine. */
  expectAudio({ voice, legId }: Recorded, { from, until }: Span): void {
    const track = readTrack(this.root, this.recordingId, legId);
    const [frequencyHz = 0] = voice.frequenciesHz;
    const levels: number[] = [];
    for (let tick = from + 1; tick < until - 1; tick++) {
      const samples = tickOf(track, this.firstTick, tick);
      // 48 kHz seen as 8 kHz: every sixth sample, which a tone below 4 kHz survives.
      levels.push(
        partialDb(
          samples.filter((_, index) => index % 6 === 0),
          frequencyHz,
          TICK / 6,
        ) - voice.peakDbfs,
      );
    }
    const there = levels.filter((level) => Math.abs(level) < -PRESENT_DB).length;
    expect(levels.length, 'ticks to judge').toBeGreaterThan(5);
    expect(there / levels.length, `share of ticks with audio, ${this.#told(legId)}`).toBeGreaterThan(0.9);
  }

  /** Not one sample but zero; a leg that was never let in may have no track at all. */
  expectNothing({ legId }: Pick<Recorded, 'legId'>, { from, until }: Span): void {
    if (!readdirSync(join(this.root, this.recordingId)).includes(`${legId}.wav`)) return;
    const track = readTrack(this.root, this.recordingId, legId);
    const span = track.subarray((from - this.firstTick) * TICK, (until - this.firstTick) * TICK);
    expect(span.length).toBe((until - from) * TICK);
    expect(span.filter((sample) => sample !== 0).length, `samples that are not zero, ${this.#told(legId)}`).toBe(0);
  }

  /** Every track has a sample for every tick. */
  expectEqualLengths(): void {
    const { legs } = readSidecar(this.root, this.recordingId);
    expect(legs.length).toBeGreaterThan(0);
    for (const { legId } of legs) {
      expect(readTrack(this.root, this.recordingId, legId).length).toBe((this.endTick - this.firstTick) * TICK);
    }
  }

  #told(legId: string): string {
    return segmentText(readSidecar(this.root, this.recordingId), legId);
  }
}
