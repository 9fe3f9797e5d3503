import { decodeCursor, encodeCursor } from '../cursor.js';
import { idempotencyHeaderSchema } from '../schema/idempotency.js';
import { callPageSchema, callSchema, createCallSchema, listCallsSchema } from '../schema/call.js';
import { problems } from '../schema/problem.js';
import { created, ref } from '../schema/shape.js';
import type { Api, RouteContext } from './context.js';

const defaultPageSize = 50;

/** `/v1/calls`: create a call ahead of time, list calls. */
export function callsRoutes(api: Api, { service, idempotency }: RouteContext): void {
  api.post(
    '/v1/calls',
    {
      schema: {
        operationId: 'createCall',
        summary: 'Create a call ahead of time',
        description: 'Without it, a call begins with the first INVITE for its name.',
        tags: ['calls'],
        headers: idempotencyHeaderSchema,
        body: createCallSchema,
        response: { 201: created(callSchema, 'The call.'), ...problems(409, 413, 415, 422, 503) },
      },
    },
    async (request, reply) => {
      const { name, ...policy } = request.body;
      const call = await idempotency.run(request, () => service.createCall({ name, ...policy }));
      return reply.code(201).header('location', `/v1/calls/${call.id}`).send(call);
    },
  );

  api.get(
    '/v1/calls',
    {
      schema: {
        operationId: 'listCalls',
        summary: 'List calls, oldest first',
        tags: ['calls'],
        querystring: listCallsSchema,
        response: { 200: ref(callPageSchema), ...problems() },
      },
    },
    (request) => {
      const { name, limit = defaultPageSize, cursor } = request.query;
      const { items, next } = service.listCalls({ after: decodeCursor(cursor), limit, name });
      return { items, ...(next === undefined ? {} : { next: encodeCursor(next) }) };
    },
  );
}
