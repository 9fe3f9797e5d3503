import Type from 'typebox';
import { closedObject, named, ref } from './shape.js';

export const recordingSchema = named(
  'Recording',
  Type.Object(
    {
      id: Type.String(),
      callId: Type.String(),
      callName: Type.String(),
      status: Type.Enum(['recording', 'stopping', 'completed', 'failed', 'recovered'], {
        description:
          '`stopping`: the files are being finished; `failed`: what had been written before is kept; `recovered`: the server ' +
          'died meanwhile, and the files were finished when it started again.',
      }),
      startedAt: Type.String({ format: 'date-time' }),
      firstTick: Type.Optional(Type.Integer({ description: 'First tick of the call in it: sample 0 of every track.' })),
      endTick: Type.Optional(Type.Integer({ description: 'First tick that is not in it.' })),
      droppedTicks: Type.Integer({
        description: 'Ticks of 20 ms lost because the disk did not keep up: silence in every track.',
      }),
      files: Type.Array(
        Type.Object({
          name: Type.String({ description: 'Read it at `/v1/recordings/{id}/files/{name}`.' }),
          legId: Type.Optional(Type.String({ description: 'Whose track it is.' })),
          bytes: Type.Integer(),
        }),
        { description: 'A 48 kHz WAV per leg, all of equal length, and a JSON that tells legs, ticks and consent.' },
      ),
      failure: Type.Optional(Type.String({ description: 'Why it failed.' })),
    },
    { description: 'A recording of a call, every leg on a track of its own. Recordings outlive calls.' },
  ),
);

export const recordingPageSchema = named(
  'RecordingPage',
  Type.Object({
    items: Type.Array(ref(recordingSchema)),
    next: Type.Optional(Type.String({ description: 'Give it as `cursor` for the next page; absent on the last.' })),
  }),
);

const page = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, description: 'Recordings per page. Default 50.' })),
  cursor: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description: '`next` of the page before.' })),
};

/** `GET /v1/calls/{callId}/recordings`. */
export const listCallRecordingsSchema = closedObject(page);

/** `GET /v1/recordings`. */
export const listRecordingsSchema = closedObject({
  callId: Type.Optional(Type.String({ minLength: 1, maxLength: 100, description: 'Only of this call.' })),
  ...page,
});

const recordingId = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description: 'Id of the recording.' });

export const recordingParamsSchema = closedObject({ recordingId });

export const callRecordingParamsSchema = closedObject({
  callId: Type.String({ minLength: 1, maxLength: 100, description: 'Id of the call.' }),
  recordingId,
});

export const recordingFileParamsSchema = closedObject({
  recordingId,
  name: Type.String({
    pattern: '^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,127}$',
    description: 'Name of the file, as the recording lists it.',
  }),
});
