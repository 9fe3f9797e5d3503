/** Habits of conferences, part of a call's policy: in requests, in responses, and in the config file. */
import Type, { type TNull, type TOptional, type TProperties, type TSchema, type TUnion } from 'typebox';
import { promptSchema } from './prompt.js';
import { closedObject } from './shape.js';

const pin = (description: string) =>
  Type.String({ pattern: '^[0-9]{4,16}$', description: `${description} Secret: shown to nobody.` });

const anybody = [
  'toggleMute',
  'mute',
  'unmute',
  'toggleDeaf',
  'volumeUp',
  'volumeDown',
  'announceCount',
  'withdrawConsent',
  'hangUp',
] as const;
const moderators = ['toggleLock', 'lock', 'unlock', 'muteAll', 'unmuteAll', 'endCall'] as const;
const listeners = ['toggleDeaf', 'announceCount', 'withdrawConsent', 'hangUp'] as const;

/** Keys and what they do. */
function menu<const Action extends string>(actions: readonly Action[], description: string) {
  return Type.Unsafe<Readonly<Record<string, Action>>>({
    type: 'object',
    patternProperties: { '^[0-9*#A-D]{1,8}$': { type: 'string', enum: actions } },
    additionalProperties: false,
    minProperties: 1,
    maxProperties: 64,
    description,
  });
}

const outcomes = {
  muted: 'Muted now.',
  unmuted: 'Not muted any more.',
  deafened: 'Deaf now.',
  undeafened: 'Not deaf any more.',
  louder: 'Heard 3 dB louder.',
  quieter: 'Heard 3 dB quieter.',
  count: 'Answer to `announceCount`, with `{count}`. Default: the number is spoken.',
  consentWithdrawn: 'Consent is taken back.',
  locked: 'Locked now.',
  unlocked: 'Not locked any more.',
  allMuted: 'Participants are muted now.',
  allUnmuted: 'Participants are not muted any more.',
  impossible: 'It could not be done.',
} as const;

const feedback = closedObject(
  Object.fromEntries(
    Object.entries(outcomes).map(([outcome, description]) => [outcome, Type.Optional(promptSchema(description))]),
  ) as { readonly [Outcome in keyof typeof outcomes]: TOptional<ReturnType<typeof promptSchema>> },
  { description: 'What who pressed hears, by outcome. Default: nothing.' },
);

const menus = closedObject(
  {
    participant: Type.Optional(menu(anybody, 'Keys of participants, e.g. `{"*6": "toggleMute"}`.')),
    moderator: Type.Optional(menu([...anybody, ...moderators], 'Keys of moderators.')),
    listener: Type.Optional(menu(listeners, 'Keys of listeners.')),
    interDigitTimeoutMs: Type.Optional(
      Type.Integer({ minimum: 100, maximum: 10_000, description: 'Longest pause between keys. Default 2000.' }),
    ),
    feedback: Type.Optional(feedback),
  },
  {
    description:
      'What legs do by pressing keys, by role. Digits of legs in such a call are told and not sent on to the others, unless ' +
      'the leg’s `digitMode` says otherwise.',
  },
);

const prompts = closedObject(
  {
    pin: Type.Optional(
      promptSchema('Asks for the PIN. Default: English speech; a tone where there is no synthesizer.'),
    ),
    pinInvalid: Type.Optional(promptSchema('Said before that, after a wrong PIN.')),
    goodbye: Type.Optional(promptSchema('Said to who is turned away.')),
  },
  { description: 'What is said on the way in.' },
);

const durationWarning = closedObject(
  {
    beforeEndMs: Type.Integer({ minimum: 1_000, maximum: 86_400_000, description: 'How long before the end.' }),
    prompt: promptSchema('What everybody hears.'),
  },
  { description: 'Says that the end of `maxDurationMs` is near.' },
);

const endOnModeratorExit = closedObject(
  {
    graceMs: Type.Integer({ minimum: 0, maximum: 3_600_000, description: 'How long a moderator may be missed.' }),
  },
  { description: 'End when the last moderator has gone and none came back in time.' },
);

/** Habits that are no secret. */
const open = {
  pinTries: Type.Integer({ minimum: 1, maximum: 10, description: 'How often a PIN may be entered. Default 3.' }),
  startOnModerator: Type.Boolean({
    description: 'Who comes before the first moderator waits, out of the mix, with `waitingMusic`.',
  }),
  endOnModeratorExit,
  maxDurationMs: Type.Integer({
    minimum: 1_000,
    maximum: 604_800_000,
    description: 'End so long after the first leg came in.',
  }),
  durationWarning,
  entryAnnouncement: promptSchema(
    'Heard by everybody when somebody has come in: a tone, or speech with `{displayName}` and `{count}`.',
  ),
  exitAnnouncement: promptSchema('The same when somebody has gone.'),
  waitingMusic: promptSchema('Heard, over and over, by who waits for a moderator. Default: silence.'),
  aloneMusic: promptSchema('Heard, over and over, by who is alone in the mix. Default: silence.'),
  holdMusic: promptSchema('Heard, over and over, by legs with `isolated: true`. Default: silence.'),
  menus,
  prompts,
};

const secret = {
  pin: pin('What callers enter before they are let in.'),
  moderatorPin: pin('What makes a caller a moderator. Without `pin`, entering nothing makes a participant.'),
};

/** Habits in requests and in the config file. */
export const habitFields = optional({ ...secret, ...open });

/** The same where null takes a habit away. */
export const habitChanges = optional(nullable({ ...secret, ...open }));

/** Habits in force, in responses. */
export const habitsInForce = optional(open);

function optional<Fields extends TProperties>(fields: Fields) {
  return Type.Partial(Type.Object(fields)).properties;
}

function nullable<Fields extends Record<string, TSchema>>(fields: Fields) {
  const entries = Object.entries(fields).map(([name, field]) => [name, Type.Union([field, Type.Null()])]);
  return Object.fromEntries(entries) as { [Name in keyof Fields]: TUnion<[Fields[Name], TNull]> };
}
