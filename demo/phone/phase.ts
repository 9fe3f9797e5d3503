/** Follows the phase of a steady tone: what was inserted, dropped or repeated turns it. */

const RATE_HZ = 8000;
/** 10 ms: short enough to place a slip, long enough that G.711's noise turns the phase by less than a degree or two. */
const WINDOW = 80;
/** Half of what one sample too many or too few turns a tone near 1 kHz by; a 20 ms frame of 1004 Hz turns it by 29°. */
const SLIP_DEGREES = 12;

/** A place where a tone does not go on as it should. */
export interface PhaseSlip {
  readonly atSample: number;
  readonly degrees: number;
}

/** Finds where the phase of `frequencyHz` in int16 samples at 8 kHz leaves its straight line, silence included. */
export function phaseSlips(samples: Int16Array, frequencyHz: number): PhaseSlip[] {
  const slips: PhaseSlip[] = [];
  let reference: number | undefined;
  for (let start = 0; start + WINDOW <= samples.length; start += WINDOW) {
    const { degrees, amplitude } = phaseOf(samples, start, frequencyHz);
    if (amplitude < 300) {
      if (reference !== undefined) slips.push({ atSample: start, degrees: 0 });
      reference = undefined;
      continue;
    }
    const turned = reference === undefined ? 0 : wrap(degrees - reference);
    if (Math.abs(turned) > SLIP_DEGREES) slips.push({ atSample: start, degrees: turned });
    reference = Math.abs(turned) > SLIP_DEGREES || reference === undefined ? degrees : reference + turned / 8;
  }
  return slips;
}

/** Phase relative to a tone that began at sample 0. */
function phaseOf(samples: Int16Array, start: number, frequencyHz: number): { degrees: number; amplitude: number } {
  let real = 0;
  let imaginary = 0;
  for (let i = 0; i < WINDOW; i++) {
    const angle = (2 * Math.PI * ((frequencyHz * ((start + i) % RATE_HZ)) % RATE_HZ)) / RATE_HZ;
    const sample = samples[start + i] ?? 0;
    real += sample * Math.cos(angle);
    imaginary -= sample * Math.sin(angle);
  }
  return {
    degrees: (Math.atan2(imaginary, real) * 180) / Math.PI,
    amplitude: (2 * Math.hypot(real, imaginary)) / WINDOW,
  };
}

function wrap(degrees: number): number {
  return ((((degrees + 180) % 360) + 360) % 360) - 180;
}
