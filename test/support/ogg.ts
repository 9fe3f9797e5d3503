/** Just enough of Ogg (RFC 3533) and its use for Opus (RFC 7845) to talk to other programs: one stream, one packet per page. */

const crcTable = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index << 24;
  for (let bit = 0; bit < 8; bit++) value = value & 0x8000_0000 ? (value << 1) ^ 0x04c1_1db7 : value << 1;
  return value >>> 0;
});

function crc(bytes: Uint8Array): number {
  let value = 0;
  for (const byte of bytes) value = ((value << 8) ^ crcTable[((value >>> 24) ^ byte) & 255]!) >>> 0;
  return value;
}

function page(packet: Uint8Array, kind: number, granule: number, sequence: number): Buffer {
  const segments = Math.floor(packet.length / 255) + 1;
  const bytes = Buffer.alloc(27 + segments + packet.length);
  bytes.write('OggS', 0, 'latin1');
  bytes[5] = kind;
  bytes.writeBigInt64LE(BigInt(granule), 6);
  bytes.writeUInt32LE(1, 14);
  bytes.writeUInt32LE(sequence, 18);
  bytes[26] = segments;
  bytes.fill(255, 27, 27 + segments - 1);
  bytes[27 + segments - 1] = packet.length % 255;
  bytes.set(packet, 27 + segments);
  bytes.writeUInt32LE(crc(bytes), 22);
  return bytes;
}

/** An Ogg Opus file. @param samples samples at 48 kHz in each packet */
export function writeOgg(packets: readonly Uint8Array[], samples: number): Buffer {
  const head = Buffer.alloc(19);
  head.write('OpusHead', 0, 'latin1');
  head[8] = 1;
  head[9] = 1;
  head.writeUInt32LE(48_000, 12);
  const tags = Buffer.alloc(16);
  tags.write('OpusTags', 0, 'latin1');
  const pages = packets.map((packet, i) => page(packet, i === packets.length - 1 ? 4 : 0, (i + 1) * samples, i + 2));
  return Buffer.concat([page(head, 2, 0, 0), page(tags, 0, 0, 1), ...pages]);
}

/** The packets of an Ogg Opus file, without its two headers, and how many samples of them are not to be heard. */
export function readOgg(file: Buffer): { readonly packets: Uint8Array[]; readonly preSkip: number } {
  const packets: Buffer[] = [];
  let parts: Buffer[] = [];
  for (let at = 0; at < file.length;) {
    if (file.toString('latin1', at, at + 4) !== 'OggS') throw new Error('This is no Ogg page.');
    const segments = file[at + 26]!;
    let data = at + 27 + segments;
    for (let i = 0; i < segments; i++) {
      const size = file[at + 27 + i]!;
      parts.push(file.subarray(data, data + size));
      data += size;
      if (size === 255) continue;
      packets.push(Buffer.concat(parts));
      parts = [];
    }
    at = data;
  }
  return { packets: packets.slice(2), preSkip: packets[0]!.readUInt16LE(10) };
}
