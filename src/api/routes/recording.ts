import Type from 'typebox';
import { sendFile } from '../fs-download.js';
import { problems } from '../schema/problem.js';
import { recordingFileParamsSchema, recordingParamsSchema, recordingSchema } from '../schema/recording.js';
import { noContent, ref } from '../schema/shape.js';
import type { Api, RouteContext } from './context.js';

const binary = Type.Unsafe<unknown>({ type: 'string', format: 'binary' });
const file = {
  'audio/wav': { schema: binary },
  'application/json': { schema: Type.Unsafe<unknown>({ type: 'object' }) },
};

/** `/v1/recordings/{recordingId}`: read, download, delete. */
export function recordingRoutes(api: Api, { service }: RouteContext): void {
  const { recordings } = service;

  api.get(
    '/v1/recordings/:recordingId',
    {
      schema: {
        operationId: 'getRecording',
        summary: 'Read what is known of a recording',
        tags: ['recordings'],
        params: recordingParamsSchema,
        response: { 200: ref(recordingSchema), ...problems(404) },
      },
    },
    async (request) => recordings.get(request.params.recordingId),
  );

  api.delete(
    '/v1/recordings/:recordingId',
    {
      schema: {
        operationId: 'deleteRecording',
        summary: 'Delete a recording with all its files',
        description: 'One that is going on has to be stopped before.',
        tags: ['recordings'],
        params: recordingParamsSchema,
        response: { 204: noContent('The recording is gone.'), ...problems(404, 409) },
      },
    },
    async (request, reply) => {
      await recordings.remove(request.params.recordingId);
      return reply.code(204).send();
    },
  );

  api.get(
    '/v1/recordings/:recordingId/files/:name',
    {
      schema: {
        operationId: 'downloadRecordingFile',
        summary: 'Download a file of a recording',
        description:
          'Takes `Range` with one part, and `If-Range`. A file that is still growing is sent as far as it goes.',
        tags: ['recordings'],
        params: recordingFileParamsSchema,
        response: {
          200: { description: 'The file.', content: file },
          206: { description: 'A part of it.', content: file },
          ...problems(404, 416),
        },
      },
    },
    async (request, reply) => {
      const { recordingId, name } = request.params;
      return sendFile(request, reply, await recordings.filePath(recordingId, name));
    },
  );
}
