/** One scenario of the gateway contract. */
import type { Stage } from './stage.js';

/** What a scenario needs of an adapter beyond the plain port; an adapter may be excused from a kind, with a reason. */
export type ContractTag =
  /** The stack's timers can be made fast, and 2xx retransmission is ours to watch. */
  | 'timers'
  /** Parsing and answering of what is malformed or out of place. */
  | 'parser'
  /** UPDATE with and without an offer. */
  | 'update'
  /** Answering 491 to a re-INVITE that crosses ours, and 500 to a second one. */
  | 'glare'
  | 'sessionTimer'
  | 'forking'
  | 'drain'
  /** The adapter has counters of transactions and dialogs. */
  | 'counters'
  | 'tcp';

/** A scenario and what it needs. */
export interface Scenario {
  readonly title: string;
  readonly tags: readonly ContractTag[];
  play(stage: Stage): Promise<void>;
}

/** A scenario; tags come last because most have none. */
export function scenario(title: string, play: (stage: Stage) => Promise<void>, ...tags: ContractTag[]): Scenario {
  return { title, play, tags };
}
