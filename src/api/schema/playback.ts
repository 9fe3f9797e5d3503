import Type from 'typebox';
import { playedPromptSchema, promptFailureSchema, promptSchema, startOffsetMs, volumeDb } from './prompt.js';
import { closedObject, named, ref } from './shape.js';

const duckDb = Type.Number({
  minimum: -60,
  maximum: 0,
  description: 'Gain on the mix of those who hear it, while it lasts. Default −12.',
});
const plays = Type.Integer({ minimum: 0, maximum: 1_000, description: 'How often; 0 = until DELETE. Default 1.' });
const legIds = Type.Array(Type.String({ minLength: 1, maxLength: 100 }), {
  minItems: 1,
  maxItems: 1_000,
  uniqueItems: true,
  description: 'Who hears it. Absent: everybody in the mix, whoever joins while it lasts too.',
});

/** `POST /v1/calls/{callId}/playbacks`. */
export const startPlaybackSchema = closedObject(
  {
    prompt: promptSchema('What is played.'),
    legIds: Type.Optional(legIds),
    duckDb: Type.Optional(duckDb),
    plays: Type.Optional(plays),
    volumeDb: Type.Optional(volumeDb),
    startOffsetMs: Type.Optional(startOffsetMs),
  },
  { examples: [{ prompt: [{ type: 'tone', frequenciesHz: [440], cadenceMs: [200, 100, 200] }], duckDb: -15 }] },
);

/** `PATCH /v1/calls/{callId}/playbacks/{playbackId}`. */
export const updatePlaybackSchema = closedObject({
  paused: Type.Boolean({ description: 'Silent where it is, and not ducking, until it goes on there.' }),
});

export const playbackSchema = named(
  'Playback',
  Type.Object(
    {
      id: Type.String(),
      callId: Type.String(),
      status: Type.Enum(['preparing', 'playing', 'paused', 'ended', 'failed']),
      legIds: Type.Optional(legIds),
      duckDb,
      plays,
      volumeDb,
      end: Type.Optional(
        Type.Enum(['completed', 'stopped', 'legsGone', 'callEnded'], {
          description: '`legsGone`: all that were to hear it have left.',
        }),
      ),
      playedMs: Type.Optional(Type.Number()),
      failure: Type.Optional(promptFailureSchema),
      prompt: Type.Optional(playedPromptSchema),
      startedAtTick: Type.Optional(Type.Integer({ description: 'First tick in which it is heard.' })),
      endedAtTick: Type.Optional(Type.Integer({ description: 'First tick in which it is not.' })),
      createdAt: Type.String({ format: 'date-time' }),
      endedAt: Type.Optional(Type.String({ format: 'date-time' })),
    },
    { description: 'Audio for those in the mix; legs in an interaction do not hear it.' },
  ),
);

export const playbackListSchema = named('PlaybackList', Type.Object({ items: Type.Array(ref(playbackSchema)) }));

export const playbackParamsSchema = closedObject({
  callId: Type.String({ minLength: 1, maxLength: 100, description: 'Id of the call.' }),
  playbackId: Type.String({ minLength: 1, maxLength: 100, description: 'Id of the playback.' }),
});
