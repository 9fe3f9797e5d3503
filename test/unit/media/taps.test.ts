import { describe, expect, it } from 'vitest';
import type { LegOpening, MediaResult } from '../../../src/media/protocol.js';
import { createTapRing } from '../../../src/media/tap/ring.js';
import { MediaRig, type RigPeer, sine } from '../../support/media-rig.js';
import { TapLog } from '../../support/tap-log.js';

/** Legs that all talk, and one tap. */
async function room(opening: Partial<LegOpening> = { consented: true }, legs = 3) {
  const rig = new MediaRig();
  rig.command({ type: 'openCall', callId: 'room' });
  const peers: RigPeer[] = [];
  for (let index = 0; index < legs; index++) {
    const peer = await rig.join('room', `leg${index}`, {}, opening);
    peer.speak = sine(500 + 200 * index, 4000);
    peers.push(peer);
  }
  rig.run(20);
  const ring = createTapRing(legs, 2);
  const log = new TapLog(ring);
  const opened = await openTap(rig, 'tap', ring);
  if (opened.type !== 'tapOpened') throw new Error(JSON.stringify(opened));
  return { rig, peers, ring, log, firstTick: opened.tick };
}

function openTap(rig: MediaRig, tapId: string, ring: SharedArrayBuffer): Promise<MediaResult> {
  return rig.ask((requestId) => ({ type: 'openTap', requestId, callId: 'room', tapId, ring }));
}

function closeTap(rig: MediaRig, tapId: string): Promise<MediaResult> {
  return rig.ask((requestId) => ({ type: 'closeTap', requestId, callId: 'room', tapId }));
}

function consent(rig: MediaRig, legId: string, consented: boolean): void {
  rig.command({ type: 'setConsent', callId: 'room', legId, consented });
}

/** Ticks at which the state of a leg changed, and to what. */
function changes(log: TapLog, legId: string): string[] {
  const frames = log.frames.filter((frame) => frame.legId === legId);
  return frames.flatMap(({ tick, state }, at) => (frames[at - 1]?.state === state ? [] : [`${tick} ${state}`]));
}

describe('a tap', () => {
  it('gets every source of every tick, as loud as others hear it, from the tick told to the tick told', async () => {
    const { rig, log, firstTick } = await room();
    rig.run(10);
    const closed = await closeTap(rig, 'tap');
    if (closed.type !== 'tapClosed') throw new Error(JSON.stringify(closed));
    rig.run(5);
    log.read();
    expect(log.reader.firstTick).toBe(firstTick);
    expect(log.ticks).toEqual(Array.from({ length: closed.tick - firstTick }, (_, i) => firstTick + i));
    expect(log.lines.at(-1)).toBe(`${closed.tick} ended`);
    for (const leg of [0, 1, 2]) {
      const frames = log.frames.filter(({ legId }) => legId === `leg${leg}`);
      expect(frames.map(({ state }) => state)).toEqual(log.ticks.map(() => 'audio'));
      const peak = Math.max(...(frames.at(-1)?.samples ?? []));
      expect(peak).toBeCloseTo(4000 / 32_768, 2);
    }
  });

  it('gets audio of a leg exactly from the tick of its consent on, and to that of its withdrawal', async () => {
    const { rig, log, firstTick } = await room({});
    expect(rig.eventsOf('consent').map(({ legId, consented }) => [legId, consented])).toEqual([
      ['leg0', false],
      ['leg1', false],
      ['leg2', false],
    ]);
    rig.events.length = 0;
    rig.run(3);
    consent(rig, 'leg1', true);
    rig.run(4);
    consent(rig, 'leg1', false);
    rig.run(2);
    log.read();
    const [given, withdrawn] = rig.eventsOf('consent');
    expect([given?.consented, withdrawn?.consented]).toEqual([true, false]);
    expect(withdrawn!.tick - given!.tick).toBe(4);
    expect(changes(log, 'leg1')).toEqual([
      `${firstTick} noConsent`,
      `${given?.tick} audio`,
      `${withdrawn?.tick} noConsent`,
    ]);
    expect(changes(log, 'leg0')).toEqual([`${firstTick} noConsent`]);
    expect(log.frames.filter(({ samples }) => samples).every(({ legId }) => legId === 'leg1')).toBe(true);
    expect((await rig.snapshot('room')).legs.map((leg) => leg.consented)).toEqual([false, false, false]);
  });

  it('is told at joining what a leg has consented to, in the tick it joins', async () => {
    const { rig } = await room({ consented: true });
    const joined = rig.eventsOf('legJoined').map(({ legId, tick }) => [legId, tick, true]);
    expect(rig.eventsOf('consent').map(({ legId, tick, consented }) => [legId, tick, consented])).toEqual(joined);
  });

  it('gets no sample of a leg that is muted, isolated, on hold or gone', async () => {
    const { rig, peers, log, firstTick } = await room();
    rig.command({ type: 'controlLeg', callId: 'room', legId: 'leg0', controls: { muted: true } });
    rig.command({ type: 'isolateLeg', callId: 'room', legId: 'leg1', isolated: true, music: undefined });
    peers[2]!.speak = () => undefined;
    rig.run(20);
    rig.command({ type: 'controlLeg', callId: 'room', legId: 'leg0', controls: { muted: false } });
    rig.command({ type: 'isolateLeg', callId: 'room', legId: 'leg1', isolated: false, music: undefined });
    rig.run(2);
    await rig.ask((requestId) => ({ type: 'closeLeg', requestId, callId: 'room', legId: 'leg2' }));
    rig.run(2);
    log.read();
    const [out, back] = rig.eventsOf('isolation').slice(3);
    expect(changes(log, 'leg0')).toEqual([`${firstTick} audio`, `${out!.tick} muted`, `${back!.tick} audio`]);
    expect(changes(log, 'leg1')).toEqual([`${firstTick} audio`, `${out!.tick} isolated`, `${back!.tick} audio`]);
    expect(changes(log, 'leg2').at(-1)).toMatch(/silent$/);
    expect(log.lines.some((line) => line.endsWith('left leg2'))).toBe(true);
  });

  it('does not say of a leg without consent whether it talks', async () => {
    const { rig, peers, log } = await room({});
    rig.run(5);
    peers[0]!.speak = () => undefined;
    rig.run(20);
    log.read();
    expect(changes(log, 'leg0')).toHaveLength(1);
  });

  it('ends with its call, at the exact tick, whoever ends it', async () => {
    const { rig, log } = await room();
    rig.run(5);
    await rig.ask((requestId) => ({ type: 'closeCall', requestId, callId: 'room' }));
    log.read();
    expect(log.reader.ended).toBe(true);
    expect(log.lines.at(-1)).toBe(`${log.ticks.at(-1)! + 1} ended`);
  });

  it('ends with a call that fails, without the tick that failed', async () => {
    const { rig, log } = await room();
    rig.run(5);
    // What others hear of a leg that talks takes a subtraction.
    const { run } = rig.kernels;
    let broken = false;
    const subtract = (left: number, right: number, to: number, count: number) => {
      if (broken) throw new Error('broken');
      run.subtract(left, right, to, count);
    };
    Object.defineProperty(rig.kernels, 'run', { value: { ...run, subtract } });
    rig.tick();
    broken = true;
    rig.tick();
    const [failed] = rig.eventsOf('callFailed');
    log.read();
    expect(failed?.detail).toContain('broken');
    expect(log.ticks.at(-1)).toBe(failed!.tick - 1);
    expect(log.lines.at(-1)).toBe(`${failed!.tick} ended`);
  });

  it('is missing the ticks that the worker left out', async () => {
    const { rig, log } = await room();
    rig.run(3);
    rig.tick(4);
    rig.tick();
    log.read();
    const missing = log.lines.filter((line) => line.includes('missing'));
    expect(missing).toHaveLength(1);
    const [tick, , count] = missing[0]!.split(' ').map(Number);
    expect(count).toBe(4);
    expect(log.ticks).not.toContain(tick);
    expect(log.ticks).toContain(tick! - 1);
    expect(log.ticks).toContain(tick! + 4);
  });

  it('that nobody reads loses ticks, which is told once a second and at its end', async () => {
    const { rig, log, firstTick } = await room();
    rig.run(400);
    const told = rig.eventsOf('tapDropped');
    expect(told.length).toBeGreaterThanOrEqual(5);
    told.slice(1).forEach(({ tick }, at) => expect(tick - told[at]!.tick).toBeGreaterThanOrEqual(50));
    const closed = await closeTap(rig, 'tap');
    log.read();
    const last = rig.eventsOf('tapDropped').at(-1);
    expect(last).toMatchObject({ callId: 'room', tapId: 'tap', droppedTicks: log.reader.droppedTicks });
    expect(closed).toEqual({ type: 'tapClosed', tick: firstTick + log.ticks.length + log.reader.droppedTicks });
  });

  it('is one of several, which come and go by themselves', async () => {
    const { rig, log } = await room();
    const second = createTapRing(3, 1);
    const other = new TapLog(second);
    expect(await openTap(rig, 'tap', createTapRing(3, 1))).toMatchObject({ type: 'failed', code: 'invalidRequest' });
    expect(await openTap(rig, 'other', new SharedArrayBuffer(100))).toMatchObject({ code: 'invalidRequest' });
    expect((await openTap(rig, 'other', second)).type).toBe('tapOpened');
    rig.run(3);
    expect((await closeTap(rig, 'other')).type).toBe('tapClosed');
    expect((await closeTap(rig, 'nobody')).type).toBe('tapClosed');
    rig.run(3);
    log.read();
    other.read();
    expect(other.reader.ended).toBe(true);
    expect(log.reader.ended).toBe(false);
    const shared = log.frames.filter(({ tick }) => other.ticks.includes(tick));
    expect(shared).toEqual(other.frames);
  });

  it('of a call that is gone is refused', async () => {
    const rig = new MediaRig();
    expect(await openTap(rig, 'tap', createTapRing(1, 1))).toMatchObject({ type: 'failed', code: 'callEnded' });
  });
});
