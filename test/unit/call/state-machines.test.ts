import { describe, expect, it } from 'vitest';
import { type CallEffect, type CallInput, newCallState, stepCall } from '../../../src/call/call-state.js';
import { isFinal, type LegInput, type LegStatus, stepLeg } from '../../../src/call/leg-state.js';

describe('leg status', () => {
  const journeys: [string, LegStatus, LegInput[], LegStatus][] = [
    ['a dialled leg rings, is answered and hung up', 'queued', ['ring', 'answer', 'hangUp'], 'completed'],
    ['a dialled leg may be answered without ringing', 'queued', ['answer'], 'in-progress'],
    ['a destination is busy', 'queued', ['ring', 'busy'], 'busy'],
    ['nobody answers', 'queued', ['ring', 'noAnswer'], 'no-answer'],
    ['hanging up before the answer cancels', 'ringing', ['hangUp'], 'canceled'],
    ['a leg fails before the answer', 'ringing', ['fail'], 'failed'],
    ['a leg fails in mid-call', 'ringing', ['answer', 'fail'], 'failed'],
    ['ringing after the answer means nothing', 'ringing', ['answer', 'ring'], 'in-progress'],
    ['a final status stays', 'ringing', ['busy', 'answer', 'hangUp', 'fail', 'ring'], 'busy'],
  ];
  it.each(journeys)('%s', (_name, start, inputs, end) => {
    expect(inputs.reduce(stepLeg, start)).toBe(end);
  });

  it('knows which statuses are final', () => {
    const live: LegStatus[] = ['queued', 'ringing', 'in-progress'];
    const over: LegStatus[] = ['completed', 'busy', 'no-answer', 'failed', 'canceled'];
    expect(live.filter(isFinal)).toEqual([]);
    expect(over.filter(isFinal)).toEqual(over);
  });
});

describe('call state', () => {
  const leaving = { endWhenEmpty: true, awaitsFirstLeg: false };
  const ahead = { endWhenEmpty: true, awaitsFirstLeg: true };
  const staying = { endWhenEmpty: false, awaitsFirstLeg: true };
  const add: CallInput = { type: 'legAdded' };
  const joined: CallInput = { type: 'legJoined' };
  const gone: CallInput = { type: 'legGone' };
  const closed: CallInput = { type: 'mediaClosed' };
  const idle: CallInput = { type: 'idleExpired' };
  const end: CallInput = { type: 'end', reason: 'ended' };

  const run = (policy: typeof leaving, inputs: CallInput[]) => {
    let state = newCallState;
    const effects: CallEffect[][] = [];
    for (const input of inputs) {
      const step = stepCall(state, input, policy);
      state = step.state;
      effects.push([...step.effects]);
    }
    return { state, last: effects.at(-1) };
  };

  it('ends with its last leg', () => {
    const { state, last } = run(leaving, [add, add, joined, gone, gone]);
    expect(state).toMatchObject({ phase: 'ending', reason: 'lastLegLeft', legs: 0 });
    expect(last).toEqual(['disarmIdle', 'releaseName', 'closeMedia']);
  });

  it('ends with its last leg even if that never joined', () => {
    expect(run(leaving, [add, gone]).state.reason).toBe('lastLegLeft');
  });

  it('waits for somebody to join when created ahead of time', () => {
    expect(run(ahead, [add, gone])).toMatchObject({ state: { phase: 'open' }, last: ['armIdle'] });
    expect(run(ahead, [add, joined, gone]).state.reason).toBe('lastLegLeft');
  });

  it('stays when it was made to stay, on its idle timer', () => {
    expect(run(staying, [add, joined, gone])).toMatchObject({ state: { phase: 'open' }, last: ['armIdle'] });
    expect(run(staying, [add, joined, gone, idle]).state.reason).toBe('idle');
  });

  it('does not end idle while a leg is in', () => {
    expect(run(staying, [add, idle]).state.phase).toBe('open');
  });

  it('ends its legs first and its media after the last of them', () => {
    expect(run(leaving, [add, add, end]).last).toEqual(['disarmIdle', 'releaseName', 'endLegs']);
    expect(run(leaving, [add, add, end, gone]).last).toEqual([]);
    expect(run(leaving, [add, add, end, gone, gone]).last).toEqual(['closeMedia']);
    expect(run(leaving, [add, end, gone, closed])).toMatchObject({ state: { phase: 'ended' }, last: ['announceEnd'] });
  });

  it('keeps the first reason to end', () => {
    const { state } = run(leaving, [add, { type: 'end', reason: 'drained' }, end, gone, closed, end]);
    expect(state).toMatchObject({ phase: 'ended', reason: 'drained' });
  });

  it('ends at once when it is empty and is told to end when empty', () => {
    const stayed = run(staying, [add, joined, gone]).state;
    expect(stepCall(stayed, { type: 'policyChanged' }, leaving).state.reason).toBe('lastLegLeft');
  });
});
