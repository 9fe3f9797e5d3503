import { describe, expect, it } from 'vitest';
import { OpusDecoder } from '../../../src/media/codec/opus-decoder.js';
import { Playout } from '../../../src/media/jitter/playout.js';
import { createOpus, createOpusEncoder, encodeTicks, speechLike } from '../../support/opus.js';

const opus = createOpus();
const speech = speechLike(6, 11);
/** By then the playout has found its delay; nothing is lost before. */
const settledTick = 50;

/** Packets of 20 ms for a peer that takes FEC and loses a tenth of them. */
function packets(fec: boolean): Uint8Array[] {
  const encoder = createOpusEncoder(opus, { useinbandfec: fec ? '1' : '0' });
  encoder.setPacketLoss(0.1);
  const payloads = encodeTicks(encoder, speech);
  encoder.close();
  return payloads;
}

/** Every tenth packet is 40 ms later than the others, so that these wait for as long. */
const jittery = (index: number): number => (index % 10 === 5 ? 43 : 3);
/** Every packet comes right before its tick: its successor is never there when it is wanted. */
const clean = () => 15;

/** Plays packets that come so much after they were said; those in `lost` do not arrive at all. */
function play(payloads: readonly Uint8Array[], lost: (index: number) => boolean, delayMs = jittery) {
  const playout = new Playout(() => ({ decoder: new OpusDecoder(opus), clockRateHz: 48_000 }), 48_000);
  const arrivals = payloads
    .map((payload, index) => ({ payload, index, atMs: 20 * index + delayMs(index) }))
    .sort((a, b) => a.atMs - b.atMs || a.index - b.index);
  const output = new Float32Array(960);
  let next = 0;
  let before = playout.statistics();
  for (let tick = 0; tick < payloads.length + 5; tick++) {
    for (; next < arrivals.length && arrivals[next]!.atMs <= tick * 20; next++) {
      const { payload, index, atMs } = arrivals[next]!;
      if (lost(index)) continue;
      playout.insert({
        payloadType: 96,
        extendedSequence: index,
        extendedTimestamp: index * 960,
        payload,
        offset: 0,
        length: payload.length,
        arrivalMs: atMs,
      });
    }
    playout.pull(output, tick * 20);
    if (tick === settledTick) before = playout.statistics();
  }
  const { rescued, concealed, late, targetMs } = playout.statistics();
  playout.close();
  return {
    rescued: rescued - before.rescued,
    concealed: concealed - before.concealed,
    late: late - before.late,
    targetMs,
  };
}

describe('the playout of an Opus leg', () => {
  const isLost = (index: number) => index > settledTick && index % 10 === 0;
  const losses = Array.from({ length: 300 }, (_, index) => index).filter(isLost).length;

  it('rescues lost packets from the packets after them, and does not count them as concealed', () => {
    const { rescued, concealed, late } = play(packets(true), isLost);
    expect(rescued).toBeGreaterThan(losses * 0.6);
    expect(rescued + concealed).toBeGreaterThanOrEqual(losses);
    expect(concealed).toBeLessThan(losses * 0.4);
    expect(late).toBe(0);
  });

  it('conceals them when the sender gives no redundancy', () => {
    const { rescued, concealed } = play(packets(false), isLost);
    expect(rescued).toBe(0);
    expect(concealed).toBeGreaterThanOrEqual(losses);
  });

  it('conceals the first and rescues the last of two that are lost in a row', () => {
    const { rescued, concealed } = play(packets(true), (index) => index > settledTick && index % 12 < 2);
    expect(rescued).toBeGreaterThan(10);
    expect(concealed).toBeGreaterThan(15);
  });

  it('waits a packet longer once it has seen that this would rescue', () => {
    const losing = play(packets(true), isLost, clean);
    const lossless = play(packets(true), () => false, clean);
    expect(losing.rescued).toBeGreaterThan(losses * 0.6);
    expect(losing.targetMs).toBeCloseTo(lossless.targetMs + 20, 0);
  });

  it('waits for nothing when the sender gives no redundancy', () => {
    const losing = play(packets(false), isLost, clean);
    expect(losing.targetMs).toBeLessThan(20);
  });

  it('rescues nothing where nothing is lost', () => {
    expect(play(packets(true), () => false)).toMatchObject({ rescued: 0, concealed: 0 });
  });
});
