/**
 * STOI, the short-time objective intelligibility measure: C. H. Taal, R. C. Hendriks, R. Heusdens, J. Jensen, "An Algorithm
 * for Intelligibility Prediction of Time-Frequency Weighted Noisy Speech", IEEE Trans. ASLP 19(7), 2011.
 */
import { resampleSignal } from './resample-signal.js';

const rateHz = 10_000;
const frameSamples = 256;
const hopSamples = 128;
const transformSize = 512;
const bandCount = 15;
const lowestBandHz = 150;
/** Frames compared at a time: 384 ms. */
const segmentFrames = 30;
/** Frames this much below the loudest of the clean speech are silence, dB. */
const rangeDb = 40;
/** Greatest distortion a band may count with: β = −15 dB. */
const clip = 1 + 10 ** (15 / 20);

/** Hann without its zero ends. */
const window = Float64Array.from(
  { length: frameSamples },
  (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 1)) / (frameSamples + 1)),
);

/**
 * How intelligible `degraded` is, about 0…1, both aligned to the sample and as long.
 * @param signalRateHz rate of both; they are compared at 10 kHz
 */
export function stoi(clean: Float32Array, degraded: Float32Array, signalRateHz: number): number {
  const [speech, heard] = withoutSilence(
    resampleSignal(clean, signalRateHz, rateHz),
    resampleSignal(degraded, signalRateHz, rateHz),
  );
  const cleanBands = bandsOf(speech);
  const heardBands = bandsOf(heard);
  let sum = 0;
  let count = 0;
  for (let band = 0; band < bandCount; band++) {
    const clean = Float64Array.from(cleanBands, (frame) => frame[band]!);
    const heard = Float64Array.from(heardBands, (frame) => frame[band]!);
    for (let end = segmentFrames; end <= clean.length; end++) {
      sum += correlation(clean, heard, end - segmentFrames, end);
      count++;
    }
  }
  if (count === 0) throw new Error('STOI needs at least 0.4 s of speech.');
  return sum / count;
}

/** Both without the frames in which the clean speech is silent, the rest joined by overlapping. */
function withoutSilence(clean: Float32Array, heard: Float32Array): [Float64Array, Float64Array] {
  const starts: number[] = [];
  for (let at = 0; at + frameSamples <= Math.min(clean.length, heard.length); at += hopSamples) starts.push(at);
  const levels = starts.map((at) => {
    let power = 0;
    for (let i = 0; i < frameSamples; i++) power += (window[i]! * clean[at + i]!) ** 2;
    return 10 * Math.log10(power + 1e-20);
  });
  const least = levels.reduce((most, level) => Math.max(most, level), -Infinity) - rangeDb;
  const kept = starts.filter((_, index) => levels[index]! > least);
  const join = (signal: Float32Array): Float64Array => {
    const joined = new Float64Array(kept.length * hopSamples + frameSamples);
    kept.forEach((at, index) => {
      for (let i = 0; i < frameSamples; i++) joined[index * hopSamples + i]! += window[i]! * signal[at + i]!;
    });
    return joined;
  };
  return [join(clean), join(heard)];
}

/** Per frame the norm of the spectrum in 15 bands of a third of an octave. */
function bandsOf(signal: Float64Array): Float64Array[] {
  const frames: Float64Array[] = [];
  const re = new Float64Array(transformSize);
  const im = new Float64Array(transformSize);
  for (let at = 0; at + frameSamples <= signal.length; at += hopSamples) {
    re.fill(0);
    im.fill(0);
    for (let i = 0; i < frameSamples; i++) re[i] = window[i]! * signal[at + i]!;
    transform(re, im);
    frames.push(
      Float64Array.from({ length: bandCount }, (_, band) => {
        const centre = lowestBandHz * 2 ** (band / 3);
        const bin = (hz: number): number => Math.round((hz * transformSize) / rateHz);
        let power = 0;
        for (let k = bin(centre * 2 ** (-1 / 6)); k < bin(centre * 2 ** (1 / 6)); k++)
          power += re[k]! ** 2 + im[k]! ** 2;
        return Math.sqrt(power);
      }),
    );
  }
  return frames;
}

const limited = new Float64Array(segmentFrames);

/** Correlation of a band's envelopes over a segment, the heard one brought to the clean one's energy and clipped. */
function correlation(clean: Float64Array, heard: Float64Array, from: number, to: number): number {
  let energy = 0;
  let heardEnergy = 0;
  for (let i = from; i < to; i++) {
    energy += clean[i]! ** 2;
    heardEnergy += heard[i]! ** 2;
  }
  const scale = Math.sqrt(energy) / (Math.sqrt(heardEnergy) + 1e-20);
  let mean = 0;
  let heardMean = 0;
  for (let i = from; i < to; i++) {
    limited[i - from] = Math.min(heard[i]! * scale, clean[i]! * clip);
    mean += clean[i]! / segmentFrames;
    heardMean += limited[i - from]! / segmentFrames;
  }
  let cross = 0;
  let variance = 0;
  let heardVariance = 0;
  for (let i = from; i < to; i++) {
    const left = clean[i]! - mean;
    const right = limited[i - from]! - heardMean;
    cross += left * right;
    variance += left ** 2;
    heardVariance += right ** 2;
  }
  return cross / (Math.sqrt(variance) * Math.sqrt(heardVariance) + 1e-20);
}

/** Fourier transform in place, radix 2. */
function transform(re: Float64Array, im: Float64Array): void {
  const size = re.length;
  for (let i = 1, j = 0; i < size; i++) {
    let bit = size >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [re[i], re[j]] = [re[j]!, re[i]!];
      [im[i], im[j]] = [im[j]!, im[i]!];
    }
  }
  for (let half = 1; half < size; half *= 2) {
    for (let k = 0; k < half; k++) {
      const cos = Math.cos((-Math.PI * k) / half);
      const sin = Math.sin((-Math.PI * k) / half);
      for (let i = k; i < size; i += 2 * half) {
        const j = i + half;
        const real = re[j]! * cos - im[j]! * sin;
        const imaginary = re[j]! * sin + im[j]! * cos;
        re[j] = re[i]! - real;
        im[j] = im[i]! - imaginary;
        re[i]! += real;
        im[i]! += imaginary;
      }
    }
  }
}
