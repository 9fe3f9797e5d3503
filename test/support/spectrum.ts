/** Power spectrum of `signal` (a power of two long) under a Blackman–Harris window (side lobes −92 dB), bins 0…size/2. */
export function powerSpectrum(signal: Float32Array | Float64Array): Float64Array {
  const size = signal.length;
  const real = Float64Array.from(signal, (value, n) => value * blackmanHarris(n / size));
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

/** Recursive radix-2 transform, in place. */
function fourier(real: Float64Array, imaginary: Float64Array): void {
  const size = real.length;
  if (size === 1) return;
  const half = size / 2;
  const even = [new Float64Array(half), new Float64Array(half)] as const;
  const odd = [new Float64Array(half), new Float64Array(half)] as const;
  for (let n = 0; n < half; n++) {
    even[0][n] = real[2 * n]!;
    even[1][n] = imaginary[2 * n]!;
    odd[0][n] = real[2 * n + 1]!;
    odd[1][n] = imaginary[2 * n + 1]!;
  }
  fourier(...even);
  fourier(...odd);
  for (let k = 0; k < half; k++) {
    const cosine = Math.cos((2 * Math.PI * k) / size);
    const sine = -Math.sin((2 * Math.PI * k) / size);
    const re = odd[0][k]! * cosine - odd[1][k]! * sine;
    const im = odd[0][k]! * sine + odd[1][k]! * cosine;
    real[k] = even[0][k]! + re;
    imaginary[k] = even[1][k]! + im;
    real[k + half] = even[0][k]! - re;
    imaginary[k + half] = even[1][k]! - im;
  }
}
