import { describe, expect, it } from 'vitest';
import type { MixerLeg } from '../../../src/media/mixer/mixer-leg.js';
import { ToneRoom } from '../../support/tone-room.js';

const everybody = [0, 1, 2, 3, 4];

/** A room whose legs all talk. */
function room(change: (legs: readonly MixerLeg[], room: ToneRoom) => void = () => undefined): ToneRoom {
  const made = new ToneRoom(5);
  change(made.legs, made);
  made.steps(3, everybody);
  return made;
}

/** Who hears whom, with what gain: a row for each listener. */
function heard(made: ToneRoom): number[][] {
  return everybody.map((listener) => made.hears(listener).map((amplitude) => Math.round(amplitude * 10)));
}

/** A side talk of the legs with these indices: heard by and hearing each other only. */
function sideTalk({ legs, mixer }: ToneRoom, members: readonly number[]): void {
  for (const listener of members) {
    legs[listener]!.audience = { heardBy: 'pairs', hears: 'pairs' };
    for (const source of members) if (source !== listener) mixer.routing.set(legs[listener]!, legs[source]!, 1);
  }
}

describe('audiences', () => {
  it('let a coach whisper to one other, who hears it beside everybody', () => {
    const made = room((legs, { mixer }) => {
      legs[4]!.audience = { heardBy: 'pairs', hears: 'all' };
      mixer.routing.set(legs[0]!, legs[4]!, 2);
    });
    expect(heard(made)).toEqual([
      [0, 1, 1, 1, 2],
      [1, 0, 1, 1, 0],
      [1, 1, 0, 1, 0],
      [1, 1, 1, 0, 0],
      [1, 1, 1, 1, 0],
    ]);
    // The coach adds nothing to what others hear, so it is one of those who hear the sum as it is.
    expect(made.legs.map((leg) => leg.sharing)).toEqual([false, false, false, false, true]);
  });

  it('take legs aside, who hear each other and nobody else', () => {
    const made = room((_, aside) => sideTalk(aside, [1, 3, 4]));
    expect(heard(made)).toEqual([
      [0, 0, 1, 0, 0],
      [0, 0, 0, 1, 1],
      [1, 0, 0, 0, 0],
      [0, 1, 0, 0, 1],
      [0, 1, 0, 1, 0],
    ]);
  });

  it('let a private channel stay in the call: its members hear all, and each other besides', () => {
    const made = room((legs, { mixer }) => {
      for (const leg of legs.slice(0, 3)) leg.audience = { heardBy: 'pairs', hears: 'all' };
      for (const l of [0, 1, 2]) for (const s of [0, 1, 2]) if (l !== s) mixer.routing.set(legs[l]!, legs[s]!, 1);
    });
    expect(heard(made)).toEqual([
      [0, 1, 1, 1, 1],
      [1, 0, 1, 1, 1],
      [1, 1, 0, 1, 1],
      [0, 0, 0, 0, 1],
      [0, 0, 0, 1, 0],
    ]);
  });

  it('let a leg listen to one other only, and be heard by all', () => {
    const made = room((legs, { mixer }) => {
      legs[2]!.audience = { heardBy: 'all', hears: 'pairs' };
      mixer.routing.set(legs[2]!, legs[0]!, 1);
    });
    expect(made.hears(2)).toEqual([0.1, 0, 0, 0, 0]);
    expect(made.hears(0)).toEqual([0, 0.1, 0.1, 0.1, 0.1]);
  });

  it('keep two rooms in one call apart by closed pairs', () => {
    const made = room((legs, { mixer }) => {
      for (const a of [0, 1]) {
        for (const b of [2, 3, 4]) {
          mixer.routing.set(legs[a]!, legs[b]!, 0);
          mixer.routing.set(legs[b]!, legs[a]!, 0);
        }
      }
    });
    expect(heard(made)).toEqual([
      [0, 1, 0, 0, 0],
      [1, 0, 0, 0, 0],
      [0, 0, 0, 1, 1],
      [0, 0, 1, 0, 1],
      [0, 0, 1, 1, 0],
    ]);
  });

  it('change at any tick, and pairs set before count when they do', () => {
    const made = room((legs, { mixer }) => mixer.routing.set(legs[0]!, legs[4]!, 1));
    expect(made.hears(0)).toEqual([0, 0.1, 0.1, 0.1, 0.1]);
    made.legs[4]!.audience = { heardBy: 'pairs', hears: 'pairs' };
    made.steps(2, everybody);
    expect([made.hears(0), made.hears(1), made.hears(4)]).toEqual([
      [0, 0.1, 0.1, 0.1, 0.1],
      [0.1, 0, 0.1, 0.1, 0],
      [0, 0, 0, 0, 0],
    ]);
    made.legs[4]!.audience = { heardBy: 'pairs', hears: 'all' };
    made.mixer.routing.set(made.legs[0]!, made.legs[4]!, undefined);
    made.steps(2, everybody);
    expect([made.hears(0), made.hears(4)]).toEqual([
      [0, 0.1, 0.1, 0.1, 0],
      [0.1, 0.1, 0.1, 0.1, 0],
    ]);
  });

  it('are of no account to an isolated leg: no pair lets it through', () => {
    const made = room((legs, aside) => {
      sideTalk(aside, [0, 1, 2]);
      aside.mixer.routing.set(legs[3]!, legs[1]!, 2);
      legs[1]!.isolated = true;
    });
    expect(heard(made)).toEqual([
      [0, 0, 1, 0, 0],
      [0, 0, 0, 0, 0],
      [1, 0, 0, 0, 0],
      [0, 0, 0, 0, 1],
      [0, 0, 0, 1, 0],
    ]);
    expect(made.legs[1]!.heard.isSilent).toBe(true);
  });

  it('let members of a side talk leave', () => {
    const made = room((_, aside) => sideTalk(aside, [0, 1, 2]));
    made.mixer.removeLeg(made.legs.pop()!);
    made.mixer.removeLeg(made.legs.splice(1, 1)[0]!);
    made.steps(2, [0, 1]);
    expect(made.mixer.routing.size).toBe(2);
    expect(made.legs.map((leg) => leg.legId)).toEqual(['leg-0', 'leg-2', 'leg-3']);
    // The tones are those of places in the list: leg-2 says the second now.
    expect([made.hears(0), made.hears(1)]).toEqual([
      [0, 0.1, 0],
      [0.1, 0, 0],
    ]);
  });
});

describe('the cost of relations', () => {
  /** Passes over whole frames in one tick of `count` legs that all talk. */
  function passes(count: number, relate: (room: ToneRoom) => void): number {
    const made = new ToneRoom(count);
    relate(made);
    const noise = Float32Array.from({ length: 960 }, (_, n) => Math.sin(n) / (2 * count));
    const step = () => {
      for (const leg of made.legs) {
        leg.sourceFrame.set(noise);
        leg.submit();
      }
      made.mixer.sum();
      made.mixer.render();
    };
    step();
    const { run } = made.kernels;
    let calls = 0;
    const counted = Object.fromEntries(
      Object.entries(run).map(([name, kernel]: [string, (...args: number[]) => number]) => {
        return [name, (...args: number[]) => ((calls += Number(args.includes(960))), kernel(...args))];
      }),
    );
    Object.defineProperty(made.kernels, 'run', { value: counted });
    step();
    return calls;
  }

  const all = (count: number) => Array.from({ length: count }, (_, i) => i);
  const arrangements: [string, (room: ToneRoom) => void, number][] = [
    ['no relation', () => undefined, 0],
    [
      'a whisper',
      ({ legs, mixer }) => {
        legs[0]!.audience = { heardBy: 'pairs', hears: 'all' };
        mixer.routing.set(legs[1]!, legs[0]!, 1);
      },
      1,
    ],
    ['a side talk of all', (made) => sideTalk(made, all(made.legs.length)), 3],
    [
      'two side talks',
      (made) => {
        sideTalk(
          made,
          all(made.legs.length).filter((i) => i % 2 === 0),
        );
        sideTalk(
          made,
          all(made.legs.length).filter((i) => i % 2 === 1),
        );
      },
      3,
    ],
    [
      'two halves closed to each other by pairs',
      ({ legs, mixer }) => {
        for (const [l, listener] of legs.entries()) {
          for (const [s, source] of legs.entries()) if (l % 2 !== s % 2) mixer.routing.set(listener, source, 0);
        }
      },
      3,
    ],
    [
      'every pair set to what it is anyway',
      ({ legs, mixer }) => {
        for (const listener of legs)
          for (const source of legs) if (listener !== source) mixer.routing.set(listener, source, 1);
      },
      0,
    ],
  ];

  it.each(arrangements)('goes with the legs, not with the pairs: %s', (_name, relate, mostMorePerLeg) => {
    const [bare20, bare40] = [passes(20, () => undefined), passes(40, () => undefined)];
    const [with20, with40] = [passes(20, relate), passes(40, relate)];
    expect(with20 - bare20).toBeLessThanOrEqual(20 * mostMorePerLeg);
    expect(with40 - bare40).toBeLessThanOrEqual(40 * mostMorePerLeg);
    // The count counts: every leg is settled, added to the sum, and taken out of its own mix.
    expect(bare20).toBeGreaterThanOrEqual(60);
  });
});
