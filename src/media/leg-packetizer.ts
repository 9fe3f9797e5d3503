/** Which packetizer a leg's payloads go through. */
import { OpusPacketizer } from './codec/opus-packetizer.js';
import type { LegMedia } from './protocol.js';
import { Packetizer } from './rtp/packetizer.js';

/** Cuts or joins the payloads of ticks to packets; see the two that exist. */
export type LegPacketizer = Packetizer | OpusPacketizer;

/**
 * The packetizer for what signalling settled.
 *
 * @param bytesPerTick bytes of a tick's payload, for codecs whose bytes are linear in time
 * @param unitsPerTick RTP clock units of a tick
 */
export function createPacketizer(media: LegMedia, bytesPerTick: number, unitsPerTick: number): LegPacketizer {
  if (media.send.encoding === 'opus') return new OpusPacketizer(media.sendPtimeMs);
  return new Packetizer(bytesPerTick / 2, unitsPerTick / 2, media.sendPtimeMs);
}
