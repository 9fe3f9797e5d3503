import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { docsPrefix } from './access.js';
import { assetListSchema, assetSchema } from './schema/asset.js';
import { callPageSchema, callSchema } from './schema/call.js';
import { consentSchema, legConsentSchema } from './schema/consent.js';
import { eventSchema } from './schema/event.js';
import { interactionListSchema, interactionSchema } from './schema/interaction.js';
import { legListSchema, legSchema } from './schema/leg.js';
import { playbackListSchema, playbackSchema } from './schema/playback.js';
import { problemSchema } from './schema/problem.js';
import { recordingPageSchema, recordingSchema } from './schema/recording.js';
import { audienceSchema, routingSchema } from './schema/routing.js';
import { healthSchema } from './routes/probes.js';
import type { Api } from './routes/context.js';

const published = [
  problemSchema,
  callSchema,
  callPageSchema,
  legSchema,
  legListSchema,
  interactionSchema,
  interactionListSchema,
  playbackSchema,
  playbackListSchema,
  assetSchema,
  assetListSchema,
  audienceSchema,
  routingSchema,
  consentSchema,
  legConsentSchema,
  recordingSchema,
  recordingPageSchema,
  eventSchema,
  healthSchema,
];

/** Publishes the schemas of all routes as OpenAPI 3.1 at `/openapi.json`, browsable at `/docs`. */
export function describeApi(api: Api, version: string): void {
  for (const schema of published) api.addSchema(schema);
  void api.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'mixminus',
        version,
        description: 'SIP/RTP conference media server: every call is a mix-minus bridge.',
        license: { name: 'MIT', identifier: 'MIT' },
      },
      tags: [
        { name: 'calls', description: 'Conferences.' },
        { name: 'legs', description: 'Who is in them.' },
        { name: 'routing', description: 'Who hears whom.' },
        { name: 'interactions', description: 'One leg alone: a prompt, its digits, an answer.' },
        { name: 'playbacks', description: 'Announcements and music.' },
        { name: 'assets', description: 'Uploaded audio for prompts.' },
        { name: 'consent', description: 'Who agreed to be recorded.' },
        { name: 'recordings', description: 'Every leg on a track of its own.' },
        { name: 'events', description: 'What happens in them.' },
        { name: 'operations', description: 'For those who run the server.' },
      ],
      components: { securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'An API key.' } } },
      security: [{ key: [] }],
    },
    refResolver: {
      buildLocalReference: (json, _baseUri, _fragment, index) =>
        typeof json.$id === 'string' ? json.$id : `def-${index}`,
    },
  });
  void api.register(swaggerUi, { routePrefix: docsPrefix, staticCSP: true });
  // Registered as a plugin, so that it runs after swagger has begun to listen for routes.
  void api.register((scope, _options, done) => {
    scope.get('/openapi.json', { schema: { hide: true }, config: { public: true } }, () => api.swagger());
    done();
  });
}
