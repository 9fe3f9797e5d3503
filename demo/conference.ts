/** Phones in a call, each saying its own chord: who hears whom, how clean, how late. */
import type { SipGateway } from '../src/sip/gateway.js';
import { heardDb, SILENCE_DB } from './phone/ear.js';
import { addedDelayMs } from './phone/latency.js';
import { Phone, type PhoneLaw } from './phone/phone.js';
import { PhoneClock } from './phone/phone-clock.js';
import type { Voice } from './phone/voice.js';

/** One phone to be in it. */
export interface Guest {
  readonly voice: Voice;
  readonly law: PhoneLaw;
  /** Name of the call it dials. */
  readonly room: string;
}

/** How to hold a conference. */
export interface ConferenceOptions {
  readonly guests: readonly Guest[];
  /** Makes the phones' SIP calls. */
  readonly gateway: SipGateway;
  /** `host:port` of the server's SIP front end. */
  readonly server: string;
  /** How long everybody talks together. */
  readonly talkMs: number;
}

/** What came of it. `levelsDb[ear][mouth]` is relative to what was said: 0 = unchanged. */
export interface ConferenceReport {
  readonly phones: readonly Phone[];
  readonly levelsDb: readonly (readonly number[])[];
  /** Mouth to ear beyond packetisation, ms, of every pair in one call. */
  readonly delaysMs: readonly number[];
}

/** Samples at the end of what was heard in which everybody talks. */
const SAMPLES_PER_MS = 8;
/** Phones begin one after the other, so that each beginning can be told apart. */
const STAGGER_FRAMES = 15;
const SETTLE_FRAMES = 25;
const FRAME_MS = 20;

/** Dials, talks, hangs up, measures. */
export async function holdConference(options: ConferenceOptions): Promise<ConferenceReport> {
  const { guests, gateway, server, talkMs } = options;
  const phones = guests.map(
    ({ voice, law }, index) => new Phone({ voice, law, silentFrames: SETTLE_FRAMES + index * STAGGER_FRAMES }),
  );
  const clock = new PhoneClock();
  await Promise.all(phones.map((phone, index) => phone.dial(gateway, `sip:${guests[index]?.room ?? ''}@${server}`)));
  for (const phone of phones) clock.add(phone);
  const beginMs = (SETTLE_FRAMES + phones.length * STAGGER_FRAMES) * FRAME_MS;
  await new Promise((resolve) => setTimeout(resolve, beginMs + talkMs));
  clock.stop();
  await Promise.all(phones.map((phone) => phone.hangUp()));
  return { phones, levelsDb: measureLevels(phones, talkMs), delaysMs: measureDelays(phones, guests) };
}

function measureLevels(phones: readonly Phone[], talkMs: number): number[][] {
  return phones.map((listener) => {
    const together = listener.ear.samples.slice(-Math.round((talkMs - 4 * FRAME_MS) * SAMPLES_PER_MS));
    return phones.map((talker) => Math.max(SILENCE_DB, heardDb(together, talker.voice)));
  });
}

function measureDelays(phones: readonly Phone[], guests: readonly Guest[]): number[] {
  return phones.flatMap((listener, ear) =>
    phones.flatMap((talker, mouth) => {
      if (ear === mouth || guests[ear]?.room !== guests[mouth]?.room) return [];
      return addedDelayMs(talker, listener) ?? [];
    }),
  );
}
