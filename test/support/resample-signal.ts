/** Zero crossings of the sinc on either side. */
const lobes = 16;

/** A whole signal at another rate, without delay: windowed sinc, good for any pair of rates, slow. */
export function resampleSignal(signal: Float32Array, fromHz: number, toHz: number): Float32Array {
  if (fromHz === toHz) return signal;
  // Below both Nyquist frequencies, with room for the filter's slope.
  const cutoff = 0.95 * Math.min(1, toHz / fromHz);
  const reach = lobes / cutoff;
  const output = new Float32Array(Math.floor((signal.length * toHz) / fromHz));
  for (let n = 0; n < output.length; n++) {
    const centre = (n * fromHz) / toHz;
    let sum = 0;
    for (let k = Math.max(0, Math.ceil(centre - reach)); k <= Math.min(signal.length - 1, centre + reach); k++) {
      const distance = k - centre;
      const angle = Math.PI * cutoff * distance;
      const sinc = angle === 0 ? 1 : Math.sin(angle) / angle;
      sum += signal[k]! * cutoff * sinc * (0.5 + 0.5 * Math.cos((Math.PI * distance) / reach));
    }
    output[n] = sum;
  }
  return output;
}
