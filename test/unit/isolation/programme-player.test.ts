import { describe, expect, it } from 'vitest';
import { EDGE_SAMPLES, FadeTail } from '../../../src/media/isolation/fades.js';
import { ProgrammePlayer } from '../../../src/media/isolation/programme-player.js';
import { ProgrammeRegistry, ProgrammeTrack } from '../../../src/media/isolation/programme-track.js';
import type { Programme, PromptClip } from '../../../src/media/protocol.js';
import { clip, flat, programme } from '../../support/clips.js';

const frameLength = 960;

/** Plays ticks until the end, or so many; gives what was heard in units of int16. */
function play(player: ProgrammePlayer, ticks = 1000): Float64Array {
  const heard: number[] = [];
  for (let tick = 0; tick < ticks && !player.ended; tick++) {
    const frame = new Float32Array(frameLength);
    const end = player.fill(frame, 0);
    expect(frame.subarray(end).every((sample) => sample === 0)).toBe(true);
    heard.push(...frame.subarray(0, end));
  }
  return Float64Array.from(heard, (sample) => sample * 32_768);
}

function playerOf(clips: readonly PromptClip[], changes: Partial<Programme> = {}): ProgrammePlayer {
  return new ProgrammePlayer(new ProgrammeTrack(programme(clips, changes)));
}

/** Samples that are all different: count up from `from`. */
function ramp(from: number, length: number): PromptClip {
  return clip(Int16Array.from({ length }, (_, at) => from + at));
}

function values({ samples, length }: PromptClip): number[] {
  return [...new Int16Array(samples, 0, length)];
}

/** What the drawing in the player's docblock says, made sample by sample. */
function reference(clips: readonly PromptClip[], plays: number, crossfade: number): number[] {
  const list = Array.from({ length: plays }, () => clips.map(values)).flat();
  const all: number[] = [];
  list.forEach((next, index) => {
    const before = list[index - 1];
    const overlap = before ? Math.min(crossfade, before.length >> 1, next.length >> 1) : 0;
    const join = all.length - overlap;
    next.forEach((sample, at) => {
      if (at >= overlap) all.push(sample);
      else {
        const rising = (at + 0.5) / overlap;
        all[join + at] = all[join + at]! * (1 - rising) + sample * rising;
      }
    });
  });
  return all;
}

describe('a programme player', () => {
  it.each([1, 100, 959, 960, 961, 1920, 5000])(
    'plays %i samples, no one more, and knows the end with the last',
    (length) => {
      const sound = ramp(1, length);
      const player = playerOf([sound]);
      const ticks = Math.ceil(length / frameLength);
      expect([...play(player, ticks)]).toEqual(values(sound));
      expect(player.ended).toBe(true);
      expect(player.playedSamples).toBe(length);
      expect(player.waitedSamples).toBe(0);
    },
  );

  it('plays clips of any length without a gap, as often as it shall', () => {
    const clips = [ramp(1, 7), ramp(100, 960), ramp(2000, 1), ramp(3000, 1234)];
    const player = playerOf(clips, { plays: 3 });
    expect([...play(player)]).toEqual([1, 2, 3].flatMap(() => clips.flatMap(values)));
    expect(player.playedSamples).toBe(3 * 2202);
  });

  it('plays for ever when it shall', () => {
    const player = playerOf([ramp(0, 1000)], { plays: 0 });
    const heard = play(player, 200);
    expect(heard.every((sample, at) => sample === at % 1000)).toBe(true);
    expect(heard).toHaveLength(200 * frameLength);
  });

  it.each([
    [5, 1],
    [10, 1],
    [100, 1],
    [3, 4],
  ])('overlaps clips by %i ms at linear gains that add up to 1, played %i times', (crossfadeMs, plays) => {
    const clips = [ramp(-8000, 3000), ramp(9000, 700), flat(500, 41), ramp(-20_000, 5001)];
    const player = playerOf(clips, { crossfadeMs, plays });
    const wanted = reference(clips, plays, crossfadeMs * 48);
    const heard = play(player);
    expect(heard).toHaveLength(wanted.length);
    expect(Math.max(...heard.map((sample, at) => Math.abs(sample - wanted[at]!)))).toBeLessThan(0.01);
    expect(player.playedSamples).toBe(wanted.length);
  });

  it('keeps a level that does not change through crossfades', () => {
    const heard = play(playerOf([flat(10_000, 2000), flat(10_000, 2000), flat(10_000, 2000)], { crossfadeMs: 20 }));
    expect(heard).toHaveLength(6000 - 2 * 960);
    expect(heard.every((sample) => Math.abs(sample - 10_000) < 0.01)).toBe(true);
  });

  it('applies its gain', () => {
    const heard = play(playerOf([flat(8000, 2000)], { gainDb: -20 }));
    expect(heard[1000]).toBeCloseTo(800, 2);
  });

  it.each([
    [0, 1],
    [10, 1],
    [36, 1],
    [10, 2],
    [200, 2],
  ])('leaves out the first %i ms of %i rounds, and fades in', (startOffsetMs, plays) => {
    const clips = [flat(1000, 1000), flat(2000, 1000)];
    const heard = play(playerOf(clips, { startOffsetMs, plays }));
    const all = reference(clips, plays, 0);
    // An offset beyond the first round leaves the second whole.
    const wanted = all.slice(Math.min(startOffsetMs * 48, 2000));
    expect(heard).toHaveLength(wanted.length);
    const edge = startOffsetMs === 0 ? 0 : EDGE_SAMPLES;
    expect([...heard.slice(edge)]).toEqual(wanted.slice(edge));
    for (let at = 1; at < edge; at++) expect(heard[at]! - heard[at - 1]!).toBeCloseTo(wanted[0]! / EDGE_SAMPLES, 2);
  });

  it('has nothing to play beyond its end', () => {
    for (const player of [playerOf([]), playerOf([], { plays: 0 }), playerOf([flat(1, 10)], { startOffsetMs: 1 })]) {
      expect(player.fill(new Float32Array(frameLength), 0)).toBe(0);
      expect(player.ended).toBe(true);
      expect(player.playedSamples).toBe(0);
    }
  });

  it('waits in silence while it is dry, counts that, and goes on at the sample', () => {
    const track = new ProgrammeTrack(programme([], { complete: false }));
    const player = new ProgrammePlayer(track);
    const first = new Float32Array(frameLength);
    expect(player.fill(first, 0)).toBe(frameLength);
    expect(player.waitedSamples).toBe(960);
    track.extend([ramp(1, 1000)], false);
    const heard = [...play(player, 2)];
    expect(heard.slice(0, 1000)).toEqual(values(ramp(1, 1000)));
    expect(heard.slice(1000).every((sample) => sample === 0)).toBe(true);
    expect(player.waitedSamples).toBe(960 + 920);
    track.extend([ramp(2000, 500)], true);
    expect([...play(player)]).toEqual(values(ramp(2000, 500)));
    expect(player.playedSamples).toBe(1500);
    expect(player.waitedSamples).toBe(960 + 920);
  });

  it('ends without a sample when nothing more comes', () => {
    const track = new ProgrammeTrack(programme([flat(5, 960)], { complete: false }));
    const player = new ProgrammePlayer(track);
    play(player, 1);
    expect(player.ended).toBe(false);
    track.extend([], true);
    expect(player.fill(new Float32Array(frameLength), 0)).toBe(0);
    expect(player.ended).toBe(true);
    track.extend([flat(1, 960)], true);
    expect(player.fill(new Float32Array(frameLength), 0)).toBe(0);
  });

  it('crossfades what is left with a clip that comes while the one before still plays', () => {
    const track = new ProgrammeTrack(programme([flat(1000, 1000)], { complete: false, crossfadeMs: 10 }));
    const player = new ProgrammePlayer(track);
    const before = play(player, 1);
    expect(before.every((sample) => Math.abs(sample - 1000) < 0.01)).toBe(true);
    track.extend([flat(1000, 2000)], true);
    const after = play(player);
    // 40 samples were left to overlap with, in place of 480.
    expect(after).toHaveLength(2000);
    expect(after.every((sample) => Math.abs(sample - 1000) < 0.01)).toBe(true);
  });

  it('plays the same whether clips come at once or in time', () => {
    const clips = [ramp(0, 3000), ramp(-3000, 2500), ramp(7000, 4000)];
    const whole = play(playerOf(clips, { crossfadeMs: 7 }));
    const track = new ProgrammeTrack(programme(clips.slice(0, 1), { crossfadeMs: 7, complete: false }));
    const player = new ProgrammePlayer(track);
    const heard = [...play(player, 1)];
    track.extend(clips.slice(1, 2), false);
    heard.push(...play(player, 3));
    track.extend(clips.slice(2), true);
    heard.push(...play(player));
    expect(heard).toEqual([...whole]);
  });

  it('starts over', () => {
    const sound = ramp(1, 2500);
    const player = playerOf([sound]);
    play(player, 2);
    player.restart();
    expect([...play(player)]).toEqual(values(sound));
    expect(player.playedSamples).toBe(1920 + 2500);
  });

  it('leaves a faded end when it is cut, and fades in where it goes on', () => {
    const player = playerOf([flat(10_000, 4800)]);
    const tail = new FadeTail();
    player.cut(tail);
    expect(tail.sounding).toBe(false);
    play(player, 2);
    player.cut(tail);
    expect(player.playedSamples).toBe(1920);
    const frame = new Float32Array(frameLength);
    tail.drainInto(frame);
    tail.drainInto(frame);
    expect(frame[0]! * 32_768).toBeGreaterThan(9900);
    for (let at = 1; at <= EDGE_SAMPLES; at++) {
      expect((frame[at - 1]! - frame[at]!) * 32_768).toBeLessThan(10_000 / EDGE_SAMPLES + 0.1);
    }
    expect(frame.subarray(EDGE_SAMPLES).every((sample) => sample === 0)).toBe(true);
    const heard = play(player);
    expect(heard).toHaveLength(4800 - 1920);
    expect(heard[0]).toBeLessThan(100);
    expect(heard[EDGE_SAMPLES]).toBe(10_000);
    player.cut(tail);
    expect(tail.sounding).toBe(false);
  });

  it('fades only what there is when it is cut shortly before its end', () => {
    const player = playerOf([flat(10_000, 980)]);
    const tail = new FadeTail();
    play(player, 1);
    player.cut(tail);
    const frame = new Float32Array(frameLength);
    tail.drainInto(frame);
    expect(frame[19]).toBeGreaterThan(0);
    expect(frame[20]).toBe(0);
    expect(play(player)).toHaveLength(20);
  });

  it('goes on from the middle of a frame', () => {
    const frame = new Float32Array(frameLength);
    const end = playerOf([flat(1, 100)]).fill(frame, 0);
    const player = playerOf([flat(2, 1000)]);
    expect(player.fill(frame, end)).toBe(frameLength);
    expect(player.playedSamples).toBe(860);
    expect(frame[99]! * 32_768).toBe(1);
    expect(frame[100]! * 32_768).toBe(2);
  });
});

describe('the programmes of a call', () => {
  it('are extended while something may play them', () => {
    const registry = new ProgrammeRegistry();
    const order = programme([], { complete: false });
    const track = registry.open(order);
    registry.extend(order.programmeId, [flat(1, 10)], false);
    expect(track.clips).toHaveLength(1);
    const again = registry.open(order);
    registry.close(track);
    registry.extend(order.programmeId, [flat(1, 10)], true);
    expect([track.clips.length, again.clips.length]).toEqual([1, 1]);
    registry.close(again);
    registry.extend(order.programmeId, [flat(1, 10)], true);
    expect(again.clips).toHaveLength(1);
    expect(registry.size).toBe(0);
  });

  it('take no more of a clip than its memory holds, and no empty clips', () => {
    const { samples } = flat(1, 10);
    const track = new ProgrammeTrack(
      programme([
        { samples, length: 1000 },
        { samples, length: 0 },
      ]),
    );
    expect(track.clips.map(({ length }) => length)).toEqual([10]);
  });
});
