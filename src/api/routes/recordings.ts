import { callParamsSchema } from '../schema/call.js';
import { idempotencyHeaderSchema } from '../schema/idempotency.js';
import { problems } from '../schema/problem.js';
import {
  callRecordingParamsSchema,
  listCallRecordingsSchema,
  listRecordingsSchema,
  recordingPageSchema,
  recordingSchema,
} from '../schema/recording.js';
import { created, ref } from '../schema/shape.js';
import type { Api, RouteContext } from './context.js';

const defaultPageSize = 50;
const finishWaitMs = 3_000;

/** `/v1/calls/{callId}/recordings` and `/v1/recordings`: record a call, stop, list. */
export function recordingsRoutes(api: Api, { service, idempotency }: RouteContext): void {
  const { recordings } = service;

  api.post(
    '/v1/calls/:callId/recordings',
    {
      schema: {
        operationId: 'startRecording',
        summary: 'Record a call, every leg on a track of its own',
        description:
          'Begins at once. What a leg says that has not agreed is silence in its track; with the consent policy ' +
          '`beforeRecording` whoever has not answered is asked now. Ends with the call, or when it is stopped.',
        tags: ['recordings'],
        headers: idempotencyHeaderSchema,
        params: callParamsSchema,
        response: { 201: created(recordingSchema, 'The recording.'), ...problems(404, 409, 413, 415, 422, 503) },
      },
    },
    async (request, reply) => {
      const recording = await idempotency.run(request, () => recordings.start(request.params.callId));
      return reply.code(201).header('location', `/v1/recordings/${recording.id}`).send(recording);
    },
  );

  api.post(
    '/v1/calls/:callId/recordings/:recordingId/stop',
    {
      schema: {
        operationId: 'stopRecording',
        summary: 'Stop a recording',
        description:
          'Answers when its files are finished, or after three seconds; then `recording.completed` tells when they are. One ' +
          'that has ended stays as it is.',
        tags: ['recordings'],
        params: callRecordingParamsSchema,
        response: { 200: ref(recordingSchema), ...problems(404, 409, 413, 415) },
      },
    },
    async (request) => recordings.stop(request.params.callId, request.params.recordingId, finishWaitMs),
  );

  api.get(
    '/v1/calls/:callId/recordings',
    {
      schema: {
        operationId: 'listCallRecordings',
        summary: 'List the recordings of a call, newest first',
        description: 'Of a call that is over: `GET /v1/recordings?callId=…`.',
        tags: ['recordings'],
        params: callParamsSchema,
        querystring: listCallRecordingsSchema,
        response: { 200: ref(recordingPageSchema), ...problems(404) },
      },
    },
    async (request) => {
      const { callId } = request.params;
      service.getCall(callId);
      const { limit = defaultPageSize, cursor } = request.query;
      return recordings.list({ callId, after: cursor, limit });
    },
  );

  api.get(
    '/v1/recordings',
    {
      schema: {
        operationId: 'listRecordings',
        summary: 'List recordings, newest first, those of calls that are over included',
        tags: ['recordings'],
        querystring: listRecordingsSchema,
        response: { 200: ref(recordingPageSchema), ...problems(404) },
      },
    },
    async (request) => {
      const { callId, limit = defaultPageSize, cursor } = request.query;
      return recordings.list({ callId, after: cursor, limit });
    },
  );
}
