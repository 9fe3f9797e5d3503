import { callParamsSchema } from '../schema/call.js';
import { idempotencyHeaderSchema } from '../schema/idempotency.js';
import { playbackListSchema, playbackSchema, startPlaybackSchema } from '../schema/playback.js';
import { problems } from '../schema/problem.js';
import { created, ref } from '../schema/shape.js';
import type { Api, RouteContext } from './context.js';

/** `/v1/calls/{callId}/playbacks`: announcements and music, listed. */
export function playbacksRoutes(api: Api, { service, idempotency }: RouteContext): void {
  api.post(
    '/v1/calls/:callId/playbacks',
    {
      schema: {
        operationId: 'startPlayback',
        summary: 'Play an announcement or music to the call, or to some of its legs',
        description:
          'Answers when the prompt is ready; `playback.ended` tells the end. The mix is heard beneath it, ducked.',
        tags: ['playbacks'],
        headers: idempotencyHeaderSchema,
        params: callParamsSchema,
        body: startPlaybackSchema,
        response: {
          201: created(playbackSchema, 'The playback.'),
          ...problems(404, 409, 413, 415, 422, 502, 503),
        },
      },
    },
    async (request, reply) => {
      const { callId } = request.params;
      const playback = await idempotency.run(request, () => service.playbacks.create(callId, request.body));
      return reply.code(201).header('location', `/v1/calls/${playback.callId}/playbacks/${playback.id}`).send(playback);
    },
  );

  api.get(
    '/v1/calls/:callId/playbacks',
    {
      schema: {
        operationId: 'listPlaybacks',
        summary: 'List the playbacks of a call, newest first',
        description: 'Those that are over stay for a while.',
        tags: ['playbacks'],
        params: callParamsSchema,
        response: { 200: ref(playbackListSchema), ...problems(404) },
      },
    },
    (request) => ({ items: service.playbacks.list(request.params.callId) }),
  );
}
