/** Power spectrum of `signal` (a power of two long) under a Blackman–Harris window (side lobes −92 dB), bins 0…size/2. */
export function powerSpectrum(signal: Float32Array | Float64Array): Float64Array {
  const size = signal.length;
  const { window } = tablesOf(size);
  const real = Float64Array.from(signal, (value, n) => value * window[n]!);
  const imaginary = new Float64Array(size);
  fourier(real, imaginary);
  return Float64Array.from({ length: size / 2 + 1 }, (_, k) => real[k]! ** 2 + imaginary[k]! ** 2);
}

/** Sum of the power in the bins whose frequency satisfies `where`. */
export function powerWhere(spectrum: Float64Array, rateHz: number, where: (frequencyHz: number) => boolean): number {
  const binHz = rateHz / 2 / (spectrum.length - 1);
  return spectrum.reduce((sum, power, bin) => (where(bin * binHz) ? sum + power : sum), 0);
}

/** Amplitude and phase (radians) of the sine at `frequencyHz` in a stretch of signal, by least squares on whole periods. */
export function toneAt(
  signal: ArrayLike<number>,
  rateHz: number,
  frequencyHz: number,
): { amplitude: number; phase: number } {
  let cosine = 0;
  let sine = 0;
  for (let n = 0; n < signal.length; n++) {
    const angle = (2 * Math.PI * frequencyHz * n) / rateHz;
    cosine += signal[n]! * Math.cos(angle);
    sine += signal[n]! * Math.sin(angle);
  }
  const scale = 2 / signal.length;
  return { amplitude: Math.hypot(cosine, sine) * scale, phase: Math.atan2(cosine, sine) };
}

/** Power ratio in dB. */
export function powerDb(ratio: number): number {
  return 10 * Math.log10(ratio);
}

function blackmanHarris(x: number): number {
  const angle = 2 * Math.PI * x;
  return 0.35875 - 0.48829 * Math.cos(angle) + 0.14128 * Math.cos(2 * angle) - 0.01168 * Math.cos(3 * angle);
}

/** What depends on the size of a transform alone. */
interface Tables {
  readonly window: Float64Array;
  /** Of the angles −2πk/size, k below size/2. */
  readonly cosine: Float64Array;
  readonly sine: Float64Array;
}

const tables = new Map<number, Tables>();

function tablesOf(size: number): Tables {
  let found = tables.get(size);
  if (!found) {
    const turn = (k: number): number => (-2 * Math.PI * k) / size;
    found = {
      window: Float64Array.from({ length: size }, (_, n) => blackmanHarris(n / size)),
      cosine: Float64Array.from({ length: size / 2 }, (_, k) => Math.cos(turn(k))),
      sine: Float64Array.from({ length: size / 2 }, (_, k) => Math.sin(turn(k))),
    };
    tables.set(size, found);
  }
  return found;
}

/** Radix-2 transform, in place. */
function fourier(real: Float64Array, imaginary: Float64Array): void {
  const size = real.length;
  const { cosine, sine } = tablesOf(size);
  reverseBits(real, imaginary);
  for (let half = 1; half < size; half *= 2) {
    const stride = size / 2 / half;
    for (let start = 0; start < size; start += 2 * half) {
      for (let k = 0; k < half; k++) {
        const upper = start + k;
        const lower = upper + half;
        const c = cosine[k * stride]!;
        const s = sine[k * stride]!;
        const re = real[lower]! * c - imaginary[lower]! * s;
        const im = real[lower]! * s + imaginary[lower]! * c;
        real[lower] = real[upper]! - re;
        imaginary[lower] = imaginary[upper]! - im;
        real[upper]! += re;
        imaginary[upper]! += im;
      }
    }
  }
}

/** Puts every element where its index, read backwards in binary, says. */
function reverseBits(...arrays: readonly Float64Array[]): void {
  const size = arrays[0]!.length;
  for (let from = 1, to = 0; from < size; from++) {
    let bit = size / 2;
    for (; to >= bit; bit /= 2) to -= bit;
    to += bit;
    if (from >= to) continue;
    for (const array of arrays) {
      const value = array[from]!;
      array[from] = array[to]!;
      array[to] = value;
    }
  }
}
