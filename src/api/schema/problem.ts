import Type from 'typebox';
import { problemMediaType } from '../problem.js';
import { named, ref } from './shape.js';

export const problemSchema = named(
  'Problem',
  Type.Object(
    {
      type: Type.String({ description: '`urn:mixminus:problem:` and the code.' }),
      title: Type.String({ description: 'What kind of problem this is, always in the same words.' }),
      status: Type.Integer({ description: 'The HTTP status.' }),
      detail: Type.String({ description: 'What happened this time.' }),
      code: Type.String({ description: 'Stable identifier for programs, e.g. `callNotFound`.' }),
      errors: Type.Optional(
        Type.Array(
          Type.Object({
            pointer: Type.String({ description: 'Part of the request and JSON pointer in it, e.g. `/body/maxLegs`.' }),
            detail: Type.String(),
          }),
          { description: 'Places that do not match the schema.' },
        ),
      ),
    },
    { description: 'Problem details (RFC 9457).' },
  ),
);

const always = [400, 401, 403, 429, 500] as const;

const descriptions = {
  400: 'The request does not match its schema.',
  401: 'A valid API key is needed.',
  403: 'Not allowed by policy.',
  404: 'There is no such call, leg, prompt or address.',
  409: 'Not possible in the present state.',
  413: 'The body is too large.',
  415: 'The body has a media type this address does not take.',
  416: 'The file has no such part.',
  422: 'Understood, but cannot be done; also an Idempotency-Key used for something else.',
  426: 'This address speaks WebSocket only.',
  429: 'Too many requests; see Retry-After.',
  500: 'The server failed.',
  502: 'A prompt could not be fetched or synthesized.',
  503: 'No capacity, draining, or the SIP front end is away; see Retry-After.',
} as const;

type ProblemStatus = keyof typeof descriptions;

/** Responses of a guarded route: the statuses given, and those any request to it may get. */
export function problems(...statuses: readonly ProblemStatus[]) {
  return Object.fromEntries(
    [...statuses, ...always].map((status) => [
      status,
      { description: descriptions[status], content: { [problemMediaType]: { schema: ref(problemSchema) } } },
    ]),
  );
}
