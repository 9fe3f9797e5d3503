import { describe, expect, it } from 'vitest';
import { CodedError } from '../../src/errors.js';
import { openWav, unknownCoding } from '../../src/speech/audio/wav.js';
import { decodeFrames } from '../../src/speech/decoding/decode.js';
import { chunk, wav16, wavFile } from '../support/speech/wav-file.js';
import { Seeded } from './sip-mutation.js';

/** SAFETY P10; for the million: `MUTATIONS=1000000 npx vitest run --project pure test/fuzz/prompt-file`. */
const mutations = Number(process.env.MUTATIONS ?? 100_000);
const audio = Uint8Array.from({ length: 96 }, (_, n) => (n * 37) & 255);
const files = [
  wav16(Array.from({ length: 40 }, (_, n) => Math.sin(n))),
  wavFile({ format: 1, bits: 24, rateHz: 44_100, channels: 2, extensible: true }, audio),
  wavFile({ format: 3, bits: 64, rateHz: 8000 }, audio, chunk('LIST', audio)),
  wavFile({ format: 6, bits: 8, rateHz: 8000 }, audio),
  wavFile({ format: 1, bits: 32, rateHz: 192_000, channels: 3 }, audio),
];
/** Numbers that lie at the edges of what headers hold. */
const edges = [
  0, 1, 2, 3, 6, 7, 8, 12, 16, 24, 32, 64, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xfffe, 0xffff, 0x7fffffff, 0x80000000,
  0xfffffffe, 0xffffffff,
];
const tags = ['RIFF', 'RF64', 'WAVE', 'fmt ', 'data', 'LIST', 'ds64', '\0\0\0\0'];

function mutate(random: Seeded): Uint8Array {
  let file = Buffer.from(random.pick(files));
  for (let change = random.next(4); change >= 0; change--) {
    const at = random.next(file.length);
    switch (random.next(7)) {
      case 0:
        file[at] = random.next(256);
        break;
      case 1:
        file.writeUInt32LE(random.pick(edges), Math.min(at & ~1, file.length - 4));
        break;
      case 2:
        file.writeUInt16LE(random.pick(edges) & 0xffff, Math.min(at & ~1, file.length - 2));
        break;
      case 3:
        file.write(random.pick(tags), Math.min(at & ~1, file.length - 4), 'latin1');
        break;
      case 4:
        file = Buffer.concat([file.subarray(0, at), file.subarray(at + random.next(20))]);
        break;
      case 5:
        file = Buffer.concat([file.subarray(0, at), file.subarray(random.next(file.length), file.length)]);
        break;
      default:
        file = file.subarray(0, at);
    }
    if (file.length < 4) return file;
  }
  return file;
}

describe('hostile prompt files', () => {
  it(
    `become audio or promptInvalid, nothing else (${mutations} mutations)`,
    { timeout: 20_000 + mutations / 5 },
    () => {
      const counts = { audio: 0, refused: 0, left: 0 };
      const output = new Float32Array(1000);
      for (let seed = 0; seed < mutations; seed++) {
        try {
          const source = openWav(mutate(new Seeded(seed)));
          if (source === unknownCoding) {
            counts.left++;
            continue;
          }
          expect(source.frames).toBeLessThanOrEqual(output.length);
          source.read(0, source.frames, output);
          for (let n = 0; n < source.frames; n++)
            if (!(Math.abs(output[n]!) <= 8)) throw new Error(`${output[n]} at ${n}`);
          // Making a filter takes longer than all the rest.
          if (seed % 500 === 0) expect(decodeFrames(source, 48_000).length).toBeGreaterThan(0);
          counts.audio++;
        } catch (error) {
          if (!(error instanceof CodedError && error.code === 'promptInvalid'))
            throw new Error(`seed ${seed}`, { cause: error });
          counts.refused++;
        }
      }
      // The mutations reach all ends, not only the first check.
      for (const count of Object.values(counts)) expect(count).toBeGreaterThan(mutations / 50);
    },
  );
});
