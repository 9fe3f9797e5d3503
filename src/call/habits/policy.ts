import type { PromptItem } from '../../speech/port.js';
import type { MenuPolicy } from './menu.js';

/** Habits of conferences; all of them are off unless a call's policy has them. */
export interface ConferenceHabits {
  /** What callers have to enter before they are let in. Secret: never shown, logged or told. */
  readonly pin?: string | undefined;
  /** What makes a caller a moderator. Secret. Without {@link pin}, entering nothing makes a participant. */
  readonly moderatorPin?: string | undefined;
  /** How often a PIN may be entered before the caller is turned away. Default 3. */
  readonly pinTries?: number | undefined;
  /** Who comes before the first moderator waits, out of the mix. */
  readonly startOnModerator?: boolean | undefined;
  /** End so long after the last moderator has gone; absent = go on. */
  readonly endOnModeratorExit?: { readonly graceMs: number } | undefined;
  /** End so long after the first leg came in; absent = never. */
  readonly maxDurationMs?: number | undefined;
  /** Said to everybody so long before {@link maxDurationMs} is over. */
  readonly durationWarning?: { readonly beforeEndMs: number; readonly prompt: readonly PromptItem[] } | undefined;
  /** Heard by everybody when somebody has come in, or gone; a tone, or words with `{displayName}` and `{count}`. */
  readonly entryAnnouncement?: readonly PromptItem[] | undefined;
  readonly exitAnnouncement?: readonly PromptItem[] | undefined;
  /** Heard over and over by who waits, by who is alone in the mix, and by who was taken out of it by the API. */
  readonly waitingMusic?: readonly PromptItem[] | undefined;
  readonly aloneMusic?: readonly PromptItem[] | undefined;
  readonly holdMusic?: readonly PromptItem[] | undefined;
  readonly menus?: MenuPolicy | undefined;
  /** What is said on the way in; what is absent has its default in `default-prompts.ts`. */
  readonly prompts?: AdmissionPrompts | undefined;
}

/** Every habit, once. */
const habits: Readonly<Record<keyof ConferenceHabits, true>> = {
  pin: true,
  moderatorPin: true,
  pinTries: true,
  startOnModerator: true,
  endOnModeratorExit: true,
  maxDurationMs: true,
  durationWarning: true,
  entryAnnouncement: true,
  exitAnnouncement: true,
  waitingMusic: true,
  aloneMusic: true,
  holdMusic: true,
  menus: true,
  prompts: true,
};

/** The habits that a wider object has, and nothing else of it; what is undefined is left out. */
export function habitsOf(source: ConferenceHabits): ConferenceHabits {
  const known = Object.entries(source).filter(([name, value]) => Object.hasOwn(habits, name) && value !== undefined);
  return Object.fromEntries(known);
}

/** What habits have against each other: the key to change, steps from the habits, and why. Values are not told: some are secret. */
export function habitProblems(policy: ConferenceHabits): readonly { path: readonly string[]; problem: string }[] {
  const { pin, moderatorPin, maxDurationMs, durationWarning } = policy;
  const problems: { path: readonly string[]; problem: string }[] = [];
  if (pin !== undefined && pin === moderatorPin) {
    problems.push({ path: ['moderatorPin'], problem: 'must not be the same as pin' });
  }
  if (durationWarning !== undefined && maxDurationMs === undefined) {
    problems.push({ path: ['durationWarning'], problem: 'needs maxDurationMs' });
  } else if (durationWarning !== undefined && durationWarning.beforeEndMs >= (maxDurationMs ?? 0)) {
    problems.push({ path: ['durationWarning', 'beforeEndMs'], problem: 'must be below maxDurationMs' });
  }
  return problems;
}

/** What is said on the way in. */
export interface AdmissionPrompts {
  readonly pin?: readonly PromptItem[] | undefined;
  readonly pinInvalid?: readonly PromptItem[] | undefined;
  readonly goodbye?: readonly PromptItem[] | undefined;
}
