import { expect, it } from 'vitest';
import { EventBus } from '../../../src/call/event-bus.js';

it('tells every listener the same order, also of what listeners publish themselves', () => {
  const bus = new EventBus<string>(() => undefined);
  const heard: Record<'answers' | 'listens', string[]> = { answers: [], listens: [] };
  bus.subscribe((event) => {
    heard.answers.push(event);
    if (event === 'question') bus.publish('answer');
  });
  bus.subscribe((event) => heard.listens.push(event));
  bus.publish('question');
  bus.publish('later');
  expect(heard.answers).toEqual(['question', 'answer', 'later']);
  expect(heard.listens).toEqual(heard.answers);
});

it('goes on after a listener that throws, and tells of it', () => {
  const thrown: unknown[] = [];
  const bus = new EventBus<number>((error) => thrown.push(error));
  const heard: number[] = [];
  bus.subscribe((event) => {
    if (event === 1) bus.publish(2);
    throw new Error(`at ${event}`);
  });
  const stop = bus.subscribe((event) => heard.push(event));
  bus.publish(1);
  stop();
  bus.publish(3);
  expect(heard).toEqual([1, 2]);
  expect(thrown.map(String)).toEqual(['Error: at 1', 'Error: at 2', 'Error: at 3']);
});
