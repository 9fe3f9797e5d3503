import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { nodeAes } from '../../src/media/aes-node-crypto.js';
import type { SrtpKeys, SrtpSuite } from '../../src/media/protocol.js';
import { createRtpPacket, isRtcp, parseRtp, writeRtpHeader } from '../../src/media/rtp/packet.js';
import { SrtcpReceiver } from '../../src/media/srtp/srtcp.js';
import { SrtpReceiver, SrtpSender } from '../../src/media/srtp/srtp.js';
import { listening } from '../support/udp-arrival.js';

const protocols = spawnSync('ffmpeg', ['-hide_banner', '-protocols'], { encoding: 'utf8' });
const speaksSrtp = protocols.status === 0 && /^\s*srtp$/m.test(protocols.stdout);
if (!speaksSrtp) console.log('SRTP against ffmpeg is skipped: ffmpeg is not installed, or built without SRTP.');

const masterKey = Uint8Array.from({ length: 30 }, (_, i) => (i * 37 + 11) & 0xff);
const base64 = Buffer.from(masterKey).toString('base64');
const tone = ['-f', 'lavfi', '-i', 'sine=frequency=700:sample_rate=8000:duration=0.5'];
const RTP_HEADER_OCTETS = 12;

async function boundSocket(): Promise<Socket> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

/** A pair of sockets on neighbouring ports, the even one first: ffmpeg sends RTCP to the port after RTP's. */
async function boundPair(): Promise<[Socket, Socket]> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const rtp = await boundSocket();
    const { port } = rtp.address();
    const rtcp = createSocket('udp4').bind(port + 1, '127.0.0.1');
    try {
      await once(rtcp, 'listening');
      if (port % 2 === 0) return [rtp, rtcp];
      rtcp.close();
    } catch {
      // Somebody else has the next port.
    }
    rtp.close();
  }
  throw new Error('no pair of ports is free');
}

describe.skipIf(!speaksSrtp).each<SrtpSuite>(['AES_CM_128_HMAC_SHA1_80', 'AES_CM_128_HMAC_SHA1_32'])(
  '%s with ffmpeg',
  (suite) => {
    const keys: SrtpKeys = { suite, masterKey };
    const tagOctets = suite.endsWith('80') ? 10 : 4;

    it('opens every packet ffmpeg seals, and its reports', async () => {
      const expected = execFileSync('ffmpeg', ['-v', 'error', ...tone, '-f', 'mulaw', '-']);
      const [rtpSocket, rtcpSocket] = await boundPair();
      const received: Buffer[] = [];
      for (const socket of [rtpSocket, rtcpSocket]) socket.on('message', (bytes) => received.push(bytes));
      const { port } = rtpSocket.address();
      // By this suite's name in SDP ffmpeg cuts the tag of RTCP short too, which RFC 3711 §5.2 forbids; by its other name not.
      const name = suite.endsWith('32') ? 'SRTP_AES128_CM_HMAC_SHA1_32' : suite;
      const output = ['-c:a', 'pcm_mulaw', '-f', 'rtp', '-srtp_out_suite', name, '-srtp_out_params', base64];
      await promisify(execFile)('ffmpeg', ['-v', 'error', '-re', ...tone, ...output, `srtp://127.0.0.1:${port}`]);
      // All of it is in the sockets now; whoever reads them here may be late.
      const sealed = () => received.filter((bytes) => !isRtcp(bytes, bytes.length));
      const octets = () => sealed().reduce((sum, bytes) => sum + bytes.length - RTP_HEADER_OCTETS - tagOctets, 0);
      await vi.waitFor(() => expect(octets()).toBeGreaterThanOrEqual(expected.length), 10_000);
      rtpSocket.close();
      rtcpSocket.close();

      const rtp = new SrtpReceiver(keys, nodeAes);
      const rtcp = new SrtcpReceiver(keys, nodeAes);
      const packet = createRtpPacket();
      const audio: Buffer[] = [];
      let reports = 0;
      for (const bytes of received) {
        if (isRtcp(bytes, bytes.length)) {
          expect(rtcp.unprotect(bytes, bytes.length)).toBeGreaterThan(0);
          reports += 1;
          continue;
        }
        const length = rtp.unprotect(bytes, bytes.length);
        expect(length).toBeGreaterThan(0);
        expect(parseRtp(bytes, length, packet)).toBe(0);
        audio.push(bytes.subarray(packet.payloadOffset, packet.payloadOffset + packet.payloadLength));
      }
      expect(Buffer.concat(audio).equals(expected)).toBe(true);
      expect(reports).toBeGreaterThan(0);
    });

    it('seals packets that ffmpeg opens, through a roll-over', async () => {
      const reserved = await boundSocket();
      const { port } = reserved.address();
      reserved.close();
      await once(reserved, 'close');
      const sdp = [
        'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0',
        `m=audio ${port} RTP/SAVP 0`,
        `a=crypto:1 ${suite} inline:${base64}\r\n`,
      ].join('\r\n');
      const input = ['-protocol_whitelist', 'pipe,udp,rtp,srtp', '-f', 'sdp', '-i', 'pipe:0'];
      const quick = ['-probesize', '32', '-analyzeduration', '0', '-reorder_queue_size', '0'];
      const ffmpeg = spawn('ffmpeg', [
        '-v',
        'error',
        ...quick,
        ...input,
        '-t',
        '0.6',
        '-c',
        'copy',
        '-f',
        'mulaw',
        '-',
      ]);
      ffmpeg.stdin.end(sdp);
      const chunks: Buffer[] = [];
      ffmpeg.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
      const complaints = buffer(ffmpeg.stderr);

      await listening(port);
      const socket = await boundSocket();
      const sender = new SrtpSender(keys, nodeAes);
      const sent: Buffer[] = [];
      // What is left of the cycle: ten packets.
      let sequence = 65_526;
      const timer = setInterval(() => {
        const number = sent.length;
        const packet = Buffer.alloc(200);
        const start = writeRtpHeader(packet, 0, 0, number === 0, sequence++ & 0xffff, number * 160, 99);
        const payload = Buffer.alloc(160, `${number};`);
        packet.set(payload, start);
        sent.push(payload);
        socket.send(packet, 0, sender.protect(packet, start + 160), port, '127.0.0.1');
      }, 5);
      await once(ffmpeg, 'close');
      clearInterval(timer);
      socket.close();
      expect((await complaints).toString()).not.toMatch(/HMAC|crypto/i);
      const heard = Buffer.concat(chunks);
      const first = sent.findIndex((payload) => payload.equals(heard.subarray(0, 160)));
      const last = first + Math.floor(heard.length / 160);
      expect(first).toBeGreaterThanOrEqual(0);
      expect(Buffer.concat(sent.slice(first, last)).equals(heard.subarray(0, (last - first) * 160))).toBe(true);
      expect(first).toBeLessThan(10);
      expect(last).toBeGreaterThan(20);
    });
  },
);
