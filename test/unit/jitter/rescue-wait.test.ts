import { describe, expect, it } from 'vitest';
import { RescueWait } from '../../../src/media/jitter/rescue-wait.js';

describe('RescueWait', () => {
  it('does not wait for one loss', () => {
    const wait = new RescueWait();
    wait.noteRescuable(1000);
    expect(wait.waitMs(1000, 20)).toBe(0);
  });

  it('waits a packet from the second loss within 10 s on, until 10 s after the last', () => {
    const wait = new RescueWait();
    wait.noteRescuable(1000);
    wait.noteRescuable(10_000);
    expect(wait.waitMs(10_000, 60)).toBe(60);
    expect(wait.waitMs(19_999, 60)).toBe(60);
    expect(wait.waitMs(20_000, 60)).toBe(0);
  });

  it('does not wait for losses further apart', () => {
    const wait = new RescueWait();
    wait.noteRescuable(1000);
    wait.noteRescuable(11_000);
    expect(wait.waitMs(11_000, 20)).toBe(0);
  });

  it('forgets the stream', () => {
    const wait = new RescueWait();
    wait.noteRescuable(1000);
    wait.noteRescuable(2000);
    wait.clear();
    wait.noteRescuable(2020);
    expect(wait.waitMs(2020, 20)).toBe(0);
  });
});
