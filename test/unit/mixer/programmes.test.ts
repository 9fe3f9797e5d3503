import { describe, expect, it } from 'vitest';
import type { ProgrammeInput } from '../../../src/media/mixer/programme-input.js';
import { ToneRoom } from '../../support/tone-room.js';

const promptHz = 3000;
const announcementHz = 3400;

/** Plays a tone in this tick. */
function play(input: ProgrammeInput, frequencyHz: number, duckGain?: number): void {
  // Whole periods in a frame: continuous from tick to tick.
  const step = (2 * Math.PI * frequencyHz) / 48_000;
  for (let n = 0; n < 960; n++) input.frame[n] = 0.1 * Math.sin(step * n);
  input.submit(duckGain);
}

describe('an isolated leg', () => {
  it('is heard by nobody and hears nobody from the very tick', () => {
    const room = new ToneRoom(3);
    room.steps(3, [0, 1]);
    room.legs[0]!.isolated = true;
    room.step([0, 1]);
    expect(room.legs[0]!.sourceFrame.every((value) => value === 0)).toBe(true);
    expect([room.legs[0]!.audible, room.legs[0]!.inMix]).toEqual([false, false]);
    expect(room.legs[0]!.heard.pcm48.every((value) => value === 0)).toBe(true);
    room.step([0, 1]);
    expect([room.hears(0), room.hears(1), room.hears(2)]).toEqual([
      [0, 0, 0],
      [0, 0, 0],
      [0, 0.1, 0],
    ]);
    expect(room.legs[0]!.heard.isSilent).toBe(true);
  });

  it('hears its programme alone, and not what is played to the call', () => {
    const room = new ToneRoom(3);
    room.legs[0]!.isolated = true;
    room.steps(3, [0, 1], 0.1, () => {
      play(room.legs[0]!.programme, promptHz, 0);
      play(room.mixer.programme, announcementHz);
    });
    expect([room.amplitude(0, promptHz), room.amplitude(0, announcementHz)]).toEqual([0.1, 0]);
    expect([room.amplitude(2, promptHz), room.amplitude(2, announcementHz)]).toEqual([0, 0.1]);
    expect([room.hears(0), room.hears(2)]).toEqual([
      [0, 0, 0],
      [0, 0.1, 0],
    ]);
    // Exactly the programme.
    const { frame } = room.legs[0]!.programme;
    expect(room.legs[0]!.heard.pcm48).toEqual(frame);
  });

  it('hears the others fade in when it is back, and only it does', () => {
    const room = new ToneRoom(3);
    room.legs[0]!.isolated = true;
    room.steps(3, [1]);
    room.legs[0]!.isolated = false;
    room.step([1]);
    const [fading, steady] = [0, 2].map((leg) => room.legs[leg]!.heard.pcm48);
    fading!.forEach((sample, at) => expect(sample).toBeCloseTo((steady![at]! * (at + 0.5)) / 960, 3));
    room.steps(3, [1]);
    expect(room.hears(0)).toEqual(room.hears(2));
    expect(room.legs[0]!.sharing).toBe(true);
  });

  it('fades in when it is back', () => {
    const room = new ToneRoom(2);
    room.legs[0]!.isolated = true;
    room.steps(3, [0]);
    room.legs[0]!.isolated = false;
    room.step([0]);
    const faded = room.legs[0]!.sourceFrame;
    expect(Math.max(...faded.subarray(0, 96).map(Math.abs))).toBeLessThan(0.011);
    room.steps(2, [0]);
    expect(room.hears(1)[0]).toBe(0.1);
  });

  it('is so until the next tick when that changes between sum and render', () => {
    const room = new ToneRoom(2);
    room.legs[0]!.isolated = true;
    room.steps(3, [0, 1], 0.1, () => (room.legs[0]!.isolated = false));
    room.legs[0]!.isolated = true;
    room.step([0, 1], 0.1, () => (room.legs[0]!.isolated = false));
    expect(room.legs[0]!.inMix).toBe(false);
    expect(room.legs[0]!.heard.pcm48.every((value) => value === 0)).toBe(true);
    room.steps(2, [0, 1]);
    expect([room.legs[0]!.inMix, room.hears(0)]).toEqual([true, [0, 0.1]]);
  });

  it('hears silence together with everybody while nobody talks', () => {
    const room = new ToneRoom(4);
    room.legs[0]!.isolated = true;
    room.steps(3, []);
    expect(room.mixer.sharingLegs).toBe(4);
  });
});

describe('a programme', () => {
  it('is heard by one leg on top of the mix, which is ducked, and by nobody else', () => {
    const room = new ToneRoom(3);
    room.steps(4, [1], 0.1, () => play(room.legs[0]!.programme, promptHz, 0.25));
    expect([room.hears(0), room.amplitude(0, promptHz)]).toEqual([[0, 0.025, 0], 0.1]);
    expect([room.hears(2), room.amplitude(2, promptHz)]).toEqual([[0, 0.1, 0], 0]);
  });

  it('of the call is heard by all in the mix, deaf legs too, and rendered once for those who are silent', () => {
    const room = new ToneRoom(5);
    room.legs[3]!.deaf = true;
    room.legs[4]!.audience = { heardBy: 'pairs', hears: 'pairs' };
    room.steps(4, [0, 1], 0.1, () => play(room.mixer.programme, announcementHz, 0.5));
    expect(room.legs.map((_, index) => room.amplitude(index, announcementHz))).toEqual([0.1, 0.1, 0.1, 0.1, 0.1]);
    expect(room.legs.map((_, index) => room.hears(index).slice(0, 2))).toEqual([
      [0, 0.05],
      [0.05, 0],
      [0.05, 0.05],
      [0, 0],
      [0, 0],
    ]);
    room.steps(3, [], 0.1, () => play(room.mixer.programme, announcementHz, 0.5));
    expect(room.mixer.sharingLegs).toBe(5);
  });

  it('of the call and of a leg add up, and their ducking multiplies', () => {
    const room = new ToneRoom(2);
    room.steps(4, [1], 0.1, () => {
      play(room.mixer.programme, announcementHz, 0.5);
      play(room.legs[0]!.programme, promptHz, 0.5);
    });
    expect([room.hears(0), room.amplitude(0, announcementHz), room.amplitude(0, promptHz)]).toEqual([
      [0, 0.025],
      0.1,
      0.1,
    ]);
  });

  it('counts for one tick only', () => {
    const room = new ToneRoom(2);
    room.step([], 0.1, () => {
      play(room.mixer.programme, announcementHz);
      play(room.legs[0]!.programme, promptHz);
    });
    room.steps(3, []);
    expect(room.legs.map((leg) => leg.heard.isSilent)).toEqual([true, true]);
  });

  it('fades the mix down over one frame, and up again in the first tick without it', () => {
    const room = new ToneRoom(2);
    room.steps(3, [0]);
    /** Gain of what leg 1 hears against what leg 0 says, at three places of the frame. */
    const gains = () => {
      const [heard, said] = [room.legs[1]!.heard.pcm48, room.legs[0]!.sourceFrame];
      return [24, 504, 888].map((n) => Math.round((heard[n]! / said[n]!) * 100) / 100);
    };
    const silent = (duckGain: number) => () => {
      room.mixer.programme.frame.fill(0);
      room.mixer.programme.submit(duckGain);
    };
    room.step([0], 0.1, silent(0));
    expect(gains()).toEqual([0.97, 0.47, 0.07]);
    room.step([0], 0.1, silent(0));
    expect(gains()).toEqual([0, 0, 0]);
    room.step([0]);
    expect(gains()).toEqual([0.03, 0.53, 0.93]);
    room.step([0]);
    expect(gains()).toEqual([1, 1, 1]);
  });

  it('takes nothing from exactness: a leg hears not one bit of itself under it', () => {
    const room = new ToneRoom(3);
    const alone = new ToneRoom(3);
    const announce = (made: ToneRoom) => () => play(made.mixer.programme, announcementHz, 0.37);
    for (let i = 0; i < 5; i++) {
      // What leg 0 hears is the same whatever it says itself.
      room.step([0, 1, 2], 0.3, announce(room));
      alone.step([1, 2], 0.3, announce(alone));
      expect(room.legs[0]!.heard.pcm48).toEqual(alone.legs[0]!.heard.pcm48);
    }
  });

  it('too loud for full scale is limited, not clipped', () => {
    const room = new ToneRoom(2);
    room.steps(4, [1], 0.9, () => {
      play(room.legs[0]!.programme, promptHz);
      room.legs[0]!.programme.frame.forEach((value, n, frame) => (frame[n] = value * 9));
    });
    expect(Math.max(...room.legs[0]!.heard.pcm48.map(Math.abs))).toBeLessThan(1);
    expect(room.hears(0)[1]! / room.amplitude(0, promptHz)).toBeCloseTo(1, 1);
  });
});

describe('a leg that fails between sum and render', () => {
  it('is in nobody’s mix any more, also where it had been closed', () => {
    const room = new ToneRoom(4);
    room.mixer.routing.set(room.legs[3]!, room.legs[0]!, 0);
    room.steps(2, [0, 1]);
    room.step([0, 1], 0.1, () => room.mixer.removeLeg(room.legs[0]!));
    const [, said, silent, closed] = room.legs;
    expect(silent!.heard.pcm48).toEqual(said!.sourceFrame);
    expect(closed!.heard.pcm48).toEqual(said!.sourceFrame);
    expect(said!.heard.pcm48.every((value) => value === 0)).toBe(true);
  });
});
