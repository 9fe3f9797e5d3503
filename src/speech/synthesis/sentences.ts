/** Text as it is spoken: cleaned, and cut where a speaker would pause anyway. */

/** A text for which its hash and its wording stand: Unicode NFC, one space between words, no control characters. */
export function normalizeText(text: string): string {
  return clean(text).replaceAll(/\s+/g, ' ').trim();
}

/** Sentences shorter than this are spoken together with the next one. */
const shortest = 12;
/** Longer ones are cut: the first words shall not wait for the last. */
const longest = 300;
const segmenters = new Map<string, Intl.Segmenter>();

/** `Dr.`, `St.`, `Nr.` or `e.g.`, `U.S.` at the end: no end of a sentence. */
const abbreviation = /(?:^|[\s(])(?:\p{Lu}\p{Ll}{0,2}|(?:\p{L}\.)+\p{L})\.["')\]]*\s*$/u;
const spoken = /[\p{L}\p{N}\p{S}]/u;

/**
 * Cuts a text into sentences (Unicode UAX #29), as its language has them.
 * @param language BCP 47; an unknown one is cut as Unicode does in general
 * @returns sentences without space around them, none without a letter, digit or symbol
 */
export function splitSentences(text: string, language: string): string[] {
  const sentences: string[] = [];
  let pending = '';
  for (const paragraph of clean(text).split(/\n+/)) {
    for (const { segment } of segmenterFor(language).segment(paragraph)) {
      pending += segment;
      if (pending.trim().length < shortest || abbreviation.test(pending)) continue;
      sentences.push(...cut(pending));
      pending = '';
    }
    // A line ends what it says, however short.
    sentences.push(...cut(pending));
    pending = '';
  }
  return sentences.map((sentence) => sentence.replaceAll(/\s+/g, ' ').trim()).filter((part) => spoken.test(part));
}

/** Parts of at most {@link longest} characters, cut after a clause if there is one, else between words. */
function cut(sentence: string): string[] {
  const parts: string[] = [];
  let rest = sentence;
  while (rest.length > longest) {
    const head = rest.slice(0, longest);
    const at =
      Math.max(lastMatch(head, /[,;:،、；：，–—]\s*/gu), 0) ||
      Math.max(lastMatch(head, /\s+/gu), 0) ||
      wholeCharacters(head);
    parts.push(rest.slice(0, at));
    rest = rest.slice(at);
  }
  return [...parts, rest];
}

/** Where the last match ends; -1 = there is none. */
function lastMatch(text: string, expression: RegExp): number {
  let end = -1;
  for (const match of text.matchAll(expression)) end = match.index + match[0].length;
  return end;
}

/** The length without half a surrogate pair at the end. */
function wholeCharacters(text: string): number {
  return /[\ud800-\udbff]$/.test(text) ? text.length - 1 : text.length;
}

function segmenterFor(language: string): Intl.Segmenter {
  let segmenter = segmenters.get(language);
  if (segmenter === undefined) {
    segmenter = new Intl.Segmenter(isKnownTag(language) ? language : 'en', { granularity: 'sentence' });
    // Languages come from requests: as many as there are need not be kept.
    if (segmenters.size >= 100) segmenters.clear();
    segmenters.set(language, segmenter);
  }
  return segmenter;
}

function isKnownTag(language: string): boolean {
  try {
    return Intl.Segmenter.supportedLocalesOf(language).length > 0;
  } catch {
    return false;
  }
}

function clean(text: string): string {
  return text
    .normalize('NFC')
    .replaceAll(/\r\n?|[\u2028\u2029]/g, '\n')
    .replaceAll(/[^\P{C}\n]/gu, ' ');
}
