import type { CancelCause, InteractionResult } from '../../media/protocol.js';
import { isoTime } from '../clock.js';
import type { PromptedPhase } from '../prompts/prompted.js';
import { type PromptedView, viewPrompted } from '../prompts/view.js';
import type { Interaction } from './interaction.js';

/** An interaction as edges show it. */
export interface InteractionView extends PromptedView {
  readonly legId: string;
  readonly status: PromptedPhase;
  readonly result: InteractionResult | undefined;
  readonly digits: string | undefined;
  readonly cancelledBy: CancelCause | undefined;
  readonly attempts: number | undefined;
  readonly playedMs: number | undefined;
  readonly promptCompleted: boolean | undefined;
  /** Ticks are absent for what never came to be. */
  readonly promptEndedAtTick: number | undefined;
  readonly endedAtTick: number | undefined;
  /** ISO 8601. */
  readonly startedAt: string | undefined;
}

export function viewInteraction(interaction: Interaction): InteractionView {
  const { beginning, phase, outcome, started } = interaction;
  return {
    ...viewPrompted(interaction),
    legId: beginning.legId,
    status: phase,
    result: outcome?.result,
    digits: beginning.secret ? undefined : outcome?.digits,
    cancelledBy: outcome?.cancelledBy,
    attempts: outcome?.attempts,
    playedMs: outcome?.playedMs,
    promptCompleted: outcome?.promptCompleted,
    promptEndedAtTick: outcome?.promptEndedTick,
    endedAtTick: started && outcome?.endedTick,
    startedAt: started && isoTime(started.atMs),
  };
}
