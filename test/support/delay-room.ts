/** A whole media worker on a fake clock, with phones that send at phases of their own: what delay the bridge adds. */
import { addedDelayMs } from '../../demo/phone/latency.js';
import { RtpEar } from '../../demo/phone/rtp-ear.js';
import { speak, tone, type Voice } from '../../demo/phone/voice.js';
import type { LegStatistics } from '../../src/media/protocol.js';
import { SeededRandom } from '../../src/media/rtp/seeded-random.js';
import { MediaRig, PCMA, PCMU, type RigPeer } from './media-rig.js';

const TICK_MS = 20;
const FRAME = 160;
/** Everybody begins after all who began before are steady. */
const STAGGER_FRAMES = 6;
const SETTLE_FRAMES = 25;
/** Far enough apart to be told from each other while all talk. */
const VOICE_STEP = 7;

/** Who is in the room, and how regularly time goes by there. */
export interface DelayRoom {
  readonly legs: number;
  /** Each packet leaves its phone up to this much late. */
  readonly jitterMs: number;
  /** Each tick runs up to this much late. */
  readonly tickJitterMs: number;
  /** Where the first phone's phase is between 0 and the second's, 0…1; all are evenly spread over a tick. */
  readonly offset: number;
  readonly seed: number;
}

/** What was measured, and what became of the packets. */
export interface RoomDelays {
  /** Mouth to ear beyond packetisation, ms, of every leg at two others. */
  readonly delaysMs: readonly number[];
  readonly statistics: readonly LegStatistics[];
}

/** One phone: its packet `sent` is due every tick at its phase, and leaves it a little late. */
class Guest {
  readonly ear = new RtpEar();
  readonly voice: Voice;
  spokeAtMs: number | undefined;
  nextMs: number;
  #sent = 0;
  readonly #silentFrames: number;
  readonly #frame = new Int16Array(FRAME);

  constructor(
    readonly peer: RigPeer,
    index: number,
    private dueMs: number,
    private readonly lateMs: () => number,
  ) {
    this.voice = tone(index * VOICE_STEP, -34);
    this.#silentFrames = SETTLE_FRAMES + index * STAGGER_FRAMES;
    this.nextMs = dueMs + lateMs();
    peer.speak = (at) => {
      if (at >= this.#silentFrames) speak(this.voice, (at - this.#silentFrames) * FRAME, this.#frame);
      return this.#frame;
    };
  }

  send(): void {
    if (this.#sent++ === this.#silentFrames) this.spokeAtMs = this.nextMs;
    this.peer.sendFrame();
    this.dueMs += TICK_MS;
    this.nextMs = this.dueMs + this.lateMs();
  }
}

/** Lets everybody begin to talk once, at phases evenly spread over a tick, and times it at others. */
export async function measureDelays({ legs, jitterMs, tickJitterMs, offset, seed }: DelayRoom): Promise<RoomDelays> {
  const rig = new MediaRig();
  const random = new SeededRandom(seed);
  rig.command({ type: 'openCall', callId: 'room' });
  const peers: RigPeer[] = [];
  for (let index = 0; index < legs; index++) {
    const format = index % 2 === 0 ? PCMU : PCMA;
    const peer = await rig.join('room', `leg${index}`, { send: format });
    peer.law = format === PCMU ? 0 : 8;
    peers.push(peer);
  }
  const beginMs = rig.nowMs;
  const guests = peers.map((peer, index) => {
    const phaseMs = ((index + offset) * TICK_MS) / legs;
    return new Guest(peer, index, beginMs + phaseMs, () => random.nextRatio() * jitterMs);
  });
  for (let tick = 1; tick <= SETTLE_FRAMES + (legs + 1) * STAGGER_FRAMES; tick++) {
    const dueMs = beginMs + tick * TICK_MS;
    const nowMs = dueMs + random.nextRatio() * tickJitterMs;
    for (const guest of guests) {
      while (guest.nextMs <= nowMs) {
        rig.nowMs = guest.nextMs;
        guest.send();
      }
    }
    rig.nowMs = nowMs;
    rig.calls.tick({ dueMs, latenessMs: nowMs - dueMs, skipped: 0 });
  }
  for (const { peer, ear } of guests) for (const { bytes, atMs } of peer.received) ear.hear(bytes, atMs);
  const delaysMs = guests.flatMap((talker, index) =>
    [1, Math.ceil(legs / 2)].map((step) => addedDelayMs(talker, guests[(index + step) % legs] ?? talker) ?? NaN),
  );
  const statistics = await Promise.all(peers.map(({ legId }) => rig.statistics('room', legId)));
  return { delaysMs, statistics };
}
