import Type from 'typebox';
import { playedPromptSchema, promptFailureSchema, promptSchema, startOffsetMs, volumeDb } from './prompt.js';
import { closedObject, named, ref } from './shape.js';

const gatherSchema = closedObject(
  {
    patterns: Type.Optional(
      Type.Array(Type.String({ pattern: '^[0-9*#A-DXZN]{1,64}$' }), {
        maxItems: 100,
        description:
          'Answers that count: digits, or `X` = 0–9, `Z` = 1–9, `N` = 2–9. The first whole answer that no longer one ' +
          'could begin with ends the interaction at once; digits that no answer begins with are invalid at once. Default: any.',
        examples: [['1', '2']],
      }),
    ),
    minDigits: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 64,
        description:
          'Fewer are invalid. With 0, the finish key or the timeout may end it with no digit. ' +
          'Default: length of the shortest pattern, or 1.',
      }),
    ),
    maxDigits: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 64,
        description: 'Reaching it ends the interaction. Default: length of the longest pattern, or `minDigits`.',
      }),
    ),
    finishOnKey: Type.Optional(
      Type.String({
        pattern: '^[0-9*#A-D]?$',
        description:
          'Key that ends the answer and is not part of it; empty = none. ' +
          'Default: `#` when several digits may come and no pattern has it, else none.',
      }),
    ),
    timeoutMs: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 3_600_000,
        description: 'From the end of the prompt to the first digit. Default 5000.',
      }),
    ),
    interDigitTimeoutMs: Type.Optional(
      Type.Integer({ minimum: 20, maximum: 60_000, description: 'From one digit to the next. Default 3000.' }),
    ),
    bargeIn: Type.Optional(
      Type.Boolean({
        description:
          'A digit during the prompt ends the prompt and counts; else digits during the prompt are ignored. Default true.',
      }),
    ),
    retries: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 20,
        description: 'How often it is asked again after a timeout or an invalid answer. Default 0.',
      }),
    ),
  },
  { description: 'Digits to wait for. Without it the interaction ends with its prompt.' },
);

/** `POST /v1/calls/{callId}/legs/{legId}/interactions`. */
export const startInteractionSchema = closedObject(
  {
    prompt: promptSchema('What the leg hears.'),
    gather: Type.Optional(gatherSchema),
    noInputPrompt: Type.Optional(promptSchema('Said before the prompt is repeated because nothing was pressed.')),
    invalidPrompt: Type.Optional(promptSchema('Said before the prompt is repeated because the answer was invalid.')),
    music: Type.Optional(
      promptSchema('Heard over and over while digits are waited for, until the first. Default: silence.'),
    ),
    volumeDb: Type.Optional(volumeDb),
    startOffsetMs: Type.Optional(startOffsetMs),
    plays: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 1_000,
        description: 'How often the prompt is played in each attempt; 0 = until a digit or DELETE ends it. Default 1.',
      }),
    ),
    secret: Type.Optional(
      Type.Boolean({ description: 'What is pressed is shown nowhere: neither here nor in events. Default false.' }),
    ),
  },
  {
    examples: [
      {
        prompt: [{ type: 'speech', text: 'Press 1 to vote yes, or 2 to vote no.' }],
        invalidPrompt: [{ type: 'speech', text: 'That is not one of them.' }],
        gather: { patterns: ['1', '2'], timeoutMs: 8_000, retries: 1 },
      },
    ],
  },
);

export const interactionSchema = named(
  'Interaction',
  Type.Object(
    {
      id: Type.String(),
      callId: Type.String(),
      legId: Type.String(),
      status: Type.Enum(['preparing', 'active', 'ended', 'failed'], {
        description:
          '`preparing`: the prompt is being made, the leg still in the mix; `active`: the leg is out of the mix; ' +
          '`ended`: see `result`; `failed`: the prompt could not be had, see `failure`.',
      }),
      result: Type.Optional(
        Type.Enum(['digits', 'timeout', 'invalid', 'played', 'cancelled'], {
          description:
            '`digits`: answered, see `digits`; `timeout`: nothing pressed in time; `invalid`: an answer that does not count; ' +
            '`played`: nothing was to be gathered, and the prompt came to its end; `cancelled`: see `cancelledBy`.',
        }),
      ),
      digits: Type.Optional(Type.String({ description: 'Pressed in the last attempt, without the finish key.' })),
      cancelledBy: Type.Optional(
        Type.Enum(['api', 'replaced', 'legEnded', 'callEnded', 'mediaFailed'], {
          description: '`replaced`: by a newer interaction of the leg.',
        }),
      ),
      failure: Type.Optional(promptFailureSchema),
      attempts: Type.Optional(Type.Integer({ description: '1 … retries + 1; 0 = never started.' })),
      playedMs: Type.Optional(Type.Number({ description: 'Prompt audio heard in all attempts together.' })),
      promptCompleted: Type.Optional(
        Type.Boolean({ description: 'Whether the prompt of the last attempt was heard to its end.' }),
      ),
      prompt: Type.Optional(playedPromptSchema),
      startedAtTick: Type.Optional(Type.Integer({ description: 'First tick out of the mix.' })),
      promptEndedAtTick: Type.Optional(
        Type.Integer({
          description: 'First tick without prompt in the last attempt; absent = it ended during the prompt.',
        }),
      ),
      endedAtTick: Type.Optional(Type.Integer({ description: 'First tick back in the mix.' })),
      createdAt: Type.String({ format: 'date-time' }),
      startedAt: Type.Optional(Type.String({ format: 'date-time' })),
      endedAt: Type.Optional(Type.String({ format: 'date-time' })),
    },
    { description: 'A leg out of the mix: it hears a prompt, its digits are waited for, it returns.' },
  ),
);

export const interactionListSchema = named(
  'InteractionList',
  Type.Object({ items: Type.Array(ref(interactionSchema)) }),
);

/** Longest wait of {@link getInteractionSchema}; connections have to last longer. */
export const maxWaitMs = 30_000;

/** `GET …/interactions/{interactionId}`. */
export const getInteractionSchema = closedObject({
  waitMs: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: maxWaitMs,
      description: 'Answer when it is over, or after so long. Default 0: at once.',
    }),
  ),
});

export const interactionParamsSchema = closedObject({
  callId: Type.String({ minLength: 1, maxLength: 100, description: 'Id of the call.' }),
  legId: Type.String({ minLength: 1, maxLength: 100, description: 'Id of the leg.' }),
  interactionId: Type.String({ minLength: 1, maxLength: 100, description: 'Id of the interaction.' }),
});
