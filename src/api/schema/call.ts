import Type from 'typebox';
import { consentPolicyInForce, consentPolicySchema } from './consent.js';
import { habitChanges, habitFields, habitsInForce } from './habits.js';
import { closedObject, named, ref } from './shape.js';

const callNameSchema = Type.String({
  pattern: '^[A-Za-z0-9_.+-]{1,64}$',
  description: 'Name of the call: an INVITE for `sip:NAME@host` joins it.',
  examples: ['standup'],
});

const codecNameSchema = Type.Enum(['PCMU', 'PCMA', 'G722', 'opus', 'L16'], { description: 'Encoding name.' });

const maxLegs = Type.Integer({ minimum: 1, maximum: 100_000, description: 'Greatest number of legs at once.' });
const endWhenEmpty = Type.Boolean({ description: 'End with the last leg; a call nobody has joined yet stays.' });
const muteOnEntry = Type.Boolean({ description: 'Legs that join are muted at first. Default false.' });
const locked = Type.Boolean({ description: 'No further legs are taken.' });

const record = Type.Boolean({ description: 'Record it from its first leg on. Default false.' });

/** How a new call is to be, in requests and in the config file. */
export const policyFields = {
  maxLegs: Type.Optional(maxLegs),
  muteOnEntry: Type.Optional(muteOnEntry),
  endWhenEmpty: Type.Optional(endWhenEmpty),
  idleTimeoutMs: Type.Optional(
    Type.Integer({ minimum: 1_000, maximum: 86_400_000, description: 'End after having been empty for this long.' }),
  ),
  codecs: Type.Optional(
    Type.Array(codecNameSchema, {
      minItems: 1,
      maxItems: 5,
      uniqueItems: true,
      description: 'Codecs of its legs in order of preference, of those enabled here.',
    }),
  ),
  consent: Type.Optional(consentPolicySchema),
  record: Type.Optional(record),
  ...habitFields,
};

/** `POST /v1/calls`. */
export const createCallSchema = closedObject({ name: Type.Optional(callNameSchema), ...policyFields });

/** `PATCH /v1/calls/{callId}`. */
export const updateCallSchema = closedObject(
  {
    locked: Type.Optional(locked),
    maxLegs: Type.Optional(maxLegs),
    muteOnEntry: Type.Optional(muteOnEntry),
    endWhenEmpty: Type.Optional(endWhenEmpty),
    ...habitChanges,
    consent: Type.Optional(
      Type.Union([consentPolicySchema, Type.Null()], {
        description:
          'Another policy, or null: nobody is asked any more. What legs have said stays; where there was no policy before, ' +
          'nobody is recorded from now on until asked.',
      }),
    ),
    record: Type.Optional(record),
  },
  { minProperties: 1 },
);

export const callSchema = named(
  'Call',
  Type.Object(
    {
      id: Type.String(),
      name: Type.String(),
      origin: Type.Enum(['api', 'invite'], {
        description: 'Created ahead of time, or by the first INVITE for its name.',
      }),
      status: Type.Enum(['open', 'ending']),
      createdAt: Type.String({ format: 'date-time' }),
      tick: Type.Integer({ description: '20 ms steps since the call was opened, about now.' }),
      legCount: Type.Integer(),
      speakers: Type.Array(Type.String(), {
        description: 'Ids of legs that speak or spoke lately, loudest first.',
      }),
      maxLegs,
      locked,
      muteOnEntry: Type.Boolean(),
      endWhenEmpty,
      idleTimeoutMs: Type.Integer(),
      codecs: Type.Optional(Type.Array(Type.String())),
      consent: Type.Optional(consentPolicyInForce),
      record: Type.Optional(record),
      ...habitsInForce,
      pinRequired: Type.Boolean({ description: 'Whether callers are asked for a PIN.' }),
    },
    { description: 'One conference: everybody hears everybody else.' },
  ),
);

export const callPageSchema = named(
  'CallPage',
  Type.Object({
    items: Type.Array(ref(callSchema)),
    next: Type.Optional(Type.String({ description: 'Give it as `cursor` for the next page; absent on the last.' })),
  }),
);

/** `GET /v1/calls`. */
export const listCallsSchema = closedObject({
  name: Type.Optional(callNameSchema),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, description: 'Calls per page. Default 50.' })),
  cursor: Type.Optional(Type.String({ maxLength: 64, description: '`next` of the page before.' })),
});

export const callParamsSchema = closedObject({
  callId: Type.String({ minLength: 1, maxLength: 100, description: 'Id of the call.' }),
});

export const legParamsSchema = closedObject({
  callId: Type.String({ minLength: 1, maxLength: 100, description: 'Id of the call.' }),
  legId: Type.String({ minLength: 1, maxLength: 100, description: 'Id of the leg.' }),
});
