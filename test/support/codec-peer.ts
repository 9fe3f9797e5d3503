import type { Decoder } from '../../src/media/codec/port.js';
import { createDecoder } from '../../src/media/codec/registry.js';
import type { LegOpening, PayloadFormat } from '../../src/media/protocol.js';
import { createKernels } from './kernels.js';
import type { MediaRig, RigPeer } from './media-rig.js';
import { createOpus } from './opus.js';
import { PtimePackets } from './ptime-packets.js';

const TICK_MS = 20;

/** What is said at sample `n` of a clock of `rateHz`, −1…1. */
export type Voice = (n: number, rateHz: number) => number;

/** A sine that is exact however long it lasts. @param hz a whole number */
export function tone(hz: number, amplitude: number): Voice {
  return (n, rateHz) => amplitude * Math.sin((2 * Math.PI * ((hz * (n % rateHz)) % rateHz)) / rateHz);
}

/** How long the packets are that a far end sends, and those it wants to get. */
export interface Ptimes {
  readonly saysMs: number;
  readonly hearsMs: number;
}

const kernels = createKernels();

/** Opus legs get memory of their own, which is gone with them. */
const kernelsFor = (format: PayloadFormat) => (format.encoding === 'opus' ? createKernels(createOpus()) : kernels);

/**
 * A far end of the media rig with any codec: says its voice in packets of its ptime, each sent when its last sample has been
 * said, and keeps what it hears.
 */
export class CodecPeer {
  voice: Voice | undefined;
  readonly rateHz: number;
  /** Durations of the packets {@link takeHeard} gave last, ms. */
  durationsMs: readonly number[] = [];
  readonly #packets: PtimePackets;
  readonly #decoder: Decoder;
  /** What has been said of the stream by now, and how much of it has been sent, ms. */
  #saidMs = 0;
  #sentMs = 0;

  private constructor(
    readonly peer: RigPeer,
    private readonly rig: MediaRig,
    private readonly callId: string,
    private readonly format: PayloadFormat,
    ptimes: Ptimes,
  ) {
    this.#packets = new PtimePackets(format, ptimes.saysMs, kernelsFor(format));
    this.#decoder = createDecoder(format, kernelsFor(format));
    this.rateHz = this.#packets.rateHz;
    peer.sendFrame = () => this.#sendDue();
  }

  static async join(
    rig: MediaRig,
    callId: string,
    legId: string,
    format: PayloadFormat,
    opening: Partial<LegOpening> = {},
    ptimes: Ptimes = { saysMs: TICK_MS, hearsMs: TICK_MS },
  ): Promise<CodecPeer> {
    const media = { send: format, receive: [format], sendPtimeMs: ptimes.hearsMs };
    return new CodecPeer(await rig.join(callId, legId, media, opening), rig, callId, format, ptimes);
  }

  /** Other lengths of packets from now on, as after a re-INVITE. */
  setPtimes({ saysMs, hearsMs }: Ptimes): void {
    this.#packets.setPtime(saysMs);
    this.rig.connect(this.callId, this.peer, { send: this.format, receive: [this.format], sendPtimeMs: hearsMs });
  }

  /** Everything heard since the last time, in samples at {@link rateHz}; packets must have come without a gap. */
  takeHeard(): Float32Array {
    const { rateHz, format } = this;
    const packets = this.peer.received.splice(0).filter(({ payloadType }) => payloadType === format.payloadType);
    const lengths = packets.map(({ payload }) => this.#decoder.samplesIn(payload, payload.length));
    this.durationsMs = lengths.map((samples) => (1000 * samples) / rateHz);
    const heard = new Float32Array(lengths.reduce((sum, samples) => sum + samples, 0));
    let at = 0;
    packets.forEach(({ payload, sequence, timestamp }, i) => {
      const before = packets[i - 1];
      if (before && sequence !== ((before.sequence + 1) & 0xffff)) throw new Error('A packet is missing.');
      const stepRtp = ((lengths[i - 1] ?? 0) / rateHz) * format.clockRateHz;
      if (before && timestamp !== (before.timestamp + stepRtp) >>> 0) throw new Error('A timestamp is wrong.');
      const samples = lengths[i] ?? -1;
      if (this.#decoder.decode(payload, payload.length, heard.subarray(at, at + samples)) !== samples) {
        throw new Error('A packet is broken.');
      }
      at += samples;
    });
    return heard;
  }

  /** Sends what has been said to its last sample since the tick before, each packet at its own time. */
  #sendDue(): void {
    const { rig, peer, voice } = this;
    const nowMs = rig.nowMs;
    this.#saidMs += TICK_MS;
    if (!voice) {
      this.#packets.skipTo(this.#saidMs);
      this.#sentMs = this.#saidMs;
      return;
    }
    for (;;) {
      const packet = this.#packets.next(this.#sentMs, this.#saidMs - this.#sentMs, voice);
      if (!packet) break;
      this.#sentMs += packet.durationMs;
      rig.nowMs = nowMs - Math.min(rig.sendPhaseMs, this.#saidMs - this.#sentMs);
      peer.raw(peer.packet(this.format.payloadType, packet.payload, packet.timestampRtp));
    }
    rig.nowMs = nowMs;
  }
}
