import Type from 'typebox';
import { promptSchema } from './prompt.js';
import { closedObject, named } from './shape.js';

const digits = (description: string, example: string) =>
  Type.String({ pattern: '^[0-9*#A-D]{1,8}$', description, examples: [example] });

const consequence = (of: string) =>
  Type.Enum(['joinUnrecorded', 'stayIsolated', 'hangUp'], {
    description:
      `What becomes of a leg that ${of}: it takes part and no recording gets a sample of it, it stays out of the mix until ` +
      'it consents, or it is hung up. Default `joinUnrecorded`.',
  });

const policyFields = {
  ask: Type.Enum(['onJoin', 'onDemand', 'beforeRecording'], {
    description:
      'Who is asked: everybody who comes; everybody who is in when `POST …/consent` says so, and whoever comes after that; ' +
      'the same when a recording begins, and whoever comes while there is one.',
  }),
  prompt: promptSchema('The question.'),
  noInputPrompt: Type.Optional(promptSchema('Said before the question is repeated because nothing was pressed.')),
  invalidPrompt: Type.Optional(
    promptSchema('Said before the question is repeated because what was pressed is no answer.'),
  ),
};

const withDefaults = {
  yes: digits('What says yes. Default `1`.', '1'),
  no: digits('What says no. Default `2`.', '2'),
  retries: Type.Integer({
    minimum: 0,
    maximum: 20,
    description: 'How often it is asked again after silence or an invalid answer. Default 1.',
  }),
  timeoutMs: Type.Integer({
    minimum: 500,
    maximum: 600_000,
    description: 'From the end of the question to the answer. Default 8000.',
  }),
  onRefusal: consequence('says no'),
  onSilence: consequence('says nothing that counts, or cannot be asked'),
  purgeOnWithdrawal: Type.Boolean({
    description: 'A withdrawal also makes silence of what the call’s recordings hold of the leg. Default false.',
  }),
};

const withdrawKey = Type.Optional(
  digits('Digits by which a leg takes its consent back at any time; absent = only the API can.', '*9'),
);

/** Part of `POST` and `PATCH /v1/calls`. */
export const consentPolicySchema = closedObject(
  {
    ...policyFields,
    yes: Type.Optional(withDefaults.yes),
    no: Type.Optional(withDefaults.no),
    retries: Type.Optional(withDefaults.retries),
    timeoutMs: Type.Optional(withDefaults.timeoutMs),
    onRefusal: Type.Optional(withDefaults.onRefusal),
    onSilence: Type.Optional(withDefaults.onSilence),
    withdrawKey,
    purgeOnWithdrawal: Type.Optional(withDefaults.purgeOnWithdrawal),
  },
  {
    description:
      'How legs are asked whether they may be recorded. With it, of a leg that has not said yes not one sample reaches a ' +
      'recording; without it nobody is asked, and everybody counts as having agreed.',
  },
);

/** A policy in force, in responses. */
export const consentPolicyInForce = Type.Object({ ...policyFields, ...withDefaults, withdrawKey });

export const consentState = Type.Enum(['notAsked', 'asking', 'given', 'refused', 'withdrawn'], {
  description: 'What a leg has said about being recorded. `refused`: it said no, or nothing that counts.',
});

const entrySchema = Type.Object({
  type: Type.Enum([
    'consent.asked',
    'consent.given',
    'consent.refused',
    'consent.unanswered',
    'consent.withdrawn',
    'consent.purged',
  ]),
  legId: Type.Optional(Type.String()),
  tick: Type.Integer({ description: 'Tick of the call.' }),
  time: Type.String({ format: 'date-time' }),
  cause: Type.Optional(
    Type.Enum(['answer', 'silence', 'invalid', 'hangup', 'interrupted', 'failed', 'api', 'digit'], {
      description:
        '`hangup`: the leg ended while it was asked; `interrupted`: the question was cancelled or another interaction took ' +
        'its place; `failed`: the question could not be put, or the media plane did not confirm; `digit`: `withdrawKey`.',
    }),
  ),
  interactionId: Type.Optional(Type.String()),
  wordingHash: Type.Optional(Type.String({ description: 'SHA-256 of the question: the same words, the same hash.' })),
  wording: Type.Optional(Type.String({ description: 'The question, as far as it is known as text.' })),
  digits: Type.Optional(Type.String({ description: 'What was pressed.' })),
  askedTick: Type.Optional(Type.Integer({ description: 'First tick out of the mix to be asked.' })),
  answeredTick: Type.Optional(Type.Integer({ description: 'First tick after the question.' })),
  promptCompleted: Type.Optional(Type.Boolean({ description: 'Whether the question was heard to its end.' })),
  effectTick: Type.Optional(
    Type.Integer({ description: 'First tick from which recordings get the leg’s audio, or none any more.' }),
  ),
  note: Type.Optional(Type.String({ description: 'What the API said.' })),
  code: Type.Optional(Type.String({ description: 'Why the question could not be put.' })),
  beforeTick: Type.Optional(Type.Integer({ description: 'Nothing of the leg before this tick is left.' })),
  recordingIds: Type.Optional(Type.Array(Type.String(), { description: 'Recordings that were purged.' })),
  failedRecordingIds: Type.Optional(
    Type.Array(Type.String(), { description: 'Recordings that could not be purged: withdraw again to try again.' }),
  ),
});

const ledger = Type.Array(entrySchema, { description: 'Every question and answer, oldest first; the events, flat.' });

export const consentSchema = named(
  'Consent',
  Type.Object(
    {
      policy: Type.Optional(consentPolicyInForce),
      legs: Type.Array(
        Type.Object({
          legId: Type.String(),
          state: consentState,
          live: Type.Boolean({ description: 'Whether the leg is still in the call.' }),
        }),
      ),
      ledger,
    },
    { description: 'Who agreed to be recorded. Also on disk, in `records/{callId}.jsonl` below the data directory.' },
  ),
);

export const legConsentSchema = named('LegConsent', Type.Object({ legId: Type.String(), state: consentState, ledger }));

/** `POST /v1/calls/{callId}/legs/{legId}/consent`. */
export const changeConsentSchema = closedObject({
  action: Type.Enum(['ask', 'give', 'withdraw'], {
    description:
      '`ask`: put the question, again if need be; `give`: record a consent obtained elsewhere; `withdraw`: take it back, also ' +
      'for a leg that is over.',
  }),
  note: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 500,
      description: 'How the consent was obtained, or why it was taken back. Needed with `give`.',
      examples: ['Signed form 4711'],
    }),
  ),
  purge: Type.Optional(
    Type.Boolean({
      description: 'With `withdraw`: make silence of what recordings hold of the leg. Default: `purgeOnWithdrawal`.',
    }),
  ),
});
