import { idempotencyHeaderSchema } from '../schema/idempotency.js';
import { legParamsSchema } from '../schema/call.js';
import { sendDigitsSchema } from '../schema/leg.js';
import { problems } from '../schema/problem.js';
import { noContent } from '../schema/shape.js';
import type { Api, RouteContext } from './context.js';

/** `/v1/calls/{callId}/legs/{legId}/digits`: send digits to a leg. */
export function digitsRoutes(api: Api, { service, idempotency }: RouteContext): void {
  api.post(
    '/v1/calls/:callId/legs/:legId/digits',
    {
      schema: {
        operationId: 'sendDigits',
        summary: 'Send digits to a leg',
        description:
          'As telephone-events (RFC 4733), or as tones to a peer that takes none, unless its trunk says otherwise; after ' +
          'what is being sent. `digits.sent` tells the end, and with SIP INFO what the peer has taken.',
        tags: ['legs'],
        headers: idempotencyHeaderSchema,
        params: legParamsSchema,
        body: sendDigitsSchema,
        response: { 202: noContent('The digits will be sent.'), ...problems(404, 409, 413, 415, 422) },
      },
    },
    async (request, reply) => {
      const { callId, legId } = request.params;
      const { digits, ...timing } = request.body;
      await idempotency.run(request, () => {
        service.sendDigits(callId, legId, digits, timing);
      });
      return reply.code(202).send();
    },
  );
}
