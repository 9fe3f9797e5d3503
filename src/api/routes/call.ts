import { callParamsSchema, callSchema, updateCallSchema } from '../schema/call.js';
import { problems } from '../schema/problem.js';
import { noContent, ref } from '../schema/shape.js';
import type { Api, RouteContext } from './context.js';

/** `/v1/calls/{callId}`: read, change, end. */
export function callRoutes(api: Api, { service }: RouteContext): void {
  api.get(
    '/v1/calls/:callId',
    {
      schema: {
        operationId: 'getCall',
        summary: 'Read a call',
        tags: ['calls'],
        params: callParamsSchema,
        response: { 200: ref(callSchema), ...problems(404) },
      },
    },
    (request) => service.getCall(request.params.callId),
  );

  api.patch(
    '/v1/calls/:callId',
    {
      schema: {
        operationId: 'updateCall',
        summary: 'Change the policy of a call',
        description: 'Legs that are in stay in. `null` takes a habit away.',
        tags: ['calls'],
        params: callParamsSchema,
        body: updateCallSchema,
        response: { 200: ref(callSchema), ...problems(404, 409, 413, 415) },
      },
    },
    (request) => service.updateCall(request.params.callId, request.body),
  );

  api.delete(
    '/v1/calls/:callId',
    {
      schema: {
        operationId: 'endCall',
        summary: 'End a call',
        description: 'Hangs up every leg; `call.ended` follows when all of them are gone.',
        tags: ['calls'],
        params: callParamsSchema,
        response: { 204: noContent('The call is ending.'), ...problems(404) },
      },
    },
    (request, reply) => {
      service.endCall(request.params.callId);
      return reply.code(204).send();
    },
  );
}
