import { legParamsSchema } from '../schema/call.js';
import { legSchema, updateLegSchema } from '../schema/leg.js';
import { problems } from '../schema/problem.js';
import { noContent, ref } from '../schema/shape.js';
import type { Api, RouteContext } from './context.js';

/** `/v1/calls/{callId}/legs/{legId}`: read, control, hang up. */
export function legRoutes(api: Api, { service }: RouteContext): void {
  api.get(
    '/v1/calls/:callId/legs/:legId',
    {
      schema: {
        operationId: 'getLeg',
        summary: 'Read a leg, with its media statistics and level',
        tags: ['legs'],
        params: legParamsSchema,
        response: { 200: ref(legSchema), ...problems(404) },
      },
    },
    async (request, reply) => reply.send(await service.getLeg(request.params.callId, request.params.legId)),
  );

  api.patch(
    '/v1/calls/:callId/legs/:legId',
    {
      schema: {
        operationId: 'updateLeg',
        summary: 'Mute, deafen or amplify a leg, or say what becomes of its digits',
        tags: ['legs'],
        params: legParamsSchema,
        body: updateLegSchema,
        response: { 200: ref(legSchema), ...problems(404, 409, 413, 415) },
      },
    },
    async (request, reply) => {
      const { callId, legId } = request.params;
      return reply.send(await service.updateLeg(callId, legId, request.body));
    },
  );

  api.delete(
    '/v1/calls/:callId/legs/:legId',
    {
      schema: {
        operationId: 'hangUpLeg',
        summary: 'Hang up a leg',
        description: 'Sends BYE, or gives up dialling; `leg.left` or `leg.failed` follows.',
        tags: ['legs'],
        params: legParamsSchema,
        response: { 204: noContent('The leg is being hung up, or was over.'), ...problems(404) },
      },
    },
    (request, reply) => {
      service.hangUpLeg(request.params.callId, request.params.legId);
      return reply.code(204).send();
    },
  );
}
