import { describe, expect, it } from 'vitest';
import type { CallEvent, LevelsReported } from '../../../src/call/event.js';
import type { LevelSubscription } from '../../../src/call/levels.js';
import { Broadcaster, defaultBroadcasterLimits, type EventSource } from '../../../src/events/broadcaster.js';
import { type Envelope, envelopeOf } from '../../../src/events/envelope.js';
import { EventHistory } from '../../../src/events/history.js';

class Source implements EventSource {
  listeners = new Set<(event: CallEvent) => void>();
  levels = new Set<LevelSubscription>();

  subscribe(listener: (event: CallEvent) => void) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  subscribeLevels(subscription: LevelSubscription) {
    this.levels.add(subscription);
    return () => this.levels.delete(subscription);
  }

  say(callId: string, sequence: number, type: 'leg.joined' | 'speech.started' = 'speech.started'): void {
    const event = { type, callId, legId: 'leg_1', sequence, tick: sequence * 10, timeMs: 0, data: {} } as CallEvent;
    for (const listener of this.listeners) listener(event);
  }
}

const all = { callId: undefined, types: undefined, levelsEveryTicks: undefined, after: undefined };

function rig(change: Partial<typeof defaultBroadcasterLimits> = {}) {
  const source = new Source();
  const broadcaster = new Broadcaster(source, { ...defaultBroadcasterLimits, ...change }, () => 0);
  const listen = (subscription: Partial<Parameters<Broadcaster['add']>[1]> = {}) => {
    const got: Envelope[] = [];
    const sink = {
      bufferedAmount: 0,
      send: (text: string) => {
        got.push(JSON.parse(text) as Envelope);
      },
      close: () => undefined,
    };
    const end = broadcaster.add(sink, { ...all, ...subscription });
    return { got, end, ids: () => got.map(({ id }) => id) };
  };
  return { source, broadcaster, listen };
}

describe('the envelope', () => {
  it('is a CloudEvents 1.0 event with call, leg, tick and sequence in its data', () => {
    const event: CallEvent = {
      type: 'digit.received',
      callId: 'call_a',
      legId: 'leg_b',
      sequence: 7,
      tick: 300,
      timeMs: Date.UTC(2026, 0, 1),
      data: { digit: '5', durationMs: 100, source: 'rfc4733' },
    };
    expect(envelopeOf(event)).toEqual({
      specversion: '1.0',
      id: 'call_a:7',
      source: '/v1/calls/call_a',
      type: 'digit.received',
      subject: 'legs/leg_b',
      time: '2026-01-01T00:00:00.000Z',
      datacontenttype: 'application/json',
      data: {
        callId: 'call_a',
        legId: 'leg_b',
        tick: 300,
        sequence: 7,
        digit: '5',
        durationMs: 100,
        source: 'rfc4733',
      },
    });
  });

  it('has no subject for events of the call itself', () => {
    const event: CallEvent = {
      type: 'call.ended',
      callId: 'c',
      legId: undefined,
      sequence: 1,
      tick: 0,
      timeMs: 0,
      data: { name: 'c', reason: 'idle' },
    };
    const text = JSON.stringify(envelopeOf(event));
    expect(text).not.toContain('subject');
    expect(text).not.toContain('legId');
  });
});

describe('the broadcaster', () => {
  it('gives each subscriber what it asked for', () => {
    const { source, listen } = rig();
    const everything = listen();
    const oneCall = listen({ callId: 'a' });
    const joins = listen({ types: ['leg.joined'] });
    const group = listen({ types: ['leg.*', 'digit.received'] });
    source.say('a', 1, 'leg.joined');
    source.say('b', 1);
    expect(everything.ids()).toEqual(['a:1', 'b:1']);
    expect(oneCall.ids()).toEqual(['a:1']);
    expect(joins.ids()).toEqual(['a:1']);
    expect(group.ids()).toEqual(['a:1']);
  });

  it('continues after the event a subscriber saw last', () => {
    const { source, listen } = rig();
    for (let sequence = 1; sequence <= 4; sequence++) source.say('a', sequence);
    source.say('b', 1);
    const back = listen({ after: 'a:2', callId: 'a' });
    source.say('a', 5);
    expect(back.ids()).toEqual(['a:3', 'a:4', 'a:5']);
  });

  it('says that it does not know how much is missing when history does not reach that far', () => {
    const { source, listen } = rig({ historyEvents: 2 });
    for (let sequence = 1; sequence <= 4; sequence++) source.say('a', sequence);
    const back = listen({ after: 'a:1' });
    expect(back.got[0]).toMatchObject({ type: 'events.gap', data: { dropped: null } });
    expect(back.ids().slice(1)).toEqual(['a:3', 'a:4']);
  });

  it('passes on levels only to who wants them, and stops them with the subscription', () => {
    const { source, listen } = rig();
    const plain = listen();
    const meter = listen({ levelsEveryTicks: 5, callId: 'a', types: ['leg.joined'] });
    const [subscription] = source.levels;
    expect(subscription).toMatchObject({ callId: 'a', everyTicks: 5 });
    const levels = [{ legId: 'leg_1', levelDbov: -20, peakDbov: -10, speaking: true }];
    const report: LevelsReported = { type: 'levels.reported', callId: 'a', tick: 50, timeMs: 0, levels };
    subscription?.listener(report);
    expect(plain.got).toEqual([]);
    expect(meter.got).toMatchObject([{ id: 'a:levels:50', data: { callId: 'a', tick: 50, levels } }]);
    meter.end();
    expect(source.levels.size).toBe(0);
  });

  it('takes no more than its number of subscribers', () => {
    const { broadcaster, listen } = rig({ maxSubscribers: 2 });
    listen();
    const second = listen();
    expect(() => listen()).toThrow('There are too many event subscribers.');
    second.end();
    listen();
    expect(broadcaster.subscribers).toBe(2);
  });

  it('forgets who left', () => {
    const { source, broadcaster, listen } = rig();
    const gone = listen();
    gone.end();
    source.say('a', 1);
    expect(gone.got).toEqual([]);
    broadcaster.close();
    expect(source.listeners.size).toBe(0);
  });
});

describe('history', () => {
  it('keeps the newest, in order, and only so many', () => {
    const history = new EventHistory(3);
    for (const id of ['a', 'b', 'c', 'd', 'e']) history.add({ callId: 'x', envelope: { id } as Envelope });
    expect(history.all().map(({ envelope }) => envelope.id)).toEqual(['c', 'd', 'e']);
    expect(history.after('d')?.map(({ envelope }) => envelope.id)).toEqual(['e']);
    expect(history.after('e')).toEqual([]);
    expect(history.after('a')).toBeUndefined();
  });

  it('may be switched off', () => {
    const history = new EventHistory(0);
    history.add({ callId: 'x', envelope: { id: 'a' } as Envelope });
    expect(history.all()).toEqual([]);
  });
});
