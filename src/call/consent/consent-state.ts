/**
 * Consent of one leg, without anything that happens around it.
 *
 *                 ask                  yes                 permitted
 *   notAsked ──────────────► asking ─────────► permitting ──────────► given
 *      ▲ ▲ ▲                 │ │ │ │              ▲  │                  │
 *      │ │ └─── unanswered ──┘ │ │ └─ grant ──► overruled              │ withdraw
 *      │ │                     │ └─ silence ─► silent                   ▼
 *      │ └ (or to where it     └─ no ────────► refused              withdrawn
 *      │    was asked from)
 *      └── unpermitted (the media plane never confirmed)
 *
 * `grant` (the API records a consent that was obtained elsewhere) leads from every state on the left to `permitting`; from
 * `asking` by way of `overruled`, because the interaction has to be over first, and a "no" that crosses it wins.
 * `withdraw` leads from everywhere to `withdrawn`, at once. `ask` leads from `notAsked`, `silent`, `refused` and `withdrawn`
 * to `asking`; whom to ask again without being told which leg is {@link answerMissing}.
 * Whatever is not drawn changes nothing: a late answer finds a state in which it has no meaning.
 */

/** Consent as the API shows it. */
export type ConsentState = 'notAsked' | 'asking' | 'given' | 'refused' | 'withdrawn';

/**
 * The same with what the API need not know: `overruled` (asking is being broken off for a grant) and `permitting` (the mixer
 * has not confirmed yet) show as asking, `silent` shows as refused.
 */
export type ConsentPhase = ConsentState | 'overruled' | 'permitting' | 'silent';

/** Phase, and where an ask that comes to nothing leads back to. */
export interface ConsentStanding {
  readonly phase: ConsentPhase;
  readonly fallback: ConsentPhase;
}

/** `unanswered`: the ask ended without an answer; `permitted`: the mixer lets its audio through. */
export type ConsentInput =
  'ask' | 'yes' | 'no' | 'silence' | 'unanswered' | 'grant' | 'permitted' | 'unpermitted' | 'withdraw';

/** What the owner of the state has to do, in this order. */
export type ConsentEffect = 'beginAsk' | 'breakOffAsk' | 'permit' | 'cut';

type Row = Partial<Record<ConsentInput, readonly [next: ConsentPhase | 'fallback', ...effects: ConsentEffect[]]>>;

const resting: Row = {
  ask: ['asking', 'beginAsk'],
  grant: ['permitting', 'permit'],
  withdraw: ['withdrawn', 'cut'],
};

const table: Readonly<Record<ConsentPhase, Row>> = {
  notAsked: resting,
  silent: resting,
  refused: resting,
  withdrawn: { ask: ['asking', 'beginAsk'], grant: ['permitting', 'permit'] },
  asking: {
    yes: ['permitting', 'permit'],
    no: ['refused'],
    silence: ['silent'],
    unanswered: ['fallback'],
    grant: ['overruled', 'breakOffAsk'],
    withdraw: ['withdrawn', 'breakOffAsk', 'cut'],
  },
  overruled: {
    yes: ['permitting', 'permit'],
    no: ['refused'],
    silence: ['permitting', 'permit'],
    unanswered: ['permitting', 'permit'],
    withdraw: ['withdrawn', 'cut'],
  },
  permitting: {
    permitted: ['given'],
    unpermitted: ['fallback', 'cut'],
    withdraw: ['withdrawn', 'cut'],
  },
  given: { withdraw: ['withdrawn', 'cut'] },
};

/** A leg nobody has asked. */
export const newConsent: ConsentStanding = { phase: 'notAsked', fallback: 'notAsked' };

/** The next standing and what to do on the way; an input that means nothing changes nothing, and returns the same object. */
export function stepConsent(
  standing: ConsentStanding,
  input: ConsentInput,
): { readonly standing: ConsentStanding; readonly effects: readonly ConsentEffect[] } {
  const row = table[standing.phase][input];
  if (row === undefined) return { standing, effects: [] };
  const [next, ...effects] = row;
  if (next === 'fallback') return { standing: { ...standing, phase: standing.fallback }, effects };
  const begins = input === 'ask' || (input === 'grant' && next === 'permitting');
  return { standing: { phase: next, fallback: begins ? standing.phase : standing.fallback }, effects };
}

/** The phase as the API shows it. */
export function consentStateOf(phase: ConsentPhase): ConsentState {
  if (phase === 'overruled' || phase === 'permitting') return 'asking';
  return phase === 'silent' ? 'refused' : phase;
}

/** Whether an ask of everybody is to reach the leg: it was never asked, or said nothing. A "no" is an answer. */
export function answerMissing(phase: ConsentPhase): boolean {
  return phase === 'notAsked' || phase === 'silent';
}
