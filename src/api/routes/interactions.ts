import { legParamsSchema } from '../schema/call.js';
import { idempotencyHeaderSchema } from '../schema/idempotency.js';
import { interactionListSchema, interactionSchema, startInteractionSchema } from '../schema/interaction.js';
import { problems } from '../schema/problem.js';
import { created, ref } from '../schema/shape.js';
import type { Api, RouteContext } from './context.js';

/** `/v1/calls/{callId}/legs/{legId}/interactions`: talk to one leg alone, list what was asked. */
export function interactionsRoutes(api: Api, { service, idempotency }: RouteContext): void {
  api.post(
    '/v1/calls/:callId/legs/:legId/interactions',
    {
      schema: {
        operationId: 'startInteraction',
        summary: 'Take a leg out of the mix, play a prompt to it, wait for its digits',
        description:
          'Answers when the prompt is ready: until then the leg stays in the mix, and a prompt that cannot be had is the ' +
          'answer’s problem. Read the interaction with `waitMs`, or listen for `interaction.ended`, to learn the result. ' +
          'A leg is in one interaction at most: a newer one takes over from the one going on.',
        tags: ['interactions'],
        headers: idempotencyHeaderSchema,
        params: legParamsSchema,
        body: startInteractionSchema,
        response: {
          201: created(interactionSchema, 'The interaction.'),
          ...problems(404, 409, 413, 415, 422, 502, 503),
        },
      },
    },
    async (request, reply) => {
      const { callId, legId } = request.params;
      const interaction = await idempotency.run(request, () => service.interactions.start(callId, legId, request.body));
      const place = `/v1/calls/${interaction.callId}/legs/${interaction.legId}/interactions/${interaction.id}`;
      return reply.code(201).header('location', place).send(interaction);
    },
  );

  api.get(
    '/v1/calls/:callId/legs/:legId/interactions',
    {
      schema: {
        operationId: 'listInteractions',
        summary: 'List the interactions of a leg, newest first',
        description: 'Those that are over stay for a while.',
        tags: ['interactions'],
        params: legParamsSchema,
        response: { 200: ref(interactionListSchema), ...problems(404) },
      },
    },
    (request) => ({ items: service.interactions.list(request.params.callId, request.params.legId) }),
  );
}
