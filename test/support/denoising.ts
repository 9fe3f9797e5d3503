/** Denoises whole signals, and tells how much that helped. */
import { G711Decoder, G711Encoder } from '../../src/media/codec/g711.js';
import { Denoiser, denoiserDelaySamples } from '../../src/media/dsp/denoiser.js';
import { Rnnoise } from '../../src/media/dsp/rnnoise.js';
import { Downsampler, Upsampler } from '../../src/media/dsp/resampler.js';
import { compileRnnoise } from '../../src/media/rnnoise-module.js';
import { createKernels } from './kernels.js';
import { segmentalSnrDb } from './opus.js';
import { stoi } from './stoi.js';

const module = compileRnnoise();

/** A fresh instance of RNNoise. */
export function createRnnoise(): Rnnoise {
  return new Rnnoise(module);
}

/** A signal of 48 kHz denoised, its delay taken off again, as long as it was. */
export function denoise(signal: Float32Array): Float32Array {
  const denoiser = new Denoiser(createRnnoise());
  const late = new Float32Array(Math.ceil((signal.length + denoiserDelaySamples) / 960) * 960);
  late.set(signal);
  for (let at = 0; at < late.length; at += 960) {
    const frame = late.subarray(at, at + 960);
    denoiser.process(frame, frame);
  }
  return late.slice(denoiserDelaySamples, denoiserDelaySamples + signal.length);
}

/** A signal of 48 kHz as it arrives on the bus after a telephone has sent it by G.711 µ-law. */
export function byTelephone(signal: Float32Array): Float32Array {
  const kernels = createKernels();
  const encoder = new G711Encoder('PCMU', kernels);
  const decoder = new G711Decoder('PCMU');
  const down = new Downsampler(kernels, 8000);
  const up = new Upsampler(kernels, 8000);
  const [bus, line] = [kernels.allocateFloats(960), kernels.allocateFloats(160)];
  const frame = kernels.f32(bus, 960);
  const bytes = kernels.u8(kernels.allocate(160), 160);
  const output = new Float32Array(signal.length);
  for (let at = 0; at + 960 <= signal.length; at += 960) {
    frame.set(signal.subarray(at, at + 960));
    down.process(bus, line);
    encoder.encode(kernels.f32(line, 160), bytes, 0);
    decoder.decode(bytes, 160, kernels.f32(line, 160));
    up.process(line, bus);
    output.set(frame, at);
  }
  return output;
}

/** How near a signal is to clean speech. */
export interface Quality {
  /** Mean signal-to-noise ratio of 20 ms segments with speech, dB. */
  readonly segmentalSnrDb: number;
  /** Intelligibility, 0…1. */
  readonly stoi: number;
}

export function qualityOf(clean: Float32Array, heard: Float32Array): Quality {
  return { segmentalSnrDb: segmentalSnrDb(clean, heard), stoi: stoi(clean, heard, 48_000) };
}
