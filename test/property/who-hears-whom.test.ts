import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CallTaps } from '../../src/media/call-taps.js';
import type { PayloadFormat } from '../../src/media/protocol.js';
import { createTapRing } from '../../src/media/tap/ring.js';
import { CodecPeer, tone } from '../support/codec-peer.js';
import { Auditor, toneAmplitude } from '../support/hearing/auditor.js';
import { HearingModel } from '../support/hearing/model.js';
import { tonesHz } from '../support/hearing/tones.js';
import { MediaRig } from '../support/media-rig.js';
import { TapLog } from '../support/tap-log.js';

const L16: PayloadFormat = { encoding: 'L16', payloadType: 97, clockRateHz: 16_000, channels: 1, parameters: {} };
const mostLegs = 6;

const bit = fc.boolean();
const place = fc.nat(mostLegs - 1);
const side = fc.constantFrom('all' as const, 'pairs' as const);
/** What happens between ticks; places are those of legs in the call, modulo how many there are. */
const happening = fc.oneof(
  { weight: 2, arbitrary: fc.record({ what: fc.constant('join' as const), isolated: bit, consented: bit }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('leave' as const), leg: place }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('mute' as const), leg: place, muted: bit }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('deafen' as const), leg: place, deaf: bit }) },
  { weight: 5, arbitrary: fc.record({ what: fc.constant('isolate' as const), leg: place, isolated: bit }) },
  { weight: 4, arbitrary: fc.record({ what: fc.constant('consent' as const), leg: place, consented: bit }) },
  {
    weight: 2,
    arbitrary: fc.record({ what: fc.constant('address' as const), leg: place, heardBy: side, hears: side }),
  },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('whisper' as const), leg: place, to: place, on: bit }) },
  {
    weight: 1,
    arbitrary: fc.record({ what: fc.constant('sideTalk' as const), first: place, members: fc.nat(4), on: bit }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      what: fc.constant('relate' as const),
      leg: place,
      to: place,
      gain: fc.constantFrom(undefined, 0, 0.25, 1, 1.25),
    }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('tap' as const) }) },
);
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;
const step = fc.record({ happens: fc.array(happening, { maxLength: 3 }), ticks: fc.nat(8) });

/** A call on a media worker to which things happen, watched in every tick. */
class Stage {
  readonly rig = new MediaRig();
  readonly model = new HearingModel();
  readonly auditor: Auditor;
  readonly taps: { readonly tapId: string; readonly log: TapLog }[] = [];
  readonly #peers = new Map<string, CodecPeer>();
  #numbers = 0;

  constructor() {
    this.auditor = new Auditor(this.model, (legId) => this.#peers.get(legId)?.takeHeard() ?? new Float32Array());
    this.rig.command({ type: 'openCall', callId: 'call' });
  }

  async happen(what: Happening): Promise<void> {
    if (what.what === 'join') return this.#join(what.isolated, what.consented);
    if (what.what === 'tap') return this.#tap();
    if (what.what === 'sideTalk') return this.#sideTalk(what.first, what.members, what.on);
    const legId = this.#at(what.leg);
    if (legId === undefined) return;
    const { rig, model } = this;
    const about = { callId: 'call', legId };
    switch (what.what) {
      case 'leave':
        model.leave(legId);
        this.#peers.delete(legId);
        rig.command({ type: 'closeLeg', requestId: -1, ...about });
        return;
      case 'mute':
        model.change(legId, { muted: what.muted });
        rig.command({ type: 'controlLeg', ...about, controls: { muted: what.muted } });
        return;
      case 'deafen':
        model.change(legId, { deaf: what.deaf });
        rig.command({ type: 'controlLeg', ...about, controls: { deaf: what.deaf } });
        return;
      case 'isolate':
        model.change(legId, { isolated: what.isolated });
        rig.command({ type: 'isolateLeg', ...about, isolated: what.isolated, music: undefined });
        return;
      case 'consent':
        model.change(legId, { consented: what.consented });
        rig.command({ type: 'setConsent', ...about, consented: what.consented });
        return;
      case 'address':
        this.#address(legId, what.heardBy, what.hears);
        return;
      case 'whisper':
        this.#address(legId, what.on ? 'pairs' : 'all', 'all');
        this.#relate(this.#at(what.to), legId, what.on ? 1 : undefined);
        return;
      case 'relate':
        this.#relate(legId, this.#at(what.to), what.gain);
    }
  }

  async #join(isolated: boolean, consented: boolean): Promise<void> {
    const { rig, model } = this;
    const taken = [...model.legs.values()].map(({ frequencyHz }) => frequencyHz);
    const frequencyHz = tonesHz.find((candidate) => !taken.includes(candidate));
    if (frequencyHz === undefined || model.legs.size >= mostLegs) return;
    const legId = `leg${this.#numbers++}`;
    const peer = await CodecPeer.join(rig, 'call', legId, L16, { isolated, consented });
    peer.voice = tone(frequencyHz, toneAmplitude);
    this.#peers.set(legId, peer);
    model.join(legId, { frequencyHz, isolated, consented });
  }

  #address(legId: string, heardBy: 'all' | 'pairs', hears: 'all' | 'pairs'): void {
    this.model.change(legId, { audience: { heardBy, hears } });
    this.rig.command({ type: 'setAudience', callId: 'call', legId, audience: { heardBy, hears } });
  }

  #relate(listener: string | undefined, source: string | undefined, gain: number | undefined): void {
    if (listener === undefined || source === undefined || listener === source) return;
    this.model.relate(listener, source, gain);
    this.rig.command({ type: 'routeLeg', callId: 'call', listenerLegId: listener, sourceLegId: source, gain });
  }

  #sideTalk(first: number, members: number, on: boolean): void {
    const legIds = [...new Set(Array.from({ length: members }, (_, i) => this.#at(first + i)))];
    for (const legId of legIds) {
      if (legId === undefined) continue;
      this.#address(legId, on ? 'pairs' : 'all', on ? 'pairs' : 'all');
      for (const source of legIds) this.#relate(legId, source, on ? 1 : undefined);
    }
  }

  /** Opens a tap, or closes one if there are two. */
  async #tap(): Promise<void> {
    const open = this.taps.filter(({ log }) => !log.reader.ended);
    const oldest = open[0];
    if (open.length >= 2 && oldest) {
      await this.rig.ask((requestId) => ({ type: 'closeTap', requestId, callId: 'call', tapId: oldest.tapId }));
      oldest.log.read();
      return;
    }
    const ring = createTapRing(mostLegs, 0.6);
    const tapId = `tap${this.taps.length}`;
    this.taps.push({ tapId, log: new TapLog(ring) });
    await this.rig.ask((requestId) => ({ type: 'openTap', requestId, callId: 'call', tapId, ring }));
  }

  #at(index: number): string | undefined {
    const legIds = [...this.model.legs.keys()];
    return legIds[index % legIds.length];
  }

  run(ticks: number): void {
    this.rig.run(ticks);
    for (const { log } of this.taps) log.read();
  }

  /** Everything every tap got is what the model lets it have, tick by tick and bit by bit. */
  checkTaps(): void {
    for (const { log } of this.taps) {
      expect(log.reader.droppedTicks).toBe(0);
      const expected = log.ticks.flatMap((tick) => this.auditor.truth.get(tick) ?? []);
      const said = (frames: typeof expected) => frames.map(({ tick, legId, state }) => `${tick} ${legId} ${state}`);
      expect(said(log.frames)).toEqual(said(expected));
      const differing = log.frames.find(({ samples }, at) => !sameBits(samples, expected[at]?.samples));
      expect(differing).toBeUndefined();
    }
  }
}

function sameBits(left: Float32Array | undefined, right: Float32Array | undefined): boolean {
  if (!left || !right) return left === right;
  return Buffer.from(left.buffer).equals(Buffer.from(right.buffer));
}

describe('who hears whom, and what tools get', () => {
  afterEach(() => void vi.restoreAllMocks());

  it('is what was asked for, in every tick of calls to which anything happens', async () => {
    const totals = {
      ticks: 0,
      edges: 0,
      exact: 0,
      close: 0,
      tones: 0,
      sentTones: 0,
      taps: 0,
      toolFrames: 0,
      toolAudio: 0,
    };
    let auditor: Auditor | undefined;
    const feed: CallTaps['feed'] = Reflect.get(CallTaps.prototype, 'feed');
    vi.spyOn(CallTaps.prototype, 'feed').mockImplementation(function (this: CallTaps, legs, tick) {
      feed.call(this, legs, tick);
      auditor?.audit(legs, tick);
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 30, maxLength: 50 }), async (steps) => {
        const stage = new Stage();
        auditor = stage.auditor;
        for (let i = 0; i < 4; i++) await stage.happen({ what: 'join', isolated: false, consented: i % 2 === 0 });
        await stage.happen({ what: 'tap' });
        stage.run(20);
        for (const { happens, ticks } of steps) {
          for (const what of happens) await stage.happen(what);
          stage.run(ticks);
        }
        expect(stage.rig.eventsOf('callFailed')).toEqual([]);
        expect(stage.rig.eventsOf('legFailed')).toEqual([]);
        stage.checkTaps();
        totals.ticks += stage.auditor.truth.size;
        for (const key of ['edges', 'exact', 'close', 'tones', 'sentTones'] as const) totals[key] += stage.auditor[key];
        for (const { log } of stage.taps) {
          totals.toolFrames += log.frames.length;
          totals.toolAudio += log.frames.filter(({ samples }) => samples).length;
        }
      }),
      { numRuns: 15 },
    );
    // It means nothing unless all of this was there to be looked at.
    expect(totals.ticks).toBeGreaterThan(1000);
    expect(totals.edges).toBeGreaterThan(15);
    expect(totals.exact).toBeGreaterThan(3000);
    expect(totals.close).toBeGreaterThan(10);
    expect(totals.tones).toBeGreaterThan(500);
    expect(totals.sentTones).toBeGreaterThan(500);
    expect(totals.toolFrames).toBeGreaterThan(3000);
    expect(totals.toolAudio).toBeGreaterThan(300);
  }, 60_000);
});
