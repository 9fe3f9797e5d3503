/**
 * Two real telephones that speak Opus alone, in one call: what baresip's libopus decodes of us, what we decode of it, and what
 * becomes of packets that are lost on the way.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { OpusDecoder } from '../../src/media/codec/opus-decoder.js';
import { OpusFrames } from '../../src/media/codec/opus-packets.js';
import { heardByBaresip, missingForOpusBaresip, startOpusBaresip } from '../support/interop/baresip.js';
import { SYLLABLE_LEVEL } from '../support/interop/chord.js';
import { describeWith } from '../support/interop/programs.js';
import { type ConnectedPeer, Switchboard } from '../support/interop/switchboard.js';
import { createOpus } from '../support/opus.js';
import { aheadOfOthers } from '../support/real-time.js';
import { toneAt } from '../support/spectrum.js';

const RATE_HZ = 48_000;
const SETTLE_MS = 2000;
const CLEAN_MS = 6000;
/** Long enough for a few receiver reports (RFC 3550 §6.2: 5 s ± half). */
/** Since the beginning of its file: by then the clean part is over, and measured. */
const SYLLABLES_FROM_MS = 12_000;
const LOSSY_MS = 14_000;
const PEAK_DBFS = -12;
const TOLERANCE_DB = 0.5;
/** Of what it said itself; a leak this soft is noticed, for so a tone of that level is found in what is decoded. */
const OWN_VOICE_DB = -55;
/** A step is steady within so much of the median. */
const STEADY_DB = 6;
/** Whole periods of all tones. */
const WINDOW = RATE_HZ / 10;
/** Each has a tone to be measured by, and later syllables as well, which make its encoder take it for speech and send FEC. */
const voicesHz = { ann: 600, bob: 1000 };
const syllablesHz = { ann: [2250, 2650, 3300], bob: [2450, 2850, 3500] };
const TONE_DB = PEAK_DBFS - 20 * Math.log10(1 + 3 * SYLLABLE_LEVEL);
/** Of 50 packets these are lost: three alone, and three in a row. */
const lostOf50 = new Set([8, 18, 28, 40, 41, 42]);

/** RTP payloads as they passed, with their sequence numbers. */
interface Payload {
  readonly sequence: number;
  readonly bytes: Uint8Array;
}

describeWith(
  ['baresip'],
  'two baresips that speak Opus',
  () => {
    let switchboard: Switchboard;
    beforeAll(async () => {
      switchboard = await Switchboard.open({ codecs: ['opus', 'PCMU'] });
    }, 90_000);
    afterAll(() => switchboard?.close());

    it('hear each other and not themselves, and hear on while packets are lost', { timeout: 120_000 }, async () => {
      const { ann, bob, toBob, toAnn, lossyFrom, statistics } = await aheadOfOthers(() => talk(switchboard));

      for (const [peer, other] of [
        [ann, bob],
        [bob, ann],
      ] as const) {
        const heard = readWav(heardByBaresip(peer.home)).subarray(SETTLE_MS * 48, CLEAN_MS * 48);
        const level = median(levelsDb(heard, other.voice.frequenciesHz[0]!));
        const own = toneDb(heard, peer.voice.frequenciesHz[0]!);
        console.log(`${peer.name} hears ${other.name} at ${level.toFixed(2)} dB, itself at ${own.toFixed(1)} dB`);
        expect(Math.abs(level - TONE_DB), `${other.name} as ${peer.name} hears it`).toBeLessThan(TOLERANCE_DB);
        expect(own - TONE_DB, `${peer.name} as it hears itself`).toBeLessThan(OWN_VOICE_DB);
      }

      const { clean, lossy } = statistics;
      for (const { playout } of [...clean, ...lossy]) expect(playout.decodeErrors).toBe(0);
      expect(clean.map(({ receive }) => receive.lost)).toEqual([0, 0]);
      const [annLossy, bobLossy] = lossy;
      expect(annLossy!.playout.rescued).toBeGreaterThan(clean[0]!.playout.rescued + 10);
      expect(annLossy!.playout.concealed).toBeGreaterThan(clean[0]!.playout.concealed + 10);
      expect(bobLossy!.receive.lost).toBe(0);
      expect(annLossy!.send.remoteLossRatio).toBeGreaterThan(0.03);

      // What bob heard of ann meanwhile, in steps of 20 ms. Twelve in a hundred of her packets were lost, and silence for them
      // would leave at most 88 steady steps; without a loss Opus makes 97 to 100 of this chord, so none of them is judged alone.
      const levels = levelsDb(decode(toBob).subarray(lossyFrom.bob * 960), voicesHz.ann, RATE_HZ / 50);
      const steady = levels.filter((level) => Math.abs(level - median(levels)) < STEADY_DB).length / levels.length;
      const { rescued, concealed } = annLossy!.playout;
      console.log(`${rescued} rescued, ${concealed} concealed, ${(100 * steady).toFixed(1)} % of the steps are steady`);
      expect(steady).toBeGreaterThan(0.95);
      expect(Math.abs(median(levels) - TONE_DB)).toBeLessThan(STEADY_DB);

      // Redundancy is sent to ann once she has reported loss, and never to bob.
      expect(toAnn.slice(0, lossyFrom.ann).filter(hasRescue)).toEqual([]);
      expect(toAnn.slice(lossyFrom.ann).filter(hasRescue).length).toBeGreaterThan(100);
      expect(toBob.filter(hasRescue)).toEqual([]);
    });
  },
  missingForOpusBaresip(),
);

/** Both talk, first undisturbed, then with losses on ann's line in both directions. */
async function talk(switchboard: Switchboard) {
  const guest = (name: keyof typeof voicesHz) => ({
    name,
    room: 'opus',
    law: 'PCMU' as const,
    voice: {
      frequenciesHz: [voicesHz[name]],
      syllables: { frequenciesHz: syllablesHz[name], fromMs: SYLLABLES_FROM_MS },
      peakDbfs: PEAK_DBFS,
    },
  });
  const ann = await switchboard.connect(startOpusBaresip, guest('ann'));
  const bob = await switchboard.connect(startOpusBaresip, guest('bob'));
  const toBob: Payload[] = [];
  const toAnn: Payload[] = [];
  let isLossy = false;
  const note = (to: Payload[], rtp: Buffer): void => {
    to.push({ sequence: rtp.readUInt16BE(2), bytes: Uint8Array.from(rtp.subarray(12)) });
  };
  ann.tap.passage = (rtp, isFromServer) => {
    if (isFromServer) note(toAnn, rtp);
    return !isLossy || !lostOf50.has(rtp.readUInt16BE(2) % 50);
  };
  bob.tap.passage = (rtp, isFromServer) => {
    if (isFromServer) note(toBob, rtp);
    return true;
  };
  await sleep(SETTLE_MS + CLEAN_MS);
  const clean = await statisticsOf(switchboard, [ann, bob]);
  await sleep(SYLLABLES_FROM_MS - SETTLE_MS - CLEAN_MS);
  const lossyFrom = { ann: toAnn.length, bob: toBob.length };
  isLossy = true;
  await sleep(LOSSY_MS);
  const lossy = await statisticsOf(switchboard, [ann, bob]);
  // Who is hung up on first is not heard to the end.
  const heardByBob = toBob.slice();
  for (const { id } of (await switchboard.api.calls()).values()) await switchboard.api.endCall(id);
  await Promise.all([ann, bob].map((peer) => peer.goneAfterBye()));
  return { ann, bob, toBob: heardByBob, toAnn, lossyFrom, statistics: { clean, lossy } };
}

async function statisticsOf({ api }: Switchboard, peers: readonly ConnectedPeer[]) {
  const call = (await api.calls()).get('opus');
  if (call === undefined) throw new Error('There is no such call.');
  const legs = await api.legs(call.id);
  return Promise.all(
    peers.map(async ({ name }) => {
      const leg = legs.find(({ number }) => number.includes(name));
      if (leg === undefined) throw new Error(`${name} is not among ${legs.map(({ number }) => number).join(', ')}.`);
      expect(leg.codec?.encoding).toBe('opus');
      return api.statistics(call.id, leg.id);
    }),
  );
}

const frames = new OpusFrames();

function hasRescue({ bytes }: Payload): boolean {
  return frames.parse(bytes, 0, bytes.length) && frames.hasRescue;
}

/** What the payloads that passed sound like. */
function decode(payloads: readonly Payload[]): Float32Array {
  const decoder = new OpusDecoder(createOpus());
  const output = new Float32Array(960 * payloads.length);
  payloads.forEach(({ bytes }, i) => {
    expect(decoder.decode(bytes, bytes.length, output.subarray(i * 960))).toBe(960);
  });
  decoder.close();
  return output;
}

/** The first channel of a WAV file of 16 bit. */
function readWav(path: string): Float32Array {
  const file = readFileSync(path);
  const channels = file.readUInt16LE(22);
  expect(file.readUInt32LE(24)).toBe(RATE_HZ);
  const from = file.indexOf('data') + 8;
  return Float32Array.from(
    { length: Math.floor((file.length - from) / (2 * channels)) },
    (_, i) => file.readInt16LE(from + 2 * channels * i) / 32_768,
  );
}

/** Of each window, dB of a sine at full scale. */
function levelsDb(signal: Float32Array, frequencyHz: number, window = WINDOW): number[] {
  return Array.from({ length: Math.floor(signal.length / window) }, (_, i) =>
    toneDb(signal.subarray(i * window, (i + 1) * window), frequencyHz),
  );
}

function toneDb(signal: Float32Array, frequencyHz: number): number {
  return 20 * Math.log10(toneAt(signal, RATE_HZ, frequencyHz).amplitude + 1e-9);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
