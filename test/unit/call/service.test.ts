import { describe, expect, it } from 'vitest';
import { drainCalls } from '../../../src/call/drain.js';
import type { LevelsReported } from '../../../src/call/event.js';
import { randomIds } from '../../../src/call/ids.js';
import { Timeline } from '../../../src/call/timeline.js';
import { randomBytes } from 'node:crypto';
import { callRig } from '../../support/call-rig.js';
import { settle } from '../../support/fake-clock.js';
import { phoneSdp } from '../../support/sdp-text.js';

describe('calls created ahead of time', () => {
  it('are named after their id unless they get a name, and can be joined by it', async () => {
    const rig = await callRig();
    const call = rig.service.createCall({ name: undefined });
    expect(call.name).toBe(call.id);
    await rig.join({ to: call.id });
    expect(rig.service.getCall(call.id).legCount).toBe(1);
    expect(rig.service.counters().calls).toBe(1);
  });

  it('cannot share a name', async () => {
    const rig = await callRig();
    rig.service.createCall({ name: 'a' });
    expect(() => rig.service.createCall({ name: 'a' })).toThrow('A call of this name exists already.');
    expect(rig.media.calls.size).toBe(1);
  });

  it('refuse names that are none, and codecs that are not enabled', async () => {
    const rig = await callRig();
    expect(() => rig.service.createCall({ name: 'a b' })).toThrow(/A call name has/);
    expect(() => rig.service.createCall({ name: undefined, codecs: ['opus'] })).toThrow(
      'The codec opus is not enabled here.',
    );
    expect(rig.media.calls.size).toBe(0);
  });

  it('end when nobody came for too long', async () => {
    const rig = await callRig();
    rig.service.createCall({ name: undefined, idleTimeoutMs: 10_000 });
    await rig.clock.advance(9_900);
    expect(rig.service.counters().calls).toBe(1);
    await rig.clock.advance(200);
    expect(rig.of('call.ended')).toMatchObject([{ reason: 'idle' }]);
    expect(rig.media.calls.size).toBe(0);
  });

  it('stay without legs when they were made to, until they are idle for too long', async () => {
    const rig = await callRig();
    const call = rig.service.createCall({ name: 'room', endWhenEmpty: false, idleTimeoutMs: 10_000 });
    const invite = await rig.join();
    await rig.clock.advance(20_000);
    invite.dialog?.hangUp();
    await settle();
    expect(rig.service.getCall(call.id)).toMatchObject({ status: 'open', legCount: 0 });
    await rig.clock.advance(10_100);
    expect(rig.of('call.ended')).toMatchObject([{ reason: 'idle' }]);
  });

  it('mute who joins when they are told to, and give their legs their codecs', async () => {
    const rig = await callRig();
    const call = rig.service.createCall({ name: 'room', muteOnEntry: true, codecs: ['PCMA'] });
    await rig.join();
    expect(await rig.service.listLegs(call.id)).toMatchObject([{ muted: true, codec: { encoding: 'PCMA' } }]);
  });
});

describe('a leg in a call', () => {
  it('is muted, deafened and amplified, and says so', async () => {
    const rig = await callRig();
    await rig.join();
    const [callId = ''] = rig.media.calls.keys();
    const [legId = ''] = rig.media.call(callId).legs.keys();
    await rig.service.updateLeg(callId, legId, { muted: true });
    const leg = await rig.service.updateLeg(callId, legId, { gainDb: -6 });
    expect(leg).toMatchObject({ muted: true, deaf: false, gainDb: -6 });
    expect(rig.media.call(callId).legs.get(legId)?.controls).toMatchObject({ muted: true, deaf: false, gainDb: -6 });
    expect(rig.of('leg.updated')).toMatchObject([{ muted: true, gainDb: 0 }, { gainDb: -6 }]);
  });

  it('gets controls that were changed while its port was being opened', async () => {
    const rig = await callRig();
    rig.media.manual = true;
    await rig.invite();
    const [callId = ''] = rig.media.calls.keys();
    const changed = rig.service.updateLeg(callId, 'leg_2', { muted: true });
    rig.media.manual = false;
    for (const step of rig.media.steps.splice(0)) step();
    await settle();
    await changed;
    expect(rig.media.call(callId).legs.get('leg_2')?.controls.muted).toBe(true);
  });

  it('takes digits once it has media, unless the peer takes no telephone-events and tones are off', async () => {
    const rig = await callRig();
    rig.gateway.invite({});
    await settle();
    const [callId = ''] = rig.media.calls.keys();
    const [legId = ''] = rig.media.call(callId).legs.keys();
    expect(() => {
      rig.service.sendDigits(callId, legId, '1', {});
    }).toThrow('The leg has no media yet.');
    const deafToEvents = await rig.join({ to: 'b', offer: phoneSdp({ telephoneEvent: false }) });
    expect(deafToEvents.status).toBe(200);
    const other = [...rig.media.calls.keys()].at(-1) ?? '';
    const [otherLeg = ''] = rig.media.call(other).legs.keys();
    rig.service.sendDigits(other, otherLeg, '1', {});
    expect(rig.media.commands.at(-1)).toBe(`sendDigits 1 ${otherLeg}`);
    const updated = await rig.service.updateLeg(other, otherLeg, { inBandDigits: 'off' });
    expect(updated).toMatchObject({ inBandDigits: 'off', digitMode: 'both' });
    expect(() => {
      rig.service.sendDigits(other, otherLeg, '1', {});
    }).toThrow('The peer takes no telephone-events, and tones are off for it.');
    await rig.join({ to: 'c' });
    const last = [...rig.media.calls.keys()].at(-1) ?? '';
    const [lastLeg = ''] = rig.media.call(last).legs.keys();
    rig.service.sendDigits(last, lastLeg, '12#', { durationMs: 100 });
    expect(rig.media.commands.at(-1)).toBe(`sendDigits 12# ${lastLeg}`);
  });

  it('reports what the media plane tells, at its tick', async () => {
    const rig = await callRig();
    await rig.join();
    const [callId = ''] = rig.media.calls.keys();
    const [legId = ''] = rig.media.call(callId).legs.keys();
    const head = { callId, legId };
    rig.media.emit({ type: 'digit', ...head, tick: 50, digit: '7', durationMs: 90, source: 'rfc4733' });
    rig.media.emit({ type: 'speech', ...head, tick: 60, speaking: true, since: 48 });
    rig.media.emit({ type: 'speech', ...head, tick: 75, speaking: false, since: 61 });
    rig.media.emit({ type: 'speakers', callId, tick: 78, legIds: [legId] });
    rig.media.emit({ type: 'digitsSent', ...head, tick: 80, digits: '1' });
    rig.media.emit({
      type: 'digit',
      ...head,
      legId: 'leg_ghost',
      tick: 81,
      digit: '7',
      durationMs: 9,
      source: 'in-band',
    });
    rig.media.emit({
      type: 'digit',
      ...head,
      callId: 'call_ghost',
      tick: 9,
      digit: '7',
      durationMs: 9,
      source: 'in-band',
    });
    expect(rig.events.slice(-5).map(({ type, tick, sequence }) => [type, tick, sequence])).toEqual([
      ['digit.received', 50, 4],
      ['speech.started', 60, 5],
      ['speech.stopped', 75, 6],
      ['speakers.changed', 78, 7],
      ['digits.sent', 80, 8],
    ]);
    expect(rig.of('speech.started').concat(rig.of('speech.stopped'))).toMatchObject([{ since: 48 }, { since: 61 }]);
    expect(rig.service.getCall(callId).speakers).toEqual([legId]);
  });

  it('is read without media figures when the media plane does not answer in time', async () => {
    const rig = await callRig();
    await rig.join();
    const [media] = rig.media.calls.values();
    if (media !== undefined) media.stuck = true;
    const reading = rig.service.listLegs(media?.callId ?? '');
    await rig.clock.advance(2_100);
    expect(await reading).toMatchObject([{ status: 'in-progress', statistics: undefined, levelDbov: undefined }]);
  });
});

describe('level reports', () => {
  it('are asked of the media plane as often as the most eager subscriber wants, and thinned for the others', async () => {
    const rig = await callRig();
    await rig.join();
    const [media] = rig.media.calls.values();
    const callId = media?.callId ?? '';
    const seen: Record<'eager' | 'calm', number[]> = { eager: [], calm: [] };
    const note = (who: 'eager' | 'calm') => (report: LevelsReported) => seen[who].push(report.tick);
    const stopCalm = rig.service.subscribeLevels({ callId: undefined, everyTicks: 10, listener: note('calm') });
    expect(media?.levelsEveryTicks).toBe(10);
    const stopEager = rig.service.subscribeLevels({ callId, everyTicks: 5, listener: note('eager') });
    expect(media?.levelsEveryTicks).toBe(5);
    for (let tick = 100; tick <= 120; tick += 5) rig.media.emit({ type: 'levels', callId, tick, levels: [] });
    expect(seen).toEqual({ eager: [100, 105, 110, 115, 120], calm: [100, 110, 120] });
    stopEager();
    expect(media?.levelsEveryTicks).toBe(10);
    stopCalm();
    stopCalm();
    expect(media?.levelsEveryTicks).toBe(0);
    expect(rig.names()).not.toContain('levels.reported');
  });

  it('cover calls that begin later', async () => {
    const rig = await callRig();
    rig.service.subscribeLevels({ callId: undefined, everyTicks: 3, listener: () => undefined });
    await rig.join();
    expect([...rig.media.calls.values()].map(({ levelsEveryTicks }) => levelsEveryTicks)).toEqual([3]);
  });
});

describe('lists', () => {
  it('are paged in the order of creation, stable while calls end', async () => {
    const rig = await callRig();
    const ids = ['a', 'b', 'c', 'd', 'e'].map((name) => rig.service.createCall({ name }).id);
    const first = rig.service.listCalls({ after: 0, limit: 2, name: undefined });
    expect(first.items.map(({ name }) => name)).toEqual(['a', 'b']);
    rig.service.endCall(ids[1] ?? '');
    await settle();
    const second = rig.service.listCalls({ after: first.next ?? 0, limit: 2, name: undefined });
    expect(second.items.map(({ name }) => name)).toEqual(['c', 'd']);
    const third = rig.service.listCalls({ after: second.next ?? 0, limit: 2, name: undefined });
    expect(third).toMatchObject({ items: [{ name: 'e' }], next: undefined });
    expect(rig.service.listCalls({ after: 0, limit: 9, name: 'd' }).items).toHaveLength(1);
  });
});

describe('draining', () => {
  it('refuses what is new, ends empty calls, lets the others go on and ends them at the deadline', async () => {
    const rig = await callRig();
    rig.service.createCall({ name: 'empty' });
    const stays = await rig.join({ to: 'a' });
    const leaves = await rig.join({ to: 'b' });
    const drained = drainCalls(rig.service, rig.clock, 10_000);
    await settle();
    expect(rig.gateway.draining).toBe(true);
    expect(rig.service.counters().calls).toBe(2);
    expect((await rig.invite({ to: 'a' })).status).toBe(503);
    expect(() => rig.service.createCall({ name: undefined })).toThrow('The server is draining');
    leaves.dialog?.hangUp();
    await rig.clock.advance(9_500);
    expect(stays.dialog?.live).toBe(true);
    await rig.clock.advance(1_000);
    expect(await drained).toEqual({ endedCalls: 1, leftCalls: 0 });
    expect(stays.dialog?.byes).toMatchObject([{ q850Cause: 41 }]);
    expect(rig.of('call.ended').map(({ reason }) => reason)).toEqual(['drained', 'lastLegLeft', 'drained']);
  });

  it('is over at once when nothing is there', async () => {
    const rig = await callRig();
    expect(await drainCalls(rig.service, rig.clock, 60_000)).toEqual({ endedCalls: 0, leftCalls: 0 });
  });
});

describe('listeners', () => {
  it('do no harm when they throw', async () => {
    const rig = await callRig();
    const later: string[] = [];
    rig.service.subscribe(() => {
      throw new Error('listener');
    });
    rig.service.subscribe(({ type }) => later.push(type));
    await rig.join();
    expect(later).toEqual(['call.started', 'leg.ringing', 'leg.joined']);
    expect(rig.faults[0]).toContain('A listener for call events failed.');
  });
});

describe('ids and ticks', () => {
  it('ids are prefixed and carry 128 random bits in base64url', () => {
    const ids = randomIds(randomBytes);
    expect(ids.next('call')).toMatch(/^call_[A-Za-z0-9_-]{22}$/);
    expect(ids.next('leg')).toMatch(/^leg_[A-Za-z0-9_-]{22}$/);
    expect(new Set(Array.from({ length: 1_000 }, () => ids.next('call'))).size).toBe(1_000);
  });

  it('ticks are carried on by the clock from the last report, never backwards', () => {
    const timeline = new Timeline(1_000);
    expect(timeline.estimate(1_059)).toBe(2);
    timeline.observe(100, 3_010);
    expect(timeline.estimate(3_029)).toBe(100);
    expect(timeline.estimate(3_030)).toBe(101);
    timeline.observe(90, 3_031);
    expect(timeline.estimate(3_030)).toBe(101);
    expect(timeline.estimate(2_000)).toBe(100);
  });
});
