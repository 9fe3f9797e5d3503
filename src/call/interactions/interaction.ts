import type { InteractionOutcome } from '../../media/protocol.js';
import { Prompted, type PromptedBeginning } from '../prompts/prompted.js';

/** What is known when an interaction begins. */
export interface InteractionBeginning extends PromptedBeginning {
  readonly legId: string;
  /** Nobody but who asked is told the digits. */
  readonly secret: boolean;
}

/**
 * One interaction as the control plane holds it. It is over before it was ready when it is cancelled or replaced, or when its
 * leg or call ends; it has started when its leg is out of the mix.
 */
export class Interaction extends Prompted<InteractionBeginning, InteractionOutcome> {
  end(told: InteractionOutcome, atMs: number): boolean {
    // A prompt that its synthesizer broke off was not heard to its end, even if all that was made of it was.
    const promptCompleted = told.promptCompleted && this.prompt?.failure === undefined;
    return this.endWith({ ...told, promptCompleted }, atMs);
  }
}
