/** Zero crossings of the sinc on either side. */
const lobes = 16;

/** A whole signal at another rate, without delay: windowed sinc, good for any pair of rates. */
export function resampleSignal(signal: Float32Array, fromHz: number, toHz: number): Float32Array {
  if (fromHz === toHz) return signal;
  // Below both Nyquist frequencies, with room for the filter's slope.
  const cutoff = 0.95 * Math.min(1, toHz / fromHz);
  const reach = Math.ceil(lobes / cutoff);
  // Output samples lie at few different places between input samples: 8 to 48 kHz at six, which have a filter each.
  const filters = new Map<number, Float64Array>();
  const output = new Float32Array(Math.floor((signal.length * toHz) / fromHz));
  for (let n = 0; n < output.length; n++) {
    const between = (n * fromHz) % toHz;
    const before = (n * fromHz - between) / toHz;
    let filter = filters.get(between);
    if (!filter) filters.set(between, (filter = filterAt(between / toHz, cutoff, reach)));
    const first = before - reach + 1;
    const end = Math.min(filter.length, signal.length - first);
    let sum = 0;
    for (let tap = Math.max(0, -first); tap < end; tap++) sum += signal[first + tap]! * filter[tap]!;
    output[n] = sum;
  }
  return output;
}

/** Weights of input samples `1 − reach … reach` for an output sample at `place`, 0…1, behind input sample 0. */
function filterAt(place: number, cutoff: number, reach: number): Float64Array {
  return Float64Array.from({ length: 2 * reach }, (_, tap) => {
    const distance = tap + 1 - reach - place;
    if (Math.abs(distance) > lobes / cutoff) return 0;
    const angle = Math.PI * cutoff * distance;
    const sinc = angle === 0 ? 1 : Math.sin(angle) / angle;
    return cutoff * sinc * (0.5 + 0.5 * Math.cos((Math.PI * distance * cutoff) / lobes));
  });
}
