import { describe, expect, it } from 'vitest';
import { ToneRoom } from '../../support/tone-room.js';

const everybody = [0, 1, 2, 3, 4];

/** A room of five whose legs all talk. */
function room(change: (room: ToneRoom) => void): ToneRoom {
  const made = new ToneRoom(5);
  change(made);
  made.steps(3, everybody);
  return made;
}

/** Who hears whom, with what gain: a row for each listener. */
function heard(made: ToneRoom): number[][] {
  return everybody.map((listener) => made.hears(listener).map((amplitude) => Math.round(amplitude * 10)));
}

/** Sets the gain of every pair of these listeners and sources save a leg and itself. */
function relate({ legs, mixer }: ToneRoom, listeners: readonly number[], sources: readonly number[], gain = 1): void {
  for (const listener of listeners) {
    for (const source of sources) if (source !== listener) mixer.routing.set(legs[listener]!, legs[source]!, gain);
  }
}

/** Lets the leg with this index be heard by one other only, who may hear it louder. */
function whisper(made: ToneRoom, coach: number, listener: number, gain = 1): void {
  made.legs[coach]!.audience = { heardBy: 'pairs', hears: 'all' };
  relate(made, [listener], [coach], gain);
}

/** A side talk of the legs with these indices: heard by and hearing each other only. */
function sideTalk(made: ToneRoom, members: readonly number[]): void {
  for (const member of members) made.legs[member]!.audience = { heardBy: 'pairs', hears: 'pairs' };
  relate(made, members, members);
}

/** Legs with these indices do not hear those, and the other way round. */
function part(made: ToneRoom, some: readonly number[], others: readonly number[]): void {
  relate(made, some, others, 0);
  relate(made, others, some, 0);
}

describe('audiences', () => {
  it('let a coach whisper to one other, who hears it beside everybody', () => {
    const made = room((the) => whisper(the, 4, 0, 2));
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
    const made = room((the) => sideTalk(the, [1, 3, 4]));
    expect(heard(made)).toEqual([
      [0, 0, 1, 0, 0],
      [0, 0, 0, 1, 1],
      [1, 0, 0, 0, 0],
      [0, 1, 0, 0, 1],
      [0, 1, 0, 1, 0],
    ]);
  });

  it('let a private channel stay in the call: its members hear all, and each other besides', () => {
    const made = room((the) => {
      for (const leg of the.legs.slice(0, 3)) leg.audience = { heardBy: 'pairs', hears: 'all' };
      relate(the, [0, 1, 2], [0, 1, 2]);
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
    const made = room((the) => {
      the.legs[2]!.audience = { heardBy: 'all', hears: 'pairs' };
      relate(the, [2], [0]);
    });
    expect(made.hears(2)).toEqual([0.1, 0, 0, 0, 0]);
    expect(made.hears(0)).toEqual([0, 0.1, 0.1, 0.1, 0.1]);
  });

  it('keep two rooms in one call apart by closed pairs', () => {
    const made = room((the) => part(the, [0, 1], [2, 3, 4]));
    expect(heard(made)).toEqual([
      [0, 1, 0, 0, 0],
      [1, 0, 0, 0, 0],
      [0, 0, 0, 1, 1],
      [0, 0, 1, 0, 1],
      [0, 0, 1, 1, 0],
    ]);
  });

  it('change at any tick, and pairs set before count when they do', () => {
    const made = room((the) => relate(the, [0], [4]));
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
    const made = room((the) => {
      sideTalk(the, [0, 1, 2]);
      relate(the, [3], [1], 2);
      the.legs[1]!.isolated = true;
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
    const made = room((the) => sideTalk(the, [0, 1, 2]));
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
  function passes(count: number, arrange: (room: ToneRoom) => void): number {
    const made = new ToneRoom(count);
    arrange(made);
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

  const all = ({ legs }: ToneRoom) => legs.map((_, index) => index);
  const even = (made: ToneRoom) => all(made).filter((index) => index % 2 === 0);
  const odd = (made: ToneRoom) => all(made).filter((index) => index % 2 === 1);
  const arrangements: [string, (room: ToneRoom) => void, number][] = [
    ['a whisper', (made) => whisper(made, 0, 1), 1],
    ['a side talk of all', (made) => sideTalk(made, all(made)), 3],
    ['two side talks', (made) => [even(made), odd(made)].forEach((members) => sideTalk(made, members)), 3],
    ['two halves closed to each other by pairs', (made) => part(made, even(made), odd(made)), 3],
    ['every pair set to what it is anyway', (made) => relate(made, all(made), all(made)), 0],
  ];

  it.each(arrangements)('goes with the legs, not with the pairs: %s', (_name, arrange, mostMorePerLeg) => {
    const [bare20, bare40] = [passes(20, () => undefined), passes(40, () => undefined)];
    const [with20, with40] = [passes(20, arrange), passes(40, arrange)];
    expect(with20 - bare20).toBeLessThanOrEqual(20 * mostMorePerLeg);
    expect(with40 - bare40).toBeLessThanOrEqual(40 * mostMorePerLeg);
    // The count counts: every leg is settled, added to the sum, and taken out of its own mix.
    expect(bare20).toBeGreaterThanOrEqual(60);
  });
});
