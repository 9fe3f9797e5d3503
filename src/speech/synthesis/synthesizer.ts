/** The port to text-to-speech: `espeak-ng.ts` and `http-synthesizer.ts` implement it. */

/** One sentence to be spoken. */
export interface SpeechOrder {
  /** Plain text without control characters, never empty. */
  readonly text: string;
  /** In the synthesizer's own words; undefined = one for the language. */
  readonly voice: string | undefined;
  /** BCP 47. */
  readonly language: string;
}

/** Makes audio of text. */
export interface Synthesizer {
  /** Tells it from others in keys of the cache: what it is, and all that changes how it sounds. */
  readonly id: string;
  /** Sees what is there; never rejects. Done before anything else. */
  start(): Promise<void>;
  /** Why it cannot work at all; undefined = it can. */
  readonly unavailable: string | undefined;
  /**
   * @returns an audio file
   * @throws CodedError `synthesisFailed`, or the signal's reason
   */
  synthesize(order: SpeechOrder, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;
}

/** A configuration without a synthesizer. */
export const noSynthesizer: Synthesizer = {
  id: 'none',
  unavailable: 'No synthesizer is configured.',
  start: () => Promise.resolve(),
  synthesize: () => Promise.reject(new Error('It was asked although it is unavailable.')),
};
