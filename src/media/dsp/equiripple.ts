/**
 * The best low-pass there is for its length: an even trigonometric polynomial whose errors in both bands are as small as
 * they can be, all alike in size (Parks & McClellan 1972; barycentric evaluation as in Oppenheim & Schafer, §7.7.3).
 */

/** What a low-pass has to do; frequencies in cycles per sample. */
export interface Bands {
  readonly passEdge: number;
  readonly stopEdge: number;
  /** How much smaller errors have to be in the stop band than in the pass band. */
  readonly stopWeight: number;
}

/** Value at a frequency in cycles per sample. */
export type Response = (frequency: number) => number;

/** Places looked at per extremum. */
const GRID_DENSITY = 10;
/** The exchange settles within ten; more means that it does not. */
const MAX_EXCHANGES = 40;
const SETTLED = 1e-3;

interface Place {
  readonly frequency: number;
  /** Cosine of it: the polynomial's variable. */
  readonly x: number;
  readonly wanted: number;
  readonly weight: number;
}

/** One in the pass band and zero in the stop band, by `terms` cosines. @throws Error when no such polynomial is found */
export function equirippleLowPass(terms: number, bands: Bands): Response {
  const grid = gridOf(terms, bands);
  const last = grid.length - 1;
  let extrema = Array.from({ length: terms + 1 }, (_, i) => grid[Math.round((i * last) / terms)] ?? grid[0]!);
  for (let exchange = 0; exchange < MAX_EXCHANGES; exchange++) {
    const { response, deviation } = interpolate(extrema);
    const errors = grid.map(({ x, wanted, weight }) => weight * (wanted - response(x)));
    const found = alternating(errors, terms + 1);
    if (found.length < terms + 1) break;
    extrema = found.map((index) => grid[index]!);
    const greatest = Math.max(...found.map((index) => Math.abs(errors[index]!)));
    if (greatest <= Math.abs(deviation) * (1 + SETTLED)) {
      return (frequency) => response(Math.cos(2 * Math.PI * frequency));
    }
  }
  throw new Error('No equiripple low-pass was found.');
}

/** Places in both bands, from low to high frequencies. */
function gridOf(terms: number, { passEdge, stopEdge, stopWeight }: Bands): Place[] {
  const step = 0.5 / (GRID_DENSITY * terms);
  const band = (from: number, to: number, wanted: number, weight: number): Place[] => {
    const count = Math.ceil((to - from) / step);
    return Array.from({ length: count + 1 }, (_, i) => {
      const frequency = from + ((to - from) * i) / count;
      return { frequency, x: Math.cos(2 * Math.PI * frequency), wanted, weight };
    });
  };
  return [...band(0, passEdge, 1, 1), ...band(stopEdge, 0.5, 0, stopWeight)];
}

/** The polynomial in x that misses what is wanted at all extrema by the same weighted deviation, with alternating signs. */
function interpolate(extrema: readonly Place[]): { response: (x: number) => number; deviation: number } {
  const factors = extrema.map(({ x }, i) =>
    extrema.reduce((product, other, j) => (i === j ? product : product / (2 * (x - other.x))), 1),
  );
  const signed = (i: number): number => (i % 2 === 0 ? 1 : -1);
  const sum = (term: (place: Place, i: number) => number): number =>
    extrema.reduce((total, place, i) => total + factors[i]! * term(place, i), 0);
  const deviation = sum(({ wanted }) => wanted) / sum(({ weight }, i) => signed(i) / weight);
  // One extremum is not needed to tell the polynomial.
  const spare = extrema.at(-1)!;
  const knots = extrema.slice(0, -1).map(({ x, wanted, weight }, i) => ({
    x,
    value: wanted - (signed(i) * deviation) / weight,
    factor: factors[i]! * (x - spare.x),
  }));
  const response = (x: number): number => {
    let [above, below] = [0, 0];
    for (const knot of knots) {
      const distance = x - knot.x;
      if (distance === 0) return knot.value;
      above += (knot.factor / distance) * knot.value;
      below += knot.factor / distance;
    }
    return above / below;
  };
  return { response, deviation };
}

/** Where errors are extreme before their sign changes: the `count` that matter most. */
function alternating(errors: readonly number[], count: number): number[] {
  const found: number[] = [];
  errors.forEach((error, i) => {
    const before = found.at(-1);
    if (before === undefined || Math.sign(errors[before]!) !== Math.sign(error)) found.push(i);
    else if (Math.abs(error) > Math.abs(errors[before]!)) found[found.length - 1] = i;
  });
  while (found.length > count) {
    if (Math.abs(errors[found[0]!]!) < Math.abs(errors[found.at(-1)!]!)) found.shift();
    else found.pop();
  }
  return found;
}
