import type { EncodingName } from '../media/protocol.js';
import type { ConsentPolicy } from './consent/policy.js';
import type { ConferenceHabits } from './habits/policy.js';

/** How a call treats its legs and when it ends; set when it is created. */
export interface CallPolicy extends ConferenceHabits {
  /** Greatest number of legs at once. */
  readonly maxLegs: number;
  /** No further legs. */
  readonly locked: boolean;
  /** Legs that join are muted at first. */
  readonly muteOnEntry: boolean;
  /** End with the last leg. */
  readonly endWhenEmpty: boolean;
  /** End after having been empty for this long, whatever {@link endWhenEmpty} says; nothing stays for ever. */
  readonly idleTimeoutMs: number;
  /** Codecs for its legs in order of preference; absent = the trunk's or the server's. */
  readonly codecs: readonly EncodingName[] | undefined;
  /** How its legs are asked whether they agree to be recorded; absent = nobody is asked, everybody counts as having agreed. */
  readonly consent?: ConsentPolicy | undefined;
  /** Whether it is recorded from its first leg on. */
  readonly record?: boolean | undefined;
}
