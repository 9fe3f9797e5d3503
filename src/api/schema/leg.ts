import Type from 'typebox';
import { consentState } from './consent.js';
import { closedObject, named, ref } from './shape.js';
import { statisticsSchema } from './statistics.js';

const controls = {
  muted: Type.Boolean({ description: 'Not heard by anybody.' }),
  deaf: Type.Boolean({ description: 'Hears nobody.' }),
  gainDb: Type.Number({ minimum: -60, maximum: 24, description: 'Gain on what others hear of it, dB.' }),
  denoise: Type.Enum(['on', 'off', 'auto'], {
    description:
      'Take noise out of what others hear of it (10 ms later then): always, never, or when a G.711 or G.722 leg is noisy; ' +
      '`auto` also silences it while nobody could hear it. Default: setting `denoise`.',
  }),
  agc: Type.Union(
    [
      Type.Literal('off'),
      closedObject({
        targetDbov: Type.Number({ minimum: -40, maximum: -10, description: 'Level speech shall have, dBov.' }),
      }),
    ],
    { description: 'Bring its speech slowly to a level, on top of which `gainDb` counts. Default `off`.' },
  ),
  digitMode: Type.Enum(['forward', 'detect', 'both', 'none'], {
    description:
      'What becomes of digits it presses: sent on to the others, told as `digit.received`, both, or neither. ' +
      'Digits of a muted leg are never sent on. Default `both`.',
  }),
  inBandDigits: Type.Enum(['auto', 'on', 'off'], {
    description:
      'Digits as tones in the audio. `auto`: looked for, and sent, if telephone-events were not negotiated; ' +
      '`on`: always looked for; `off`: neither looked for nor sent. Default `auto`.',
  }),
};

const roleSchema = Type.Enum(['moderator', 'participant', 'listener'], {
  description:
    'A moderator opens and ends the call, as its policy has it; a listener is muted for as long as it is one. ' +
    'Default: as route, trunk or PIN have it, else `participant`.',
});

const optionalControls = {
  muted: Type.Optional(controls.muted),
  deaf: Type.Optional(controls.deaf),
  gainDb: Type.Optional(controls.gainDb),
  denoise: Type.Optional(controls.denoise),
  agc: Type.Optional(controls.agc),
  digitMode: Type.Optional(controls.digitMode),
  inBandDigits: Type.Optional(controls.inBandDigits),
};

/** `POST /v1/calls/{callId}/legs`. */
export const dialSchema = closedObject({
  to: Type.String({
    pattern: '^[A-Za-z0-9+*#_.-]{1,64}$',
    description: 'Number or user to dial; the host is the trunk’s, and the trunk has to allow the destination.',
    examples: ['+4930123456'],
  }),
  trunk: Type.Optional(
    Type.String({ minLength: 1, maxLength: 64, description: 'Trunk to use; needed when several dial out.' }),
  ),
  callerName: Type.Optional(
    Type.String({
      // No control characters, quotes or backslashes: it becomes a quoted string in a SIP header.
      pattern: '^[^\\u0000-\\u001f\\u007f"\\\\]{1,64}$',
      description: 'Display name the destination sees.',
    }),
  ),
  ringTimeoutMs: Type.Optional(
    Type.Integer({ minimum: 1_000, maximum: 180_000, description: 'How long it may ring. Default 30000.' }),
  ),
  role: Type.Optional(roleSchema),
  ...optionalControls,
});

/** `PATCH /v1/calls/{callId}/legs/{legId}`. */
export const updateLegSchema = closedObject(
  {
    role: Type.Optional(roleSchema),
    isolated: Type.Optional(
      Type.Boolean({
        description:
          'Take it out of the mix, where it hears the call’s `holdMusic`; or let it in again, also from the waiting room.',
      }),
    ),
    ...optionalControls,
  },
  { minProperties: 1 },
);

/** `POST /v1/calls/{callId}/legs/{legId}/digits`. */
export const sendDigitsSchema = closedObject({
  digits: Type.String({ pattern: '^[0-9*#A-D]{1,64}$', description: 'Digits to send.', examples: ['1234#'] }),
  durationMs: Type.Optional(
    Type.Integer({ minimum: 40, maximum: 5_000, description: 'Length of each digit. Default 100.' }),
  ),
  gapMs: Type.Optional(
    Type.Integer({ minimum: 40, maximum: 5_000, description: 'Silence after each digit. Default 80.' }),
  ),
});

const codecSchema = Type.Object({
  encoding: Type.String(),
  payloadType: Type.Integer(),
  clockRateHz: Type.Integer(),
  channels: Type.Integer(),
  ptimeMs: Type.Number({ description: 'Audio per packet sent.' }),
});

const statuses = ['queued', 'ringing', 'in-progress', 'completed', 'busy', 'no-answer', 'failed', 'canceled'];

export const legSchema = named(
  'Leg',
  Type.Object(
    {
      id: Type.String(),
      callId: Type.String(),
      direction: Type.Enum(['inbound', 'outbound']),
      status: Type.Enum(statuses, {
        description: '`queued`: dialled, nothing heard yet; `ringing`; `in-progress`: answered; all others are final.',
      }),
      trunk: Type.String(),
      number: Type.String({ description: 'User part of the peer’s address.' }),
      displayName: Type.Optional(Type.String()),
      createdAt: Type.String({ format: 'date-time' }),
      joinedAt: Type.Optional(Type.String({ format: 'date-time' })),
      joinedAtTick: Type.Optional(Type.Integer({ description: 'Tick of the call at which it came into the mix.' })),
      role: roleSchema,
      admission: Type.Enum(['pending', 'pin', 'consent', 'waiting', 'admitted', 'refused'], {
        description:
          '`pending`: not connected yet; `pin`, `consent`: being asked; `waiting`: for a moderator; `admitted`; ' +
          '`refused`: no right PIN.',
      }),
      isolated: Type.Optional(Type.Boolean({ description: 'Out of the mix now, whatever the cause.' })),
      ...controls,
      denoise: Type.Optional(controls.denoise),
      agc: Type.Optional(controls.agc),
      held: Type.Boolean({ description: 'On hold by SDP direction.' }),
      mediaDirection: Type.Optional(
        Type.Enum(['sendrecv', 'sendonly', 'recvonly', 'inactive'], { description: 'Seen from this server.' }),
      ),
      codec: Type.Optional(codecSchema),
      consent: consentState,
      consented: Type.Optional(Type.Boolean({ description: 'Whether recordings get its audio now.' })),
      speaking: Type.Optional(Type.Boolean()),
      levelDbov: Type.Optional(Type.Number({ description: 'RMS of what others can hear of it; −127 = silence.' })),
      denoising: Type.Optional(Type.Boolean({ description: 'Whether noise is being taken out now.' })),
      automaticGainDb: Type.Optional(Type.Number({ description: 'What automatic gain adds now, dB.' })),
      statistics: Type.Optional(statisticsSchema),
      endReason: Type.Optional(Type.String({ description: 'Why it is over, e.g. `remoteHangup`.' })),
      q850Cause: Type.Optional(Type.Integer({ description: 'ITU-T Q.850 cause of its end.' })),
      sipStatus: Type.Optional(Type.Integer({ description: 'What the destination answered when dialling failed.' })),
    },
    { description: 'One media connection of a call. Legs that are over can be read for a while.' },
  ),
);

export const legListSchema = named('LegList', Type.Object({ items: Type.Array(ref(legSchema)) }));
