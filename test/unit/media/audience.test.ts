import { describe, expect, it } from 'vitest';
import { partialDb } from '../../../demo/phone/ear.js';
import type { LegAudience } from '../../../src/media/protocol.js';
import { MediaRig, type RigPeer, sine } from '../../support/media-rig.js';

const tonesHz = [500, 700, 900, 1100];

/** Four legs, each with its tone. */
async function room(): Promise<{ rig: MediaRig; peers: RigPeer[] }> {
  const rig = new MediaRig();
  rig.command({ type: 'openCall', callId: 'room' });
  const peers: RigPeer[] = [];
  for (const [index, toneHz] of tonesHz.entries()) {
    const peer = await rig.join('room', `leg${index}`);
    peer.speak = sine(toneHz, 4000);
    peers.push(peer);
  }
  rig.run(30);
  return { rig, peers };
}

function audience(rig: MediaRig, legId: string, heardBy: LegAudience['heardBy'], hears: LegAudience['hears']): void {
  rig.command({ type: 'setAudience', callId: 'room', legId, audience: { heardBy, hears } });
}

function route(rig: MediaRig, listener: number, source: number, gain: number | undefined): void {
  const [listenerLegId, sourceLegId] = [`leg${listener}`, `leg${source}`];
  rig.command({ type: 'routeLeg', callId: 'room', listenerLegId, sourceLegId, gain });
}

function isolate(rig: MediaRig, legId: string, isolated: boolean): void {
  rig.command({ type: 'isolateLeg', callId: 'room', legId, isolated, music: undefined });
}

/** Which tones a peer has heard in the last 200 ms, by index. */
function hears(peer: RigPeer): number[] {
  const heard = peer.heard(peer.received.length - 10);
  return tonesHz.flatMap((toneHz, index) => (partialDb(heard, toneHz, 1600) > -40 ? [index] : []));
}

function rows({ rig, peers }: { rig: MediaRig; peers: RigPeer[] }): number[][] {
  rig.run(20);
  return peers.map(hears);
}

/** Presses a key for 100 ms by telephone-events; `during` runs in the middle of it. */
function press(rig: MediaRig, peer: RigPeer, event: number, during: () => void = () => undefined): void {
  const startedAt = peer.timestamp;
  for (let step = 1; step <= 7; step++) {
    const payload = Buffer.from([event, step >= 5 ? 0x8a : 0x0a, 0, 0]);
    payload.writeUInt16BE(160 * Math.min(step, 5), 2);
    peer.raw(peer.packet(101, payload, startedAt, step === 1));
    rig.tick();
    if (step === 3) during();
  }
  rig.run(20);
}

/** The keys each peer got told since the last time, and whether each came to its end. */
function relayed(peers: readonly RigPeer[]): string[] {
  return peers.map((peer) => {
    const events = peer.received.splice(0).filter(({ payloadType }) => payloadType === 101);
    const keys = events.filter(({ marker }) => marker).map(({ payload }) => payload[0] ?? -1);
    const ended = events
      .filter(({ payload }) => ((payload[1] ?? 0) & 0x80) !== 0)
      .map(({ payload }) => payload[0] ?? -1);
    const unended = keys.filter((key) => !ended.includes(key));
    return unended.length > 0 ? `${keys.join()} held: ${unended.join()}` : keys.join();
  });
}

describe('who hears whom', () => {
  it('is changed by audience and pairs at a tick, and pairs can be taken back', async () => {
    const made = await room();
    const { rig } = made;
    expect(rows(made)).toEqual([
      [1, 2, 3],
      [0, 2, 3],
      [0, 1, 3],
      [0, 1, 2],
    ]);
    audience(rig, 'leg3', 'pairs', 'all');
    route(rig, 0, 3, 1);
    expect(rows(made)).toEqual([
      [1, 2, 3],
      [0, 2],
      [0, 1],
      [0, 1, 2],
    ]);
    audience(rig, 'leg3', 'pairs', 'pairs');
    route(rig, 3, 2, 1);
    expect(rows(made)).toEqual([[1, 2, 3], [0, 2], [0, 1], [2]]);
    audience(rig, 'leg3', 'all', 'all');
    route(rig, 1, 3, 0);
    expect(rows(made)).toEqual([
      [1, 2, 3],
      [0, 2],
      [0, 1, 3],
      [0, 1, 2],
    ]);
    route(rig, 1, 3, undefined);
    expect(rows(made)).toEqual([
      [1, 2, 3],
      [0, 2, 3],
      [0, 1, 3],
      [0, 1, 2],
    ]);
  });

  it('may be asked for legs that are gone, or for audiences of none', async () => {
    const made = await room();
    audience(made.rig, 'nobody', 'pairs', 'pairs');
    made.rig.command({ type: 'routeLeg', callId: 'room', listenerLegId: 'leg0', sourceLegId: 'nobody', gain: 0 });
    expect(rows(made)[0]).toEqual([1, 2, 3]);
    expect(made.rig.eventsOf('callFailed')).toEqual([]);
  });
});

describe('digits', () => {
  it('go where the voice of the leg goes', async () => {
    const { rig, peers } = await room();
    press(rig, peers[3]!, 1);
    expect(relayed(peers)).toEqual(['1', '1', '1', '']);
    audience(rig, 'leg3', 'pairs', 'all');
    route(rig, 0, 3, 0.5);
    rig.tick();
    press(rig, peers[3]!, 2);
    expect(relayed(peers)).toEqual(['2', '', '', '']);
    press(rig, peers[1]!, 3);
    expect(relayed(peers)).toEqual(['3', '', '3', '3']);
    audience(rig, 'leg3', 'pairs', 'pairs');
    route(rig, 0, 3, 0);
    rig.tick();
    press(rig, peers[3]!, 4);
    expect(relayed(peers)).toEqual(['', '', '', '']);
    press(rig, peers[1]!, 5);
    expect(relayed(peers)).toEqual(['5', '', '5', '']);
  });

  it('of an isolated leg go nowhere, and it gets none, whatever pairs say', async () => {
    const { rig, peers } = await room();
    route(rig, 0, 3, 1);
    route(rig, 3, 0, 1);
    isolate(rig, 'leg3', true);
    rig.tick();
    press(rig, peers[3]!, 1);
    press(rig, peers[0]!, 2);
    expect(relayed(peers)).toEqual(['', '2', '2', '']);
    // They are told all the same.
    expect(rig.eventsOf('digit').map(({ legId, digit }) => `${legId} ${digit}`)).toEqual(['leg3 1', 'leg0 2']);
    isolate(rig, 'leg3', false);
    rig.tick();
    press(rig, peers[3]!, 3);
    press(rig, peers[0]!, 4);
    expect(relayed(peers)).toEqual(['3', '3,4', '3,4', '4']);
  });

  it('that were pressed in isolation stay there, also when the leg is back in the next tick', async () => {
    const { rig, peers } = await room();
    isolate(rig, 'leg3', true);
    rig.run(3);
    peers[3]!.raw(peers[3]!.packet(101, Buffer.from([7, 0x0a, 0, 160]), peers[3]!.timestamp, true));
    isolate(rig, 'leg3', false);
    rig.run(20);
    expect(relayed(peers)).toEqual(['', '', '', '']);
  });

  it('that are held while a leg is taken out come to their end for those who heard them begin', async () => {
    const { rig, peers } = await room();
    press(rig, peers[3]!, 6, () => isolate(rig, 'leg3', true));
    expect(relayed(peers)).toEqual(['6', '6', '6', '']);
    press(rig, peers[0]!, 8, () => isolate(rig, 'leg2', true));
    expect(relayed(peers)).toEqual(['', '8', '8', '']);
  });
});
