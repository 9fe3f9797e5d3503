/** Packets of any length in, of any other out, through a whole media worker. */
import { describe, expect, it } from 'vitest';
import { phaseSlips } from '../../../demo/phone/phase.js';
import type { PayloadFormat, PlayoutStatistics } from '../../../src/media/protocol.js';
import { CodecPeer, tone } from '../../support/codec-peer.js';
import { MediaRig, PCMU } from '../../support/media-rig.js';
import { createOpus, opusFormat } from '../../support/opus.js';

const G722: PayloadFormat = { encoding: 'G722', payloadType: 9, clockRateHz: 8000, channels: 1, parameters: {} };
const codecs = { PCMU, 'G.722': G722, Opus: opusFormat() };
type CodecName = keyof typeof codecs;

/** The telephone industry's "1 kHz": neither packets nor ticks hold whole periods of it. */
const TONE_HZ = 1004;
const ptimesMs = [10, 20, 30, 40, 60];
const somePairs = [
  [10, 60],
  [30, 20],
  [40, 30],
  [60, 10],
] as const;
const pairings: readonly (readonly [CodecName, number, number])[] = [
  ...ptimesMs.flatMap((saysMs) => ptimesMs.map((hearsMs) => ['PCMU', saysMs, hearsMs] as const)),
  ...somePairs.map((pair) => ['G.722', ...pair] as const),
  ...somePairs.map((pair) => ['Opus', ...pair] as const),
];
const disturbances = ['concealed', 'silent', 'dropped', 'accelerated', 'decelerated', 'late', 'resets'] as const;

/** A talker who says a tone and a listener, who both send and get packets of these lengths. */
class Connection {
  readonly rig: MediaRig;
  #sinceMs = 0;
  #before: PlayoutStatistics | undefined;
  talker!: CodecPeer;
  listener!: CodecPeer;

  private constructor(codec: CodecName) {
    this.rig = new MediaRig(codec === 'Opus' ? createOpus() : undefined);
    this.rig.command({ type: 'openCall', callId: 'call' });
  }

  static async open(codec: CodecName, saysMs: number, hearsMs: number): Promise<Connection> {
    const connection = new Connection(codec);
    const { rig } = connection;
    connection.talker = await CodecPeer.join(rig, 'call', 'talker', codecs[codec], {}, { saysMs, hearsMs });
    connection.listener = await CodecPeer.join(rig, 'call', 'listener', codecs[codec], {}, { saysMs, hearsMs });
    connection.talker.voice = tone(TONE_HZ, 0.3);
    return connection;
  }

  /** Begins to count and to listen. */
  async begin(): Promise<void> {
    const { receive, playout } = await this.rig.statistics('call', 'talker');
    expect(receive).toMatchObject({ lost: 0, duplicates: 0, reordered: 0 });
    this.#before = playout;
    this.listener.takeHeard();
    this.#sinceMs = this.rig.nowMs;
  }

  /** Everything heard since {@link begin}: as much as time has passed, but for the packet not yet complete. */
  heard(): Float32Array {
    const { listener, rig } = this;
    const heard = listener.takeHeard();
    const lengthMs = (1000 * heard.length) / listener.rateHz;
    expect(Math.abs(lengthMs - (rig.nowMs - this.#sinceMs))).toBeLessThanOrEqual(60);
    return heard;
  }

  /** What has happened to the talker's stream since {@link begin}, zeros left out. */
  async disturbed(): Promise<Partial<PlayoutStatistics>> {
    const { playout } = await this.rig.statistics('call', 'talker');
    const grown = disturbances.map((key) => [key, playout[key] - (this.#before?.[key] ?? 0)] as const);
    return Object.fromEntries(grown.filter(([, count]) => count !== 0));
  }
}

/** Where a tone jumps or stops. */
function slips(heard: Float32Array, rateHz: number): number {
  const step = rateHz / 8000;
  const narrow = Int16Array.from({ length: heard.length / step }, (_, i) => Math.round(32_000 * heard[i * step]!));
  return phaseSlips(narrow, TONE_HZ).length;
}

/** Amplitude of a tone in the softest 10 ms. */
function leastLevel(heard: Float32Array, rateHz: number): number {
  const window = rateHz / 100;
  let least = Infinity;
  for (let at = 0; at + window <= heard.length; at += window) {
    const power = heard.subarray(at, at + window).reduce((sum, value) => sum + value * value, 0) / window;
    least = Math.min(least, Math.sqrt(2 * power));
  }
  return least;
}

describe('a tone', () => {
  it.each(pairings)(
    'in %s, said in packets of %i ms, is heard in packets of %i ms without a gap',
    async (...pairing) => {
      const connection = await Connection.open(...pairing);
      const { rig, listener } = connection;
      rig.run(60);
      await connection.begin();
      rig.run(150);
      const heard = connection.heard();
      expect(new Set(listener.durationsMs)).toEqual(new Set([pairing[2]]));
      expect(slips(heard, listener.rateHz)).toBe(0);
      expect(await connection.disturbed()).toEqual({});
    },
  );

  it.each<[CodecName, number, number]>([
    ['PCMU', 20, 40],
    ['PCMU', 40, 20],
    ['G.722', 20, 40],
    ['Opus', 20, 40],
    ['PCMU', 60, 10],
    ['PCMU', 30, 20],
  ])(
    'in %s goes on when signalling changes what is heard from %i to %i ms in mid-call',
    async (codec, firstMs, thenMs) => {
      const connection = await Connection.open(codec, firstMs, firstMs);
      const { rig, listener } = connection;
      rig.run(60);
      await connection.begin();
      rig.run(50);
      listener.setPtimes({ saysMs: firstMs, hearsMs: thenMs });
      rig.run(100);
      const heard = connection.heard();
      // What had gathered by then leaves as one shorter packet.
      const changed = listener.durationsMs.findIndex((durationMs) => durationMs !== firstMs);
      expect(changed).toBeGreaterThan(0);
      expect(new Set(listener.durationsMs.slice(changed + 1))).toEqual(new Set([thenMs]));
      expect(slips(heard, listener.rateHz)).toBe(0);
      expect(await connection.disturbed()).toEqual({});
    },
  );

  it.each<[CodecName, number, number]>([
    ['PCMU', 20, 40],
    ['G.722', 20, 40],
    ['Opus', 20, 40],
    ['PCMU', 40, 20],
    ['PCMU', 10, 60],
    ['PCMU', 60, 10],
  ])('in %s goes on when the talker changes from %i to %i ms in mid-call', async (codec, firstMs, thenMs) => {
    const connection = await Connection.open(codec, firstMs, firstMs);
    const { rig, talker, listener } = connection;
    rig.run(60);
    await connection.begin();
    rig.run(50);
    talker.setPtimes({ saysMs: thenMs, hearsMs: firstMs });
    rig.run(250);
    const heard = connection.heard();
    // Packets that take longer to fill come later: so much more delay than before is unavoidable, and is made up once.
    const laterTicks = Math.ceil(Math.max(0, thenMs - firstMs) / 20);
    const { concealed = 0, accelerated = 0, ...others } = await connection.disturbed();
    expect(others).toEqual({});
    expect(concealed).toBeLessThanOrEqual(laterTicks);
    expect(accelerated).toBeLessThanOrEqual(3);
    // Opus makes up tones badly, and is as it is for 20 ms; nobody's is silent.
    expect(leastLevel(heard, listener.rateHz)).toBeGreaterThan(codec === 'Opus' ? 0.3 / 20 : 0.3 / 4);
    expect(slips(heard.subarray(-2 * listener.rateHz), listener.rateHz)).toBe(0);
  });

  it('that is short of 10 ms or has 10 ms of it twice would be noticed', () => {
    const whole = Float32Array.from({ length: 16_000 }, (_, n) => tone(TONE_HZ, 0.3)(n, 8000));
    const without = Float32Array.from([...whole.subarray(0, 8000), ...whole.subarray(8080)]);
    const doubled = Float32Array.from([...whole.subarray(0, 8080), ...whole.subarray(8000)]);
    const silent = whole.slice().fill(0, 8000, 8080);
    expect(slips(whole, 8000)).toBe(0);
    for (const spoilt of [without, doubled, silent]) expect(slips(spoilt, 8000)).toBeGreaterThan(0);
    expect(leastLevel(silent, 8000)).toBe(0);
  });
});
