import { describe, expect, it } from 'vitest';
import {
  CEILING_MS,
  chooseCorrection,
  chooseSource,
  createDelayView,
  createSourceView,
  targetDelayMs,
  type Correction,
  type DelayView,
  type Source,
  type SourceView,
} from '../../../src/media/jitter/playout-policy.js';

describe('where samples come from', () => {
  const playing: Partial<SourceView> = {
    idle: false,
    hasHead: true,
    inSequence: true,
    lagMs: 110,
    slowestTransitMs: 100,
  };
  const cases: [string, Partial<SourceView>, Source][] = [
    ['waits before the first packet', {}, 'wait'],
    [
      'starts with a packet that waited as long as the slowest needs',
      { hasHead: true, lagMs: 30, slowestTransitMs: 25 },
      'start',
    ],
    ['waits a tick more when the slowest would be missed', { hasHead: true, lagMs: 20, slowestTransitMs: 25 }, 'wait'],
    [
      'waits when the first packet came just before the tick',
      { hasHead: true, lagMs: 25.5, slowestTransitMs: 25 },
      'wait',
    ],
    ['plays what is continuous', { ...playing, gapMs: 0 }, 'play'],
    ['plays what is continuous but for a rounding', { ...playing, gapMs: 2 }, 'play'],
    ['plays what came late, after its place was made up', { ...playing, gapMs: -40, madeUpMs: 40 }, 'play'],
    ['conceals a lost packet although the next one waits', { ...playing, inSequence: false, gapMs: 20 }, 'conceal'],
    ['conceals while nothing comes', { ...playing, hasHead: false, madeUpMs: 80 }, 'conceal'],
    ['stops after 100 ms of concealment', { ...playing, hasHead: false, madeUpMs: 100 }, 'stop'],
    ['stops concealing a long loss too', { ...playing, inSequence: false, gapMs: 300, madeUpMs: 100 }, 'stop'],
    ['fades into a pause when timestamps jump and sequence does not', { ...playing, gapMs: 500 }, 'fade'],
    [
      'fades into a pause that a packet without audio announced',
      { ...playing, hasHead: false, pauseAnnounced: true },
      'fade',
    ],
    ['drops what is older than any backlog', { ...playing, gapMs: 0, lagMs: 510 }, 'drop'],
    ['drops it when idle as well', { hasHead: true, lagMs: 510, slowestTransitMs: 100 }, 'drop'],
  ];
  it.each(cases)('%s', (_name, view, source) => {
    expect(chooseSource({ ...createSourceView(), ...view })).toBe(source);
  });
});

describe('changes of delay', () => {
  const steady: DelayView = {
    ...createDelayView(),
    slackMs: 10,
    usualSlackMs: 10,
    lags: 25,
    sinceStartMs: 60_000,
    sinceCorrectionMs: 60_000,
    sinceMissMs: 60_000,
  };
  const answer = (view: Partial<DelayView>): Correction => {
    const correction: Correction = { kind: 'none', amountMs: 0, minSimilarity: 0 };
    chooseCorrection({ ...steady, ...view }, correction);
    return correction;
  };
  const slack = (slackMs: number) => ({ slackMs, usualSlackMs: slackMs });

  it.each([0.5, 5, 12, 20, 23.9])('leaves a slack of %d ms alone', (slackMs) => {
    expect(answer(slack(slackMs)).kind).toBe('none');
  });

  it.each<[string, Partial<DelayView>, Partial<Correction>]>([
    ['shortens by a tick when a tick can be saved', slack(24.5), { kind: 'shorten', amountMs: 20 }],
    ['lengthens by a tick before packets are missed', slack(0.2), { kind: 'lengthen', amountMs: 20 }],
    ['lengthens by what is missing to a tick', { ...slack(0.2), residueMs: 5 }, { kind: 'lengthen', amountMs: 15 }],
    ['keeps more distance in the first second', { ...slack(0.8), sinceStartMs: 500 }, { kind: 'lengthen' }],
    ['does not lengthen for one slow packet', { slackMs: -30, usualSlackMs: 10 }, { kind: 'none' }],
    ['wants more slack before it saves when jitter is large', { ...slack(24.5), spreadMs: 30 }, { kind: 'none' }],
    ['catches up half a tick at a time', slack(300), { kind: 'shorten', amountMs: 10 }],
    ['lengthens at leisure', { ...slack(0.2), sinceCorrectionMs: 4900 }, { kind: 'none' }],
    [
      'lengthens at once after a miss',
      { ...slack(0.2), sinceCorrectionMs: 120, sinceMissMs: 50 },
      { kind: 'lengthen' },
    ],
    ['catches up in every tick', { ...slack(100), sinceCorrectionMs: 20 }, { kind: 'shorten' }],
    ['takes out a residue', { ...slack(10), residueMs: 12 }, { kind: 'shorten', amountMs: 12 }],
    ['lengthens by a pitch period at least', { ...slack(0.2), residueMs: 18 }, { kind: 'lengthen', amountMs: 12.5 }],
    ['takes out a residue at leisure', { ...slack(10), residueMs: 12, sinceCorrectionMs: 4900 }, { kind: 'none' }],
    ['leaves a residue that may be needed', { ...slack(1), residueMs: 12 }, { kind: 'none' }],
    ['does not save on the word of few ticks', { ...slack(30), lags: 3 }, { kind: 'none' }],
    ['needs no more words when the backlog is plain', { ...slack(300), lags: 1 }, { kind: 'shorten' }],
    ['does nothing before anything was played', { ...slack(Infinity), lags: 0 }, { kind: 'none' }],
  ])('%s', (_name, view, correction) => {
    expect(answer(view)).toMatchObject(correction);
  });

  it('gets less choosy the more urgent a change is and the longer it was refused', () => {
    const calm = answer(slack(30)).minSimilarity;
    const urgent = answer(slack(200)).minSimilarity;
    const refused = answer({ ...slack(200), refusedMs: 500 }).minSimilarity;
    expect(calm).toBeGreaterThan(0.8);
    expect(urgent).toBeLessThan(calm);
    expect(refused).toBe(0);
  });

  it('has no state between growing and saving in which it would do one after the other', () => {
    for (let slackMs = -5; slackMs < 40; slackMs += 0.25) {
      const { kind } = answer({ ...slack(slackMs), sinceStartMs: 100 });
      if (kind === 'lengthen') expect(answer(slack(slackMs + 20)).kind).not.toBe('shorten');
      if (kind === 'shorten') expect(answer({ ...slack(slackMs - 20), sinceStartMs: 100 }).kind).toBe('none');
    }
  });

  it('aims at the middle of the band, and at the ceiling at most', () => {
    expect(targetDelayMs(0, 20)).toBe(12);
    expect(targetDelayMs(0, 60)).toBe(12);
    expect(targetDelayMs(0, 10)).toBe(22);
    expect(targetDelayMs(0, 30)).toBe(22);
    expect(targetDelayMs(CEILING_MS, 20)).toBeLessThan(260);
  });
});
