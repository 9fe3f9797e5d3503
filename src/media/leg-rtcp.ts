/** RTCP of one leg: reports on time, takes those of the peer, says BYE. */
import type { DatagramPort } from './datagram-ports.js';
import { dropReasonOf } from './leg-crypto.js';
import type { LegReceiver } from './leg-receiver.js';
import type { LegSender } from './leg-sender.js';
import { fillVoipMetrics, legQuality } from './leg-quality.js';
import type { LegMedia, LegStatistics } from './protocol.js';
import { isStun } from './rtp/packet.js';
import { RtcpSession, type RtcpSessionOptions } from './rtp/rtcp-session.js';
import { createVoipMetrics, type VoipMetrics } from './rtp/voip-metrics.js';

/** Longest compound this server writes is 384 bytes. */
const COMPOUND_BYTES = 512;
/** Less is no loss. */
const LEAST_LOSS = 0.005;

/** Ties an {@link RtcpSession} to a leg's two halves. */
export class LegRtcp {
  readonly session: RtcpSession;
  readonly #receiver: LegReceiver;
  readonly #sender: LegSender;
  readonly #buffer = new Uint8Array(COMPOUND_BYTES);
  readonly #metrics = createVoipMetrics();
  #media: LegMedia | undefined;
  #peerLoss = 0;
  #packetsAtReport = 0;

  constructor(receiver: LegReceiver, sender: LegSender, options: RtcpSessionOptions) {
    this.#receiver = receiver;
    this.#sender = sender;
    this.session = new RtcpSession(options);
  }

  /** Applies what signalling settled. */
  connect(media: LegMedia): void {
    this.#media = media;
  }

  /** Takes one RTCP datagram; one from elsewhere than the media is dropped and moves nothing (SAFETY M2). */
  receive(bytes: Uint8Array, received: number, address: string, port: number, nowMs: number): void {
    if (!this.#receiver.latch.screenRtcp(address, port)) return this.#receiver.drop('source');
    if (isStun(bytes, received)) return this.#receiver.drop('stun');
    const length = this.#receiver.crypto.unprotectRtcp(bytes, received);
    if (length < 0) return this.#receiver.drop(dropReasonOf(length));
    const clockRateHz = this.#media?.send.clockRateHz ?? 0;
    this.session.receive(bytes, length, this.#sender.rtp.ssrc, clockRateHz, nowMs);
    this.#packetsAtReport = this.#sender.rtp.packets;
    // One report without loss is no clean network: what was lost before is forgotten by halves.
    const loss = Math.max(this.session.remoteLossRatio ?? 0, this.#peerLoss / 2);
    this.#peerLoss = loss < LEAST_LOSS ? 0 : loss;
  }

  /** What the peer loses of our packets, 0…1, by its reports. */
  get peerLoss(): number {
    return this.#peerLoss;
  }

  /** Sends a report when one is due. */
  sendDue(socket: DatagramPort, nowMs: number): void {
    if (!this.session.isDue(nowMs)) return;
    const { counters, stream } = this.#receiver;
    const { rtp } = this.#sender;
    this.#send(socket, this.session.writeReport(this.#buffer, nowMs, rtp, counters, stream.ssrc, this.#voipMetrics()));
  }

  /** Says BYE, if there is anybody to say it to. */
  leave(socket: DatagramPort, nowMs: number): void {
    const { counters, stream } = this.#receiver;
    const { rtp } = this.#sender;
    this.#send(socket, this.session.writeLeave(this.#buffer, nowMs, rtp, counters, stream.ssrc, this.#voipMetrics()));
  }

  /** What is known of what the peer hears, and of how both directions sound. */
  statistics(): Pick<LegStatistics, 'send' | 'quality'> {
    const { packets, octets } = this.#sender.rtp;
    const { remoteLossRatio, remoteJitterMs, roundTripMs } = this.session;
    const media = this.#media;
    const sent = media && {
      encoding: media.send.encoding,
      ptimeMs: media.sendPtimeMs,
      packetsAtReport: this.#packetsAtReport,
    };
    return {
      send: { packets, octets, remoteLossRatio, remoteJitterMs, roundTripMs },
      quality: legQuality(this.#receiver, this.session, sent),
    };
  }

  /** For a peer that takes them. */
  #voipMetrics(): VoipMetrics | undefined {
    if (this.#media?.sendVoipMetrics !== true) return undefined;
    fillVoipMetrics(this.#receiver, this.session, this.#metrics);
    return this.#metrics;
  }

  #send(socket: DatagramPort, length: number): void {
    const { latch } = this.#receiver;
    if (length === 0 || latch.sendAddress === '') return;
    const sealed = this.#sender.crypto.protectRtcp(this.#buffer, length);
    if (sealed > 0) socket.send(this.#buffer, sealed, latch.sendAddress, latch.sendRtcpPort);
  }
}
