/**
 * G.711 of the simulated phones: the `alawmulaw` package, so that they judge the server by somebody else's tables. Its
 * CommonJS bundle has no named exports Node could see.
 */
import { createRequire } from 'node:module';

/** One companding law, whole blocks at a time. */
interface Law {
  encode(samples: Int16Array): Uint8Array;
  decode(bytes: Uint8Array): Int16Array;
}

export const { alaw, mulaw } = createRequire(import.meta.url)('alawmulaw') as { alaw: Law; mulaw: Law };
