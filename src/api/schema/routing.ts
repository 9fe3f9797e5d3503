import Type from 'typebox';
import { closedObject, named } from './shape.js';

const legId = Type.String({ minLength: 1, maxLength: 100, description: 'Id of a leg.' });

const legs = (description: string) =>
  Type.Union([Type.Literal('all'), Type.Array(legId, { maxItems: 1_000 })], { description });

const heardBy = legs('Who hears it: `all`, or only these legs; an empty list = nobody.');
const hears = legs('Whom it hears: `all`, or only these legs.');

const gainDb = Type.Union([Type.Literal('off'), Type.Number({ minimum: -60, maximum: 24 })], {
  description: 'How loud the source is to the listener, dB; `off` = not at all. Counts whatever their audiences are.',
});

/** `PUT /v1/calls/{callId}/legs/{legId}/audience`. */
export const setAudienceSchema = closedObject({ heardBy: Type.Optional(heardBy), hears: Type.Optional(hears) });

export const audienceSchema = named(
  'Audience',
  Type.Object(
    { heardBy, hears },
    { description: 'Who hears a leg and whom it hears, apart from pairs of their own gain.' },
  ),
);

/** `PUT /v1/calls/{callId}/legs/{legId}/audience/{sourceId}`. */
export const setPairSchema = closedObject({ gainDb });

export const pairParamsSchema = closedObject({
  callId: Type.String({ minLength: 1, maxLength: 100, description: 'Id of the call.' }),
  legId: Type.String({ minLength: 1, maxLength: 100, description: 'Id of the leg that listens.' }),
  sourceId: Type.String({ minLength: 1, maxLength: 100, description: 'Id of the leg that is heard.' }),
});

const audiences = Type.Array(closedObject({ legId, heardBy, hears }), { maxItems: 1_000 });
const pairs = Type.Array(closedObject({ listener: legId, source: legId, gainDb }), { maxItems: 1_000 });

/** `PUT /v1/calls/{callId}/routing`. */
export const setRoutingSchema = closedObject({ audiences, pairs });

export const routingSchema = named(
  'Routing',
  Type.Object({ audiences, pairs }, { description: 'All that differs from everybody hearing everybody.' }),
);
