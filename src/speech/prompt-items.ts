/** What a prompt may be made of, how much of it, and what identifies it. */
import { createHash } from 'node:crypto';
import { CodedError } from '../errors.js';
import { checkTone, toneDurationMs } from './audio/tone.js';
import type { PromptItem } from './port.js';
import { normalizeText } from './synthesis/sentences.js';

/** Bounds of one prompt. */
export interface PromptLimits {
  readonly maxSeconds: number;
}

/** What an item is made of: words, numbers, or the hash of a file. */
export type ItemIdentity = Readonly<Record<string, unknown>>;

const mostItems = 32;
const mostCharacters = 5000;
const voiceExpression = /^[\p{L}\p{N}][\p{L}\p{N} ._:+()/-]{0,127}$/u;
const languageExpression = /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,7}$/;

/** @throws CodedError `promptInvalid` when items are beyond bounds, whatever they lead to */
export function checkItems(items: readonly PromptItem[], { maxSeconds }: PromptLimits): void {
  if (items.length < 1 || items.length > mostItems) throw invalid(`A prompt has 1 to ${mostItems} items.`);
  let knownMs = 0;
  let characters = 0;
  for (const item of items) {
    if (item.type === 'tone') {
      checkTone(item);
      knownMs += toneDurationMs(item);
    } else if (item.type === 'silence') {
      // One sample at least.
      if (!(item.durationMs >= 1)) throw invalid('Silence must last for 1 ms or more.');
      knownMs += item.durationMs;
    } else if (item.type === 'speech') {
      characters += item.text.length;
      checkVoice(item);
    }
  }
  if (!(knownMs <= maxSeconds * 1000)) throw tooLong(maxSeconds);
  if (characters > mostCharacters) throw invalid(`A prompt has at most ${mostCharacters} characters of speech.`);
}

/** The failure of a prompt that is too long. */
export function tooLong(maxSeconds: number): CodedError {
  return invalid(`The prompt is longer than ${maxSeconds} seconds.`);
}

/** SHA-256, hex, of what items are. */
export function contentHash(identities: readonly ItemIdentity[]): string {
  return createHash('sha256').update(JSON.stringify(identities)).digest('hex');
}

/** The words of all items that are text; undefined = none is. */
export function wordingOf(items: readonly PromptItem[]): string | undefined {
  const texts = items.flatMap((item) => (item.type === 'speech' ? [normalizeText(item.text)] : []));
  return texts.length === 0 ? undefined : texts.join(' ');
}

function checkVoice({ voice, language }: Extract<PromptItem, { type: 'speech' }>): void {
  if (voice !== undefined && !voiceExpression.test(voice)) throw invalid('This is not a name a voice can have.');
  if (language !== undefined && !languageExpression.test(language)) {
    throw invalid('A language is written as in BCP 47, e.g. en-GB.');
  }
}

function invalid(detail: string): CodedError {
  return new CodedError('promptInvalid', detail);
}
