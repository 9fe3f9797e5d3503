/** A capture of somebody who talks and presses keys, for SIPp to play: one RTP stream, as a telephone would send it. */
import { writeFileSync } from 'node:fs';
import { alaw, mulaw } from '../../../demo/phone/g711.js';
import { speak } from '../../../demo/phone/voice.js';
import type { Chord, Law } from './chord.js';

const TICK_MS = 20;
const SAMPLES = 160;
const EVENT_PAYLOAD_TYPE = 101;
const KEYS = '0123456789*#';
const PRESS_TICKS = 5;
const RTP = 12;
/** Ethernet, IPv4 and UDP without options. */
const HEADERS = 14 + 20 + 8;
/** Any ports do: SIPp sends what is behind them from its own. */
const PORT = 10_000;

/** What is said and when keys are pressed. */
export interface Talk {
  readonly law: Law;
  readonly voice: Chord;
  readonly durationMs: number;
  /** Moments from the beginning. */
  readonly presses: readonly { readonly key: string; readonly atMs: number }[];
}

/** Writes it as a libpcap file. */
export function writeTalkingCapture(path: string, talk: Talk): void {
  const packets = Array.from({ length: talk.durationMs / TICK_MS }, (_, tick) => packetsOf(talk, tick)).flat();
  packets.forEach(({ rtp }, sequence) => rtp.writeUInt16BE(sequence, 2));
  writeFileSync(path, Buffer.concat([fileHeader(), ...packets.map(({ rtp, atMs }) => record(rtp, atMs))]));
}

/** Voice, or a telephone-event in its place, whose end is sent three times (RFC 4733 §2.5.1.4). */
function packetsOf(talk: Talk, tick: number): { rtp: Buffer; atMs: number }[] {
  const atMs = tick * TICK_MS;
  const press = talk.presses.find((one) => tick >= one.atMs / TICK_MS && tick < one.atMs / TICK_MS + PRESS_TICKS);
  if (!press) {
    const samples = new Int16Array(SAMPLES);
    speak({ name: '', ...talk.voice }, tick * SAMPLES, samples);
    const payload = (talk.law === 'PCMU' ? mulaw : alaw).encode(samples);
    return [{ rtp: rtpPacket(talk.law === 'PCMU' ? 0 : 8, tick * SAMPLES, payload), atMs }];
  }
  const since = tick - press.atMs / TICK_MS;
  const isEnd = since === PRESS_TICKS - 1;
  const durationRtp = (since + 1) * SAMPLES;
  const event = Buffer.from([KEYS.indexOf(press.key), isEnd ? 0x8a : 0x0a, durationRtp >> 8, durationRtp & 0xff]);
  const start = (tick - since) * SAMPLES;
  const send = () => ({ rtp: rtpPacket(EVENT_PAYLOAD_TYPE | (since === 0 ? 0x80 : 0), start, event), atMs });
  return Array.from({ length: isEnd ? 3 : 1 }, send);
}

function rtpPacket(second: number, timestampRtp: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.alloc(RTP + payload.length);
  bytes[0] = 0x80;
  bytes[1] = second;
  bytes.writeUInt32BE(timestampRtp, 4);
  bytes.writeUInt32BE(0x5a17ed, 8);
  bytes.set(payload, RTP);
  return bytes;
}

/** https://www.tcpdump.org/manpages/pcap-savefile.5.html: little-endian, microseconds, Ethernet. */
function fileHeader(): Buffer {
  const bytes = Buffer.alloc(24);
  bytes.writeUInt32LE(0xa1b2c3d4, 0);
  bytes.writeUInt16LE(2, 4);
  bytes.writeUInt16LE(4, 6);
  bytes.writeUInt32LE(65_535, 16);
  bytes.writeUInt32LE(1, 20);
  return bytes;
}

function record(rtp: Buffer, atMs: number): Buffer {
  const length = HEADERS + rtp.length;
  const bytes = Buffer.alloc(16 + HEADERS);
  bytes.writeUInt32LE(Math.floor(atMs / 1000), 0);
  bytes.writeUInt32LE((atMs % 1000) * 1000, 4);
  bytes.writeUInt32LE(length, 8);
  bytes.writeUInt32LE(length, 12);
  const ethernet = 16;
  bytes.writeUInt16BE(0x0800, ethernet + 12);
  const ip = ethernet + 14;
  bytes[ip] = 0x45;
  bytes.writeUInt16BE(length - 14, ip + 2);
  bytes[ip + 8] = 64;
  bytes[ip + 9] = 17;
  bytes.set([127, 0, 0, 1, 127, 0, 0, 1], ip + 12);
  const udp = ip + 20;
  bytes.writeUInt16BE(PORT, udp);
  bytes.writeUInt16BE(PORT, udp + 2);
  bytes.writeUInt16BE(8 + rtp.length, udp + 4);
  return Buffer.concat([bytes, rtp]);
}
