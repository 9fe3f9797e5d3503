import type { GatherRules, InteractionOrder } from '../../media/protocol.js';
import type { PromptItem, PromptSource } from '../../speech/port.js';
import type { Call } from '../call.js';
import { CallPrompt } from '../prompts/call-prompt.js';
import type { InteractionRequest } from './request.js';

/** Everything an interaction may have to play. */
export interface InteractionPrompts {
  readonly prompt: CallPrompt;
  readonly noInputPrompt: CallPrompt | undefined;
  readonly invalidPrompt: CallPrompt | undefined;
  readonly music: CallPrompt | undefined;
}

/** Prepares all prompts of a request at the same time. @throws CodedError of the first that cannot be had */
export async function preparePrompts(
  source: PromptSource,
  request: InteractionRequest,
  signal: AbortSignal,
): Promise<InteractionPrompts> {
  const prepare = async (items: readonly PromptItem[]) => new CallPrompt(await source.prepare(items, signal));
  const perhaps = async (items: readonly PromptItem[] | undefined) => items && prepare(items);
  const [prompt, noInputPrompt, invalidPrompt, music] = await Promise.all([
    prepare(request.prompt),
    perhaps(request.noInputPrompt),
    perhaps(request.invalidPrompt),
    perhaps(request.music),
  ]);
  return { prompt, noInputPrompt, invalidPrompt, music };
}

/** What to tell the media plane; it must be told at once. */
export function orderOf(
  interactionId: string,
  call: Call,
  prompts: InteractionPrompts,
  request: InteractionRequest,
  gather: GatherRules | undefined,
): InteractionOrder {
  const { volumeDb, startOffsetMs, plays } = request;
  return {
    interactionId,
    prompt: prompts.prompt.programme(call, { volumeDb, startOffsetMs, plays }),
    noInputPrompt: prompts.noInputPrompt?.programme(call, { volumeDb }),
    invalidPrompt: prompts.invalidPrompt?.programme(call, { volumeDb }),
    music: prompts.music?.programme(call, { volumeDb, plays: 0 }),
    gather,
  };
}
