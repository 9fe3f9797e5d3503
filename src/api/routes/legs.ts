import { idempotencyHeaderSchema } from '../schema/idempotency.js';
import { callParamsSchema } from '../schema/call.js';
import { dialSchema, legListSchema, legSchema } from '../schema/leg.js';
import { problems } from '../schema/problem.js';
import { created, ref } from '../schema/shape.js';
import type { Api, RouteContext } from './context.js';

const defaultRingTimeoutMs = 30_000;

/** `/v1/calls/{callId}/legs`: list members, dial somebody in. */
export function legsRoutes(api: Api, { service, idempotency }: RouteContext): void {
  api.get(
    '/v1/calls/:callId/legs',
    {
      schema: {
        operationId: 'listLegs',
        summary: 'List the live legs of a call, oldest first',
        tags: ['legs'],
        params: callParamsSchema,
        response: { 200: ref(legListSchema), ...problems(404) },
      },
    },
    async (request, reply) => reply.send({ items: await service.listLegs(request.params.callId) }),
  );

  api.post(
    '/v1/calls/:callId/legs',
    {
      schema: {
        operationId: 'dialLeg',
        summary: 'Dial somebody into a call',
        description:
          'Answers as soon as dialling began; `leg.ringing`, then `leg.joined` or `leg.failed` tell what became of it. ' +
          'Redirections are not followed.',
        tags: ['legs'],
        headers: idempotencyHeaderSchema,
        params: callParamsSchema,
        body: dialSchema,
        response: { 202: created(legSchema, 'The leg, being dialled.'), ...problems(404, 409, 413, 415, 422, 503) },
      },
    },
    async (request, reply) => {
      const { to, trunk, callerName, ringTimeoutMs, muted, deaf, gainDb, denoise, agc, digitMode, inBandDigits, role } =
        request.body;
      const leg = await idempotency.run(request, () =>
        service.dial(request.params.callId, {
          to,
          trunk,
          callerName,
          ringTimeoutMs: ringTimeoutMs ?? defaultRingTimeoutMs,
          role,
          controls: {
            muted: muted ?? false,
            deaf: deaf ?? false,
            gainDb: gainDb ?? 0,
            ...(denoise && { denoise }),
            ...(agc && { agc }),
            ...(digitMode && { digitMode }),
            ...(inBandDigits && { inBandDigits }),
          },
        }),
      );
      return reply.code(202).header('location', `/v1/calls/${leg.callId}/legs/${leg.id}`).send(leg);
    },
  );
}
