import { CodedError } from '../../errors.js';
import { callParamsSchema, legParamsSchema } from '../schema/call.js';
import { changeConsentSchema, consentSchema, legConsentSchema } from '../schema/consent.js';
import { problems } from '../schema/problem.js';
import { ref } from '../schema/shape.js';
import type { Api, RouteContext } from './context.js';

/** `/v1/calls/{callId}/consent` and `/v1/calls/{callId}/legs/{legId}/consent`: who agreed to be recorded. */
export function consentRoutes(api: Api, { service }: RouteContext): void {
  const { consent } = service;

  api.get(
    '/v1/calls/:callId/consent',
    {
      schema: {
        operationId: 'getConsent',
        summary: 'Read who agreed to be recorded, and when and how they were asked',
        tags: ['consent'],
        params: callParamsSchema,
        response: { 200: ref(consentSchema), ...problems(404) },
      },
    },
    (request) => consent.view(request.params.callId),
  );

  api.post(
    '/v1/calls/:callId/consent',
    {
      schema: {
        operationId: 'askConsent',
        summary: 'Ask everybody in the call who has not answered yet',
        description:
          'Answers at once; `consent.given`, `consent.refused` or `consent.unanswered` follow for each leg. From now on ' +
          'whoever comes into the call is asked, too. Whoever said no is not asked again this way.',
        tags: ['consent'],
        params: callParamsSchema,
        response: { 202: ref(consentSchema), ...problems(404, 409, 413, 415) },
      },
    },
    async (request, reply) => reply.code(202).send(consent.askAll(request.params.callId)),
  );

  api.get(
    '/v1/calls/:callId/legs/:legId/consent',
    {
      schema: {
        operationId: 'getLegConsent',
        summary: 'Read what a leg said about being recorded',
        tags: ['consent'],
        params: legParamsSchema,
        response: { 200: ref(legConsentSchema), ...problems(404) },
      },
    },
    (request) => consent.viewLeg(request.params.callId, request.params.legId),
  );

  api.post(
    '/v1/calls/:callId/legs/:legId/consent',
    {
      schema: {
        operationId: 'changeLegConsent',
        summary: 'Ask a leg, record a consent obtained elsewhere, or take consent back',
        description:
          '`ask` answers at once, and events tell the answer. `give` and `withdraw` answer when the mixer has done so: the ' +
          'last entry of the ledger tells the exact tick.',
        tags: ['consent'],
        params: legParamsSchema,
        body: changeConsentSchema,
        response: { 200: ref(legConsentSchema), 202: ref(legConsentSchema), ...problems(404, 409, 413, 415) },
      },
    },
    async (request, reply) => {
      const { callId, legId } = request.params;
      const { action, note, purge } = request.body;
      if (action === 'ask') return reply.code(202).send(consent.askLeg(callId, legId));
      if (action === 'withdraw') return reply.send(await consent.withdraw(callId, legId, { note, purge }));
      if (note === undefined)
        throw new CodedError('invalidRequest', 'give needs a note: how the consent was obtained.');
      return reply.send(await consent.give(callId, legId, note));
    },
  );
}
