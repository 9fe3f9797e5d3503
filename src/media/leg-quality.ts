/**
 * How a leg's two directions sound, between its phone and this server: what the E-model needs, gathered from jitter buffer
 * and RTCP. What is not known counts as perfect, except a peer's jitter buffer.
 */
import type { LegReceiver } from './leg-receiver.js';
import type { LossClusters, QualityEstimate, QualityStatistics } from './protocol.js';
import type { EncodingName } from './protocol.js';
import { impairmentOf, speechQuality } from './rtp/e-model.js';
import { GMIN, type LossPatternSummary } from './rtp/loss-pattern.js';
import type { RtcpSession } from './rtp/rtcp-session.js';
import { reportedQuality, type VoipMetrics } from './rtp/voip-metrics.js';

/** Less has been heard of a stream than tells anything. */
const LEAST_HEARD_MS = 1000;
/** What a phone lets wait that does not say so: two packets of 20 ms. */
const USUAL_JITTER_BUFFER_MS = 40;
/** Bounds of our own jitter buffer, for XR: what it never exceeds (`jitter/playout-policy.ts`). */
const GREATEST_JITTER_BUFFER_MS = 200;

/** What this server sends a leg. */
export interface SentStream {
  readonly encoding: EncodingName;
  readonly ptimeMs: number;
  /** Packets sent when the peer reported last. */
  readonly packetsAtReport: number;
}

/** Estimates both directions. @param sent undefined = nothing is sent yet */
export function legQuality(
  receiver: LegReceiver,
  session: RtcpSession,
  sent: SentStream | undefined,
): QualityStatistics {
  const { remoteMetrics } = session;
  return {
    receive: receiveQuality(receiver, session),
    send: sent && sendQuality(session, sent),
    reported: remoteMetrics && reportedQuality(remoteMetrics),
  };
}

/** What XR tells the peer of its own stream. */
export function fillVoipMetrics(receiver: LegReceiver, session: RtcpSession, metrics: VoipMetrics): void {
  Object.assign(metrics, clustersOf(receiver.losses, receiver.packetDurationMs));
  const quality = receiveQuality(receiver, session);
  metrics.gmin = GMIN;
  metrics.roundTripMs = session.roundTripMs;
  metrics.endSystemDelayMs = receiver.depthMs + 2 * receiver.packetDurationMs;
  metrics.rFactor = quality?.rFactor;
  metrics.mosListening = quality?.mosListening;
  metrics.mosConversational = quality?.mosConversational;
  metrics.conceals = true;
  metrics.jitterBufferMs = receiver.depthMs;
  metrics.jitterBufferMaximumMs = GREATEST_JITTER_BUFFER_MS;
}

function receiveQuality(receiver: LegReceiver, session: RtcpSession): QualityStatistics['receive'] {
  const { losses, packetDurationMs, encoding } = receiver;
  if (encoding === undefined || losses.packets * packetDurationMs < LEAST_HEARD_MS) return undefined;
  const estimate = speechQuality({
    codec: impairmentOf(encoding, true),
    lossRatio: losses.lossRatio + losses.discardRatio,
    burstRatio: losses.burstRatio,
    delayMs: (session.roundTripMs ?? 0) / 2 + packetDurationMs + receiver.depthMs,
  });
  return { ...estimate, ...clustersOf(losses, packetDurationMs) };
}

function sendQuality(session: RtcpSession, sent: SentStream): QualityEstimate | undefined {
  const { remoteCumulativeLost, remoteMetrics, roundTripMs } = session;
  if (remoteCumulativeLost === undefined || sent.packetsAtReport === 0) return undefined;
  const lossRatio = Math.max(0, remoteCumulativeLost) / sent.packetsAtReport;
  const heardLoss = remoteMetrics ? remoteMetrics.lossRatio + remoteMetrics.discardRatio : 0;
  const jitterBufferMs = remoteMetrics?.jitterBufferMs ?? USUAL_JITTER_BUFFER_MS;
  return speechQuality({
    codec: impairmentOf(sent.encoding, remoteMetrics?.conceals ?? true),
    lossRatio: Math.max(lossRatio, heardLoss),
    burstRatio: 1,
    delayMs: (roundTripMs ?? 0) / 2 + sent.ptimeMs + jitterBufferMs,
  });
}

function clustersOf(losses: LossPatternSummary, packetMs: number): LossClusters {
  const { lossRatio, discardRatio, burstDensity, gapDensity, burstPackets, gapPackets } = losses;
  const burstDurationMs = burstPackets * packetMs;
  const gapDurationMs = gapPackets * packetMs;
  return { lossRatio, discardRatio, burstDensity, gapDensity, burstDurationMs, gapDurationMs };
}
