/** Text to speech by the `espeak-ng` program: works offline, speaks over a hundred languages. */
import { CodedError } from '../../errors.js';
import { ownCopy } from '../bounded-read.js';
import { type ProgramEnd, runProgram } from '../child-program.js';
import type { SpeechOrder, Synthesizer } from './synthesizer.js';

/** Begins with a letter and holds neither `/` nor `.`: no option, no path. */
const voiceExpression = /^[A-Za-z][A-Za-z0-9_+()-]{0,63}$/;
const timeLimitMs = 10_000;
/** Over seven minutes at 22 050 Hz; a sentence takes seconds. */
const mostOutputBytes = 20_000_000;
const mostListBytes = 256 * 1024;

/** Runs `espeak-ng` once per sentence: text by standard input, WAV by standard output. */
export class EspeakNg implements Synthesizer {
  readonly id = 'espeak-ng';
  #languages: ReadonlySet<string> = new Set();
  #unavailable: string | undefined = 'espeak-ng was not started.';

  constructor(private readonly command = 'espeak-ng') {}

  get unavailable(): string | undefined {
    return this.#unavailable;
  }

  async start(): Promise<void> {
    const end = await runProgram(this.command, ['--voices'], {
      input: new Uint8Array(),
      mostOutputBytes: mostListBytes,
      timeLimitMs,
    });
    this.#languages = languagesOf(end.output.toString('utf8'));
    if (end.outcome === 'missing') this.#unavailable = 'espeak-ng is not installed.';
    else if (this.#languages.size === 0) this.#unavailable = 'espeak-ng does not work here.';
    else this.#unavailable = undefined;
  }

  async synthesize({ text, voice, language }: SpeechOrder, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const chosen = voice ?? this.#voiceFor(language);
    if (!voiceExpression.test(chosen)) throw failed('This is not a name an espeak-ng voice can have.');
    const words = ['--stdin', '--stdout', '-b', '1', '-v', chosen];
    const end = await runProgram(this.command, words, {
      // [[ begins phonemes in espeak-ng's own notation.
      input: Buffer.from(text.replaceAll('[[', '[ [')),
      mostOutputBytes,
      timeLimitMs,
      signal,
    });
    if (end.outcome === 'aborted') throw signal.reason;
    if (end.outcome === 'done' && end.output.length > 0) return ownCopy(end.output);
    throw failed(explain(end), new Error(end.complaint));
  }

  /** The language itself, or the nearest one with fewer subtags (BCP 47 lookup, RFC 4647 §3.4). */
  #voiceFor(language: string): string {
    const subtags = language.toLowerCase().split('-');
    for (; subtags.length > 0; subtags.pop()) {
      const candidate = subtags.join('-');
      if (this.#languages.has(candidate)) return candidate;
    }
    throw failed('espeak-ng does not speak this language.');
  }
}

/**
 * Languages in the list of voices:
 *
 *     Pty Language       Age/Gender VoiceName          File                 Other Languages
 *      2  en-gb           --/M      English_(Great_Britain) gmw/en               (en 2)
 */
function languagesOf(list: string): Set<string> {
  const languages = new Set<string>();
  for (const line of list.split('\n').slice(1)) {
    const [, language] = /^\s*\d+\s+(\S+)\s/.exec(line) ?? [];
    if (language !== undefined) languages.add(language.toLowerCase());
    for (const [, other = ''] of line.matchAll(/\((\S+) \d+\)/g)) languages.add(other.toLowerCase());
  }
  return languages;
}

function explain({ outcome, complaint }: ProgramEnd): string {
  if (outcome === 'missing') return 'espeak-ng is not installed.';
  if (outcome === 'timeout') return 'espeak-ng took too long.';
  if (outcome === 'tooMuchOutput') return 'espeak-ng made more audio than a sentence has.';
  return /voice/i.test(complaint) ? 'espeak-ng does not have this voice.' : 'espeak-ng failed.';
}

function failed(detail: string, cause?: unknown): CodedError {
  return new CodedError('synthesisFailed', detail, cause === undefined ? {} : { cause });
}
