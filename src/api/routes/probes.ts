import Type from 'typebox';
import { problems } from '../schema/problem.js';
import { named, ref } from '../schema/shape.js';
import type { Api, RouteContext } from './context.js';

/** What `/readyz` answers. */
export const healthSchema = named(
  'Health',
  Type.Object({
    ready: Type.Boolean(),
    checks: Type.Unsafe<Readonly<Record<string, { readonly ok: boolean; readonly detail?: string }>>>({
      type: 'object',
      additionalProperties: {
        type: 'object',
        required: ['ok'],
        properties: { ok: { type: 'boolean' }, detail: { type: 'string' } },
      },
    }),
  }),
);

/** `/livez`, `/readyz`, `/metrics`: for those who operate the server. */
export function probeRoutes(api: Api, { checkHealth, renderMetrics }: RouteContext): void {
  const open = { config: { public: true } };

  api.get(
    '/livez',
    {
      ...open,
      schema: {
        operationId: 'live',
        summary: 'Whether the process is alive',
        tags: ['operations'],
        security: [],
        response: { 200: Type.Object({ status: Type.Literal('ok') }) },
      },
    },
    () => ({ status: 'ok' }) as const,
  );

  api.get(
    '/readyz',
    {
      ...open,
      schema: {
        operationId: 'ready',
        summary: 'Whether new calls can be taken',
        description: 'SIP front end connected, ports free, ticks on time, not draining.',
        tags: ['operations'],
        security: [],
        response: { 200: ref(healthSchema), 503: ref(healthSchema) },
      },
    },
    async (_request, reply) => {
      const report = await checkHealth();
      return reply.code(report.ready ? 200 : 503).send(report);
    },
  );

  api.get(
    '/metrics',
    {
      schema: {
        operationId: 'metrics',
        summary: 'Metrics in the Prometheus text format',
        tags: ['operations'],
        produces: ['text/plain'],
        response: {
          200: { description: 'Metrics.', content: { 'text/plain': { schema: Type.String() } } },
          ...problems(),
        },
      },
    },
    async (_request, reply) => {
      const { contentType, text } = await renderMetrics();
      return reply.header('content-type', contentType).send(text);
    },
  );
}
