import { getInteractionSchema, interactionParamsSchema, interactionSchema } from '../schema/interaction.js';
import { problems } from '../schema/problem.js';
import { noContent, ref } from '../schema/shape.js';
import type { Api, RouteContext } from './context.js';

/** `/v1/calls/{callId}/legs/{legId}/interactions/{interactionId}`: read or await the result, cancel. */
export function interactionRoutes(api: Api, { service }: RouteContext): void {
  api.get(
    '/v1/calls/:callId/legs/:legId/interactions/:interactionId',
    {
      schema: {
        operationId: 'getInteraction',
        summary: 'Read an interaction, or wait for its result',
        tags: ['interactions'],
        params: interactionParamsSchema,
        querystring: getInteractionSchema,
        response: { 200: ref(interactionSchema), ...problems(404) },
      },
    },
    async (request, reply) => {
      const { callId, legId, interactionId } = request.params;
      return reply.send(await service.interactions.get(callId, legId, interactionId, request.query.waitMs));
    },
  );

  api.delete(
    '/v1/calls/:callId/legs/:legId/interactions/:interactionId',
    {
      schema: {
        operationId: 'cancelInteraction',
        summary: 'Cancel an interaction',
        description: 'The leg returns to the mix; `interaction.ended` follows.',
        tags: ['interactions'],
        params: interactionParamsSchema,
        response: { 204: noContent('The interaction is being cancelled, or was over.'), ...problems(404) },
      },
    },
    (request, reply) => {
      const { callId, legId, interactionId } = request.params;
      service.interactions.cancel(callId, legId, interactionId);
      return reply.code(204).send();
    },
  );
}
