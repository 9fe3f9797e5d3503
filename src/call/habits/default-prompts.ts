import type { PromptItem } from '../../speech/port.js';

/** What is said on the way in where a call's policy has no words of its own. */
export const defaultPrompts = {
  pin: [speech('Please enter the PIN of this conference, then press the hash key.')],
  pinInvalid: [speech('This PIN is not right.')],
  goodbye: [speech('Goodbye.')],
  count: [speech('There are {count} in this conference.')],
} as const;

/** Three beeps: asks for the PIN where nobody can say so, because there is no synthesizer or a file is gone. */
export const pinTone: readonly PromptItem[] = [
  { type: 'tone', frequenciesHz: [440], levelDbov: -20, cadenceMs: [200, 100, 200, 100, 200, 100] },
];

/** What words in prompts may stand for. */
export interface PromptWords {
  readonly displayName: string | undefined;
  readonly count: number;
}

const somebody = 'Somebody';
const longestName = 64;

/** Prompt items with `{displayName}` and `{count}` in what is spoken filled in. */
export function fillIn(items: readonly PromptItem[], { displayName, count }: PromptWords): readonly PromptItem[] {
  return items.map((item) => {
    if (item.type !== 'speech') return item;
    // Replacement functions, because `$&` and its kind in a caller's name must stay text.
    const text = item.text
      .replaceAll('{displayName}', () => spoken(displayName))
      .replaceAll('{count}', () => String(count));
    return { ...item, text };
  });
}

/** What a peer calls itself, fit to be read out: letters, digits and little else, and not for long. */
function spoken(displayName: string | undefined): string {
  const name = (displayName ?? '').replace(/[^\p{L}\p{N}.'-]+/gu, ' ').trim();
  return name === '' ? somebody : name.slice(0, longestName);
}

function speech(text: string): PromptItem {
  return { type: 'speech', text };
}
