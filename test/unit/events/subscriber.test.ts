import { describe, expect, it } from 'vitest';
import type { Envelope } from '../../../src/events/envelope.js';
import { type EventSink, Subscriber } from '../../../src/events/subscriber.js';

/** A sink whose network stands still until `drain`. */
class SlowSink implements EventSink {
  bufferedAmount = 0;
  readonly sent: Envelope[] = [];
  closed: [number, string] | undefined;
  #waiting: (() => void)[] = [];

  send(text: string, onDone: () => void): void {
    this.sent.push(JSON.parse(text) as Envelope);
    this.bufferedAmount += text.length;
    this.#waiting.push(onDone);
  }

  close(code: number, reason: string): void {
    this.closed = [code, reason];
  }

  drain(): void {
    this.bufferedAmount = 0;
    for (const done of this.#waiting.splice(0)) done();
  }

  ids(): string[] {
    return this.sent.map(({ id, type, data }) => (type === 'events.gap' ? `gap ${JSON.stringify(data)}` : id));
  }
}

const limits = { maxBufferedOctets: 1, maxQueued: 3, maxDropped: 5 };

function event(id: string): Envelope {
  return {
    specversion: '1.0',
    id,
    source: '/v1/calls/c',
    type: 'leg.joined',
    time: '2026-01-01T00:00:00.000Z',
    datacontenttype: 'application/json',
    data: {},
  };
}

function push(subscriber: Subscriber, ...ids: string[]): void {
  for (const id of ids) subscriber.push(event(id));
}

describe('a subscriber', () => {
  it('gets everything in order while it reads', () => {
    const sink = new SlowSink();
    const subscriber = new Subscriber(sink, { ...limits, maxBufferedOctets: 1e6 }, () => 0, []);
    push(subscriber, 'a', 'b', 'c', 'd', 'e');
    expect(sink.ids()).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(subscriber.queued).toBe(0);
  });

  it('that stops reading holds a bounded number of events and nothing is lost within it', () => {
    const sink = new SlowSink();
    const subscriber = new Subscriber(sink, limits, () => 0, []);
    push(subscriber, 'a', 'b', 'c', 'd');
    expect(sink.ids()).toEqual(['a']);
    expect(subscriber.queued).toBe(3);
    for (let n = 0; n < 3; n++) sink.drain();
    expect(sink.ids()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('loses the oldest beyond the bound and is told how many, where they are missing', () => {
    const sink = new SlowSink();
    const subscriber = new Subscriber(sink, limits, () => 0, []);
    push(subscriber, 'a', 'b', 'c', 'd', 'e', 'f');
    for (let n = 0; n < 5; n++) sink.drain();
    expect(sink.ids()).toEqual(['a', 'gap {"dropped":2}', 'd', 'e', 'f']);
    push(subscriber, 'g');
    sink.drain();
    expect(sink.ids().at(-1)).toBe('g');
  });

  it('is cut off with 1013 when it misses too much, and then costs nothing', () => {
    const sink = new SlowSink();
    const subscriber = new Subscriber(sink, limits, () => 0, []);
    push(subscriber, 'a', ...'bcdefghij');
    expect(sink.closed).toEqual([1013, 'too slow']);
    expect(subscriber.queued).toBe(0);
    push(subscriber, 'z');
    sink.drain();
    expect(sink.ids()).toEqual(['a']);
  });

  it('gets a backlog larger than the queue without loss', () => {
    const sink = new SlowSink();
    const backlog = [...'abcdefgh'].map(event);
    const subscriber = new Subscriber(sink, limits, () => 0, backlog);
    push(subscriber, 'i', 'j');
    for (let n = 0; n < 10; n++) sink.drain();
    expect(sink.ids().join('')).toBe('abcdefghij');
  });

  it('is sent nothing after it was stopped', () => {
    const sink = new SlowSink();
    const subscriber = new Subscriber(sink, limits, () => 0, []);
    push(subscriber, 'a', 'b');
    subscriber.stop();
    sink.drain();
    expect(sink.ids()).toEqual(['a']);
  });

  it('copes with a sink that is done at once', () => {
    const sent: string[] = [];
    const sink: EventSink = {
      bufferedAmount: 0,
      send(text, onDone) {
        sent.push((JSON.parse(text) as Envelope).id);
        onDone();
      },
      close: () => undefined,
    };
    const subscriber = new Subscriber(sink, limits, () => 0, [event('a'), event('b')]);
    push(subscriber, 'c');
    expect(sent).toEqual(['a', 'b', 'c']);
  });
});
