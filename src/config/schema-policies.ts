/** How calls that INVITEs create treat their legs; written as in `POST /v1/calls`, which the API's own schema describes. */
import Type from 'typebox';
import { policyFields } from '../api/schema/call.js';

/** One of `policies`. */
export const policySchema = Type.Object(
  {
    name: Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description: 'Unique; `routes[].policy` names it.' }),
    ...policyFields,
  },
  { additionalProperties: false },
);
