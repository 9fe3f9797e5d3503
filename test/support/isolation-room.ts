/** A call on a fake clock whose legs each say a tone of their own, looked at tick by tick. */
import { mulaw } from '../../demo/phone/g711.js';
import type {
  InteractionOrder,
  InteractionOutcome,
  LegMedia,
  LegOpening,
  MediaEvent,
  Programme,
} from '../../src/media/protocol.js';
import { eventOfDigit } from '../../src/media/rtp/telephone-event.js';
import { MediaRig, type RigPeer, sine } from './media-rig.js';

/** Whole periods in a tick, so that tones do not disturb each other's measurement. */
const tonesHz = [400, 700, 1000, 1300, 1600, 1900];
const peak = 6000;
const toneDb = 20 * Math.log10(peak / 32_768);

/** A room of up to six legs; `leg0` says 400 Hz, and so on. */
export class IsolationRoom {
  readonly rig = new MediaRig();
  readonly peers: RigPeer[] = [];
  /** The call's tick that ran last. */
  tick = 0;
  /** RTP time of each leg's last press. */
  readonly #pressedAt = new Map<number, number>();

  static async open(legs: number): Promise<IsolationRoom> {
    const room = new IsolationRoom();
    room.rig.command({ type: 'openCall', callId: 'room' });
    for (let index = 0; index < legs; index++) await room.join();
    room.run(50);
    return room;
  }

  async join(opening: Partial<LegOpening> = {}, media: Partial<LegMedia> = {}): Promise<RigPeer> {
    const index = this.peers.length;
    const peer = await this.rig.join('room', `leg${index}`, media, opening);
    peer.speak = sine(tonesHz[index] ?? 2200, peak);
    this.peers.push(peer);
    this.tick = (await this.rig.snapshot('room')).tick;
    return peer;
  }

  run(ticks: number): void {
    for (let count = 0; count < ticks; count++) {
      this.rig.tick();
      this.tick += 1;
    }
  }

  /** Runs until this tick of the call has run. */
  runTo(tick: number): void {
    this.run(tick - this.tick);
  }

  /** Level of a leg's tone in the last packet a leg got, relative to what was said. */
  hears(listener: number, talker: number): number {
    return this.level(listener, tonesHz[talker] ?? 0) - toneDb;
  }

  /** Level of a frequency, a multiple of 50 Hz, in the last packet a leg got, dB below full scale. */
  level(listener: number, frequencyHz: number): number {
    const heard = this.heard(listener);
    let [real, imaginary] = [0, 0];
    heard.forEach((sample, at) => {
      const angle = (2 * Math.PI * frequencyHz * at) / 8000;
      real += sample * Math.cos(angle);
      imaginary += sample * Math.sin(angle);
    });
    return 20 * Math.log10(Math.max(1e-9, (2 * Math.hypot(real, imaginary)) / heard.length / 32_768));
  }

  /** The last packet a leg got, decoded. */
  heard(listener: number): Int16Array {
    const last = this.peers[listener]?.received.findLast(({ payloadType }) => payloadType === 0);
    if (!last) throw new Error(`leg${listener} got nothing.`);
    return mulaw.decode(last.payload);
  }

  /** Who of the first legs a leg hears now, as digits; each must be clearly there or clearly not. */
  heardBy(listener: number): string {
    return this.peers
      .map((_, talker) => {
        const levelDb = this.hears(listener, talker);
        if (levelDb > -3) return `${talker}`;
        if (levelDb > -30) throw new Error(`leg${listener} hears leg${talker} at ${levelDb.toFixed(1)} dB.`);
        return '';
      })
      .join('');
  }

  start(leg: number, order: InteractionOrder): void {
    this.rig.command({ type: 'startInteraction', callId: 'room', legId: `leg${leg}`, order });
  }

  cancel(leg: number, { interactionId }: InteractionOrder): void {
    this.rig.command({ type: 'cancelInteraction', callId: 'room', legId: `leg${leg}`, interactionId });
  }

  isolate(leg: number, isolated: boolean, music?: Programme): void {
    this.rig.command({ type: 'isolateLeg', callId: 'room', legId: `leg${leg}`, isolated, music });
  }

  /** Presses a key for 100 ms as telephone-events, all packets at once; counts in the next tick. */
  press(leg: number, digit: string): void {
    this.hold(leg, digit);
    this.release(leg, digit);
  }

  /** The first packet of a press. */
  hold(leg: number, digit: string): void {
    const peer = this.peers[leg]!;
    // Two presses in one tick are two by their timestamps.
    peer.timestamp += 1;
    this.#pressedAt.set(leg, peer.timestamp);
    this.#event(leg, digit, false);
  }

  /** The three ends of the press that was held last. */
  release(leg: number, digit: string): void {
    for (let end = 0; end < 3; end++) this.#event(leg, digit, true);
  }

  outcomes(): InteractionOutcome[] {
    return this.rig.eventsOf('interactionEnded').map(({ outcome }) => outcome);
  }

  /** Isolation as told, like `+leg0@120`. */
  isolations(from = 0): string[] {
    return this.rig
      .eventsOf('isolation')
      .filter(({ tick }) => tick > from)
      .map(({ legId, isolated, tick }) => `${isolated ? '+' : '-'}${legId}@${tick}`);
  }

  /** Types of what was told of interactions, isolation and playbacks since event number `from`, in order. */
  told(from: number): string[] {
    const types: MediaEvent['type'][] = [
      ...(['isolation', 'interactionStarted', 'interactionEnded', 'legFailed', 'callFailed'] as const),
      ...(['playbackStarted', 'playbackEnded', 'result'] as const),
    ];
    return this.rig.events
      .slice(from)
      .filter(({ type }) => types.includes(type))
      .map((event) => (event.type === 'result' ? event.result.type : event.type));
  }

  #event(leg: number, digit: string, end: boolean): void {
    const peer = this.peers[leg]!;
    const payload = Buffer.from([eventOfDigit(digit), end ? 0x8a : 0x0a, 0, 0]);
    payload.writeUInt16BE(end ? 800 : 160, 2);
    peer.raw(peer.packet(101, payload, this.#pressedAt.get(leg) ?? 0, !end));
  }
}
