import type { InteractionRequest } from '../../src/call/interactions/request.js';
import type { CodedError } from '../../src/errors.js';
import { type CallRig, callRig } from './call-rig.js';

/** A prompt of words. */
export const speech = (text: string) => [{ type: 'speech', text }] as const;
/** Press 1 or 2. */
export const question: InteractionRequest = { prompt: speech('Press 1 or 2.'), gather: { patterns: ['1', '2'] } };
/** Its prompt is not there. */
export const missing: InteractionRequest = { prompt: [{ type: 'file', name: 'missing' }] };
/** The leg of {@link interactionRoom}. */
export const leg = 'leg_2';

/** A call with one leg in the mix, and how to ask it something. */
export async function interactionRoom() {
  const rig = await callRig();
  const invite = await rig.join();
  const mediaCall = rig.media.call('call_1');
  return {
    ...rig,
    invite,
    mediaCall,
    /** Starts, with the prompt ready at once. */
    ask: (request = question) => rig.service.interactions.start('call_1', leg, request),
    /** Starts, with the prompt to come; resolves with what `start` came to. */
    begin: (request = question) => {
      rig.prompts.manual = true;
      const started = rig.service.interactions.start('call_1', leg, request);
      started.catch(() => undefined);
      return started;
    },
    list: () => rig.service.interactions.list('call_1', leg),
    commands: () => rig.media.commands.filter((command) => / (leg|interaction)_|extend/.test(command)),
    started: () => rig.media.commands.filter((command) => command.startsWith('startInteraction')),
  };
}

/** Code of what a promise rejects with, or `nothing`. */
export function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'nothing',
    (thrown: unknown) => (thrown as CodedError).code,
  );
}

/** All that ended, oldest first. */
export const ended = (rig: Pick<CallRig, 'of'>) => rig.of('interaction.ended');
