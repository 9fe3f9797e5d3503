import type { ErrorCode } from '../../errors.js';

/** What brought a change of consent about, or kept it from coming about. */
export type ConsentCause =
  /** Digits that were asked for. */
  | 'answer'
  | 'silence'
  /** Digits that mean neither yes nor no. */
  | 'invalid'
  /** The leg, or the call, ended while it was asked. */
  | 'hangup'
  /** The asking was cancelled by the API, or another interaction took its place. */
  | 'interrupted'
  /** The prompt could not be had or played to its end, or the media plane did not do as it was told. */
  | 'failed'
  | 'api'
  /** The digits of `withdrawKey`. */
  | 'digit';

/** The question: its words are known by hash, and as text where there is one. */
export interface ConsentQuestion {
  readonly interactionId: string | undefined;
  /** SHA-256, hex, of what was played: the same words, the same hash. */
  readonly wordingHash: string | undefined;
  readonly wording: string | undefined;
}

/** The end of an ask, or what took the place of one; what does not apply is undefined. */
export interface ConsentAnswer extends ConsentQuestion {
  readonly cause: ConsentCause;
  readonly digits: string | undefined;
  /** First tick in which the leg was out of the mix to be asked. */
  readonly askedTick: number | undefined;
  /** First tick after the asking. */
  readonly answeredTick: number | undefined;
  readonly promptCompleted: boolean | undefined;
  /** First tick from which tool legs get the leg's audio, or get none any more: told by the media plane, else undefined. */
  readonly effectTick: number | undefined;
  /** What the API said about a consent that was obtained, or taken back, elsewhere. */
  readonly note: string | undefined;
  readonly code: ErrorCode | undefined;
}

/** A withdrawal made silence of what was recorded of a leg. */
export interface ConsentPurge {
  /** Nothing of the leg before this tick is left. */
  readonly beforeTick: number;
  readonly recordingIds: readonly string[];
  /** Recordings in which it could not be done; the API can be asked again. */
  readonly failedRecordingIds: readonly string[];
}

/** Facts about consent as they go on the call's record, and make its ledger. */
export interface ConsentEventData {
  /** The leg is being asked; exactly one of given, refused, unanswered and withdrawn follows. */
  'consent.asked': ConsentQuestion;
  /** Tool legs get its audio from this tick on. */
  'consent.given': ConsentAnswer;
  /** It said no, or nothing that counts. */
  'consent.refused': ConsentAnswer;
  /** It could not answer: as if it had not been asked. */
  'consent.unanswered': ConsentAnswer;
  /** Tool legs get nothing of it from this tick on. */
  'consent.withdrawn': ConsentAnswer;
  'consent.purged': ConsentPurge;
}

/** Names of the facts. */
export const consentEventTypes = [
  'consent.asked',
  'consent.given',
  'consent.refused',
  'consent.unanswered',
  'consent.withdrawn',
  'consent.purged',
] as const satisfies readonly (keyof ConsentEventData)[];

/** An answer of which nothing is known but why it is one. */
export function answerBy(cause: ConsentCause, known: Partial<Omit<ConsentAnswer, 'cause'>> = {}): ConsentAnswer {
  return {
    cause,
    interactionId: undefined,
    wordingHash: undefined,
    wording: undefined,
    digits: undefined,
    askedTick: undefined,
    answeredTick: undefined,
    promptCompleted: undefined,
    effectTick: undefined,
    note: undefined,
    code: undefined,
    ...known,
  };
}
