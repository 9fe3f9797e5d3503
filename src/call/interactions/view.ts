import type { ErrorCode } from '../../errors.js';
import type { CancelCause, InteractionResult } from '../../media/protocol.js';
import { isoTime } from '../clock.js';
import type { Interaction, InteractionStatus } from './interaction.js';

/** An interaction as edges show it. */
export interface InteractionView {
  readonly id: string;
  readonly callId: string;
  readonly legId: string;
  readonly status: InteractionStatus;
  readonly result: InteractionResult | undefined;
  readonly digits: string | undefined;
  readonly cancelledBy: CancelCause | undefined;
  /** Why its prompt could not be had. */
  readonly failure: { readonly code: ErrorCode; readonly detail: string } | undefined;
  readonly attempts: number | undefined;
  readonly playedMs: number | undefined;
  readonly promptCompleted: boolean | undefined;
  readonly prompt: { readonly contentHash: string; readonly wording: string | undefined } | undefined;
  /** Ticks are absent for what never came to be. */
  readonly startedAtTick: number | undefined;
  readonly promptEndedAtTick: number | undefined;
  readonly endedAtTick: number | undefined;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly startedAt: string | undefined;
  readonly endedAt: string | undefined;
}

export function viewInteraction(interaction: Interaction): InteractionView {
  const { beginning, status, outcome, failure, started, endedAtMs, prompt } = interaction;
  return {
    id: beginning.id,
    callId: beginning.callId,
    legId: beginning.legId,
    status,
    result: outcome?.result,
    digits: beginning.secret ? undefined : outcome?.digits,
    cancelledBy: outcome?.cancelledBy,
    failure: failure && { code: failure.code, detail: failure.detail },
    attempts: outcome?.attempts,
    playedMs: outcome?.playedMs,
    promptCompleted: outcome?.promptCompleted,
    prompt: prompt && { contentHash: prompt.contentHash, wording: prompt.wording },
    startedAtTick: started?.tick,
    promptEndedAtTick: outcome?.promptEndedTick,
    endedAtTick: started && outcome?.endedTick,
    createdAt: isoTime(beginning.createdAtMs),
    startedAt: started && isoTime(started.atMs),
    endedAt: endedAtMs === undefined ? undefined : isoTime(endedAtMs),
  };
}
