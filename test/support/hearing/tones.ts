/** Tones of whole periods in 20 ms: in a frame each is there or not, and none shows in the place of another. */
export const tonesHz = [350, 650, 1150, 1750, 2450, 3350, 4250, 5150, 6050];

interface Wave {
  readonly cosine: Float64Array;
  readonly sine: Float64Array;
}

const waves = new Map<string, Wave>();

function waveOf(frequencyHz: number, samples: number): Wave {
  const key = `${frequencyHz} ${samples}`;
  const known = waves.get(key);
  if (known) return known;
  const angle = (n: number) => (2 * Math.PI * frequencyHz * n) / (samples * 50);
  const wave = {
    cosine: Float64Array.from({ length: samples }, (_, n) => Math.cos(angle(n))),
    sine: Float64Array.from({ length: samples }, (_, n) => Math.sin(angle(n))),
  };
  waves.set(key, wave);
  return wave;
}

/** Amplitude of a tone in 20 ms of samples at any rate. */
export function amplitudeOf(frame: Float32Array, frequencyHz: number): number {
  const { cosine, sine } = waveOf(frequencyHz, frame.length);
  let real = 0;
  let imaginary = 0;
  for (let n = 0; n < frame.length; n++) {
    real += frame[n]! * cosine[n]!;
    imaginary += frame[n]! * sine[n]!;
  }
  return (2 * Math.hypot(real, imaginary)) / frame.length;
}
