/** Writes what a phone heard as a file anybody can play: RIFF WAVE, mono, 16 bit. */
import { writeFileSync } from 'node:fs';

const HEADER_BYTES = 44;

/** Writes `samples` to `path`. */
export function writeWav(path: string, samples: Int16Array, rateHz = 8000): void {
  const header = Buffer.alloc(HEADER_BYTES);
  const dataBytes = samples.length * 2;
  header.write('RIFF', 0);
  header.writeUInt32LE(HEADER_BYTES - 8 + dataBytes, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(rateHz, 24);
  header.writeUInt32LE(rateHz * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(dataBytes, 40);
  writeFileSync(path, Buffer.concat([header, Buffer.from(samples.buffer, samples.byteOffset, dataBytes)]));
}
