import { callParamsSchema, legParamsSchema } from '../schema/call.js';
import { problems } from '../schema/problem.js';
import {
  audienceSchema,
  pairParamsSchema,
  routingSchema,
  setAudienceSchema,
  setPairSchema,
  setRoutingSchema,
} from '../schema/routing.js';
import { noContent, ref } from '../schema/shape.js';
import type { Api, RouteContext } from './context.js';

/** `/v1/calls/{callId}/routing` and `/v1/calls/{callId}/legs/{legId}/audience`: who hears whom. */
export function routingRoutes(api: Api, context: RouteContext): void {
  callRouting(api, context);
  legAudience(api, context);
  pairGain(api, context);
}

function callRouting(api: Api, { service }: RouteContext): void {
  api.get(
    '/v1/calls/:callId/routing',
    {
      schema: {
        operationId: 'getRouting',
        summary: 'Read who hears whom',
        tags: ['routing'],
        params: callParamsSchema,
        response: { 200: ref(routingSchema), ...problems(404) },
      },
    },
    (request) => service.audiences.routing(request.params.callId),
  );

  api.put(
    '/v1/calls/:callId/routing',
    {
      schema: {
        operationId: 'replaceRouting',
        summary: 'Say who hears whom, all at once',
        description: 'Empty lists: everybody hears everybody again. `routing.changed` follows.',
        tags: ['routing'],
        params: callParamsSchema,
        body: setRoutingSchema,
        response: { 200: ref(routingSchema), ...problems(404, 409, 413, 415) },
      },
    },
    (request) => service.audiences.setRouting(request.params.callId, request.body),
  );
}

function legAudience(api: Api, { service }: RouteContext): void {
  api.get(
    '/v1/calls/:callId/legs/:legId/audience',
    {
      schema: {
        operationId: 'getAudience',
        summary: 'Read who hears a leg, and whom it hears',
        tags: ['routing'],
        params: legParamsSchema,
        response: { 200: ref(audienceSchema), ...problems(404) },
      },
    },
    (request) => service.audiences.audience(request.params.callId, request.params.legId),
  );

  api.put(
    '/v1/calls/:callId/legs/:legId/audience',
    {
      schema: {
        operationId: 'replaceAudience',
        summary: 'Let a leg whisper, or talk aside',
        description:
          'A coach that only the agent hears: `{"heardBy": ["leg_agent"]}`. What is absent becomes `all`. Legs that join later ' +
          'are covered from their first tick; a leg that leaves is forgotten, and nobody takes its place.',
        tags: ['routing'],
        params: legParamsSchema,
        body: setAudienceSchema,
        response: { 200: ref(audienceSchema), ...problems(404, 409, 413, 415) },
      },
    },
    (request) => {
      const { callId, legId } = request.params;
      const { heardBy = 'all', hears = 'all' } = request.body;
      return service.audiences.setAudience(callId, legId, { heardBy, hears });
    },
  );
}

function pairGain(api: Api, { service }: RouteContext): void {
  const url = '/v1/calls/:callId/legs/:legId/audience/:sourceId';
  api.put(
    url,
    {
      schema: {
        operationId: 'setPairGain',
        summary: 'Say how loud one leg is to another',
        tags: ['routing'],
        params: pairParamsSchema,
        body: setPairSchema,
        response: { 204: noContent('It is so from the next tick on.'), ...problems(404, 409, 413, 415) },
      },
    },
    (request, reply) => {
      const { callId, legId, sourceId } = request.params;
      service.audiences.setPair(callId, legId, sourceId, request.body.gainDb);
      return reply.code(204).send();
    },
  );

  api.delete(
    url,
    {
      schema: {
        operationId: 'resetPairGain',
        summary: 'Let one leg hear another as their audiences have it',
        tags: ['routing'],
        params: pairParamsSchema,
        response: { 204: noContent('The pair has no gain of its own any more.'), ...problems(404, 409) },
      },
    },
    (request, reply) => {
      const { callId, legId, sourceId } = request.params;
      service.audiences.setPair(callId, legId, sourceId, undefined);
      return reply.code(204).send();
    },
  );
}
