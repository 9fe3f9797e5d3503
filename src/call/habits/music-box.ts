import type { PromptItem, PromptSource } from '../../speech/port.js';
import type { Call } from '../call.js';
import type { CallLog } from '../log.js';
import type { IsolationReason, Leg } from '../leg.js';
import { CallPrompt } from '../prompts/call-prompt.js';

/** Music for legs that are kept out of the mix, over and over until they are let in. */
export class MusicBox {
  readonly #prompts: PromptSource;
  readonly #log: CallLog;

  constructor(prompts: PromptSource, log: CallLog) {
    this.#prompts = prompts;
    this.#log = log;
  }

  /** Plays to a leg for as long as somebody keeps it out; silence until the music is ready, and when it cannot be had. */
  play(call: Call, leg: Leg, keptOutBy: IsolationReason, items: readonly PromptItem[] | undefined): void {
    if (items === undefined) return;
    this.#prompts
      .prepare(items)
      .then((prepared) => {
        if (leg.end !== undefined || !leg.keptOutBy.includes(keptOutBy)) return;
        leg.keepOut(keptOutBy, new CallPrompt(prepared).programme(call, { plays: 0 }));
      })
      .catch((thrown: unknown) => {
        this.#log.warn({ err: thrown, callId: call.id }, 'Music could not be played to a leg that waits.');
      });
  }
}
