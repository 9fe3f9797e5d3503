import { playbackParamsSchema, playbackSchema, updatePlaybackSchema } from '../schema/playback.js';
import { problems } from '../schema/problem.js';
import { noContent, ref } from '../schema/shape.js';
import type { Api, RouteContext } from './context.js';

/** `/v1/calls/{callId}/playbacks/{playbackId}`: read, pause and resume, stop. */
export function playbackRoutes(api: Api, { service }: RouteContext): void {
  api.get(
    '/v1/calls/:callId/playbacks/:playbackId',
    {
      schema: {
        operationId: 'getPlayback',
        summary: 'Read a playback',
        tags: ['playbacks'],
        params: playbackParamsSchema,
        response: { 200: ref(playbackSchema), ...problems(404) },
      },
    },
    (request) => service.playbacks.get(request.params.callId, request.params.playbackId),
  );

  api.patch(
    '/v1/calls/:callId/playbacks/:playbackId',
    {
      schema: {
        operationId: 'updatePlayback',
        summary: 'Pause or resume a playback',
        tags: ['playbacks'],
        params: playbackParamsSchema,
        body: updatePlaybackSchema,
        response: { 200: ref(playbackSchema), ...problems(404, 409, 413, 415) },
      },
    },
    (request) => service.playbacks.pause(request.params.callId, request.params.playbackId, request.body.paused),
  );

  api.delete(
    '/v1/calls/:callId/playbacks/:playbackId',
    {
      schema: {
        operationId: 'stopPlayback',
        summary: 'Stop a playback',
        tags: ['playbacks'],
        params: playbackParamsSchema,
        response: { 204: noContent('The playback is being stopped, or was over.'), ...problems(404) },
      },
    },
    (request, reply) => {
      service.playbacks.stop(request.params.callId, request.params.playbackId);
      return reply.code(204).send();
    },
  );
}
