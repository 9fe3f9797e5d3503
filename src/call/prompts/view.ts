import type { ErrorCode } from '../../errors.js';
import { isoTime } from '../clock.js';
import type { Prompted, PromptedBeginning } from './prompted.js';

/** What edges are shown of whatever plays a prompt. */
export interface PromptedView {
  readonly id: string;
  readonly callId: string;
  /** Why its prompt could not be had. */
  readonly failure: { readonly code: ErrorCode; readonly detail: string } | undefined;
  readonly prompt: { readonly contentHash: string; readonly wording: string | undefined } | undefined;
  /** Absent when it never started. */
  readonly startedAtTick: number | undefined;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly endedAt: string | undefined;
}

type Viewed = Pick<Prompted<PromptedBeginning, unknown>, 'beginning' | 'failure' | 'prompt' | 'started' | 'endedAtMs'>;

export function viewPrompted(prompted: Viewed): PromptedView {
  const { beginning, failure, prompt, started, endedAtMs } = prompted;
  return {
    id: beginning.id,
    callId: beginning.callId,
    failure: failure && { code: failure.code, detail: failure.detail },
    prompt: prompt && { contentHash: prompt.contentHash, wording: prompt.wording },
    startedAtTick: started?.tick,
    createdAt: isoTime(beginning.createdAtMs),
    endedAt: endedAtMs === undefined ? undefined : isoTime(endedAtMs),
  };
}
