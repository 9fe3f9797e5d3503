/** What a simulated phone says: steady chords whose partials are its own, so that others can measure who is heard. */

/** A chord. Frequencies are multiples of 20 Hz, so that 50 ms windows hold whole periods and steady voices cancel in them. */
export interface Voice {
  readonly name: string;
  readonly frequenciesHz: readonly number[];
  /** Peak of the whole chord, dBFS. */
  readonly peakDbfs: number;
}

/** Samples of a voice at 8 kHz from sample `start`, int16. */
export function speak(voice: Voice, start: number, samples: Int16Array): void {
  const amplitude = (10 ** (voice.peakDbfs / 20) * 32767) / voice.frequenciesHz.length;
  for (let i = 0; i < samples.length; i++) {
    let sum = 0;
    for (const frequencyHz of voice.frequenciesHz) {
      // Reduced to one second first: sine arguments stay exact however long the call lasts.
      sum += Math.sin((2 * Math.PI * ((frequencyHz * ((start + i) % 8000)) % 8000)) / 8000);
    }
    samples[i] = Math.round(amplitude * sum);
  }
}

/** Voices of a small conference, told apart by ear: four chords a fourth apart. */
export const choir: readonly Voice[] = [
  { name: 'Ada', frequenciesHz: [440, 560, 660], peakDbfs: -13 },
  { name: 'Ben', frequenciesHz: [580, 740, 880], peakDbfs: -13 },
  { name: 'Cleo', frequenciesHz: [780, 980, 1180], peakDbfs: -13 },
  { name: 'Dan', frequenciesHz: [1040, 1300, 1560], peakDbfs: -13 },
];

/** The `index`-th of up to 150 single-tone voices, 20 Hz apart from 320 Hz. */
export function tone(index: number, peakDbfs: number): Voice {
  return { name: `tone${index}`, frequenciesHz: [320 + 20 * (index % 150)], peakDbfs };
}
