/**
 * What participants do by pressing keys.
 *
 *              digit that begins an entry, or goes on with one
 *      idle ────────────────────────────────────────────────► gathering ─┐ another one
 *       ▲                                                       │  ▲ └────┘
 *       ├── a whole entry that no longer one begins with: done ─┤  │
 *       ├── pause: done if a whole entry, else forgotten ───────┤  │
 *       └── digit that fits nothing: the same, then the digit counts anew ──┘
 *
 * `*1` next to `*12` is an entry another one begins with: it is done when the pause has come, or a digit that does not fit.
 */
import type { PromptItem } from '../../speech/port.js';

/** What anybody may do by a key. */
export type MenuAction =
  | 'toggleMute'
  | 'mute'
  | 'unmute'
  | 'toggleDeaf'
  | 'volumeUp'
  | 'volumeDown'
  | 'announceCount'
  | 'withdrawConsent'
  | 'hangUp';

/** What moderators may do besides. */
export type ModeratorAction = MenuAction | 'toggleLock' | 'lock' | 'unlock' | 'muteAll' | 'unmuteAll' | 'endCall';

/** What a listener may do. */
export type ListenerAction = Exclude<MenuAction, 'toggleMute' | 'mute' | 'unmute' | 'volumeUp' | 'volumeDown'>;

/** Keys, 1…8 of `0-9*#A-D`, and what they do. */
export type Menu<Action extends ModeratorAction = ModeratorAction> = Readonly<Record<string, Action>>;

/** What an action has come to, as feedback names it. */
export type MenuOutcome =
  | 'muted'
  | 'unmuted'
  | 'deafened'
  | 'undeafened'
  | 'louder'
  | 'quieter'
  | 'count'
  | 'consentWithdrawn'
  | 'locked'
  | 'unlocked'
  | 'allMuted'
  | 'allUnmuted'
  | 'impossible';

/** Menus of a call by role; a role without one has none. */
export interface MenuPolicy {
  readonly participant?: Menu<MenuAction> | undefined;
  readonly moderator?: Menu | undefined;
  readonly listener?: Menu<ListenerAction> | undefined;
  /** Longest pause within an entry. Default 2000. */
  readonly interDigitTimeoutMs?: number | undefined;
  /** Heard by who pressed; `{count}` in speech is how many are in the mix. Default: nothing, but `count` is spoken. */
  readonly feedback?: Partial<Readonly<Record<MenuOutcome, readonly PromptItem[] | undefined>>> | undefined;
}

/** Digits pressed that have not become an entry yet; empty = idle. */
export interface MenuState {
  readonly digits: string;
}

/** A leg that has pressed nothing. */
export const idleMenu: MenuState = { digits: '' };

/** The next state, and what is to be done, in this order. */
interface MenuStep {
  readonly state: MenuState;
  readonly actions: readonly ModeratorAction[];
}

/** A digit was pressed. */
export function pressInMenu(menu: Menu, state: MenuState, digit: string): MenuStep {
  const digits = state.digits + digit;
  const keys = Object.keys(menu);
  const goesOn = keys.some((key) => key.length > digits.length && key.startsWith(digits));
  const action = actionOf(menu, digits);
  if (goesOn) return { state: { digits }, actions: [] };
  if (action !== undefined) return { state: idleMenu, actions: [action] };
  if (state.digits === '') return { state: idleMenu, actions: [] };
  const before = pauseInMenu(menu, state);
  const after = pressInMenu(menu, idleMenu, digit);
  return { state: after.state, actions: [...before.actions, ...after.actions] };
}

/** Nothing was pressed for too long. */
export function pauseInMenu(menu: Menu, { digits }: MenuState): MenuStep {
  const action = actionOf(menu, digits);
  return { state: idleMenu, actions: action === undefined ? [] : [action] };
}

function actionOf(menu: Menu, digits: string): ModeratorAction | undefined {
  return Object.hasOwn(menu, digits) ? menu[digits] : undefined;
}
