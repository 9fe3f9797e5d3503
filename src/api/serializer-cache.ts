import { SerializerSelector } from '@fastify/fast-json-stringify-compiler';

type SerializerFactory = ReturnType<typeof SerializerSelector>;

/**
 * Fastify's own serializers, but one for all routes that answer in the same shape: building one takes milliseconds, and nearly
 * every route may answer with each of a dozen problems.
 */
export function sharedSerializers(): SerializerFactory {
  const factory = SerializerSelector();
  return (externalSchemas, options) => {
    const build = factory(externalSchemas, options);
    const built = new Map<string, ReturnType<typeof build>>();
    return (route) => {
      const shape = JSON.stringify(route.schema);
      const known = built.get(shape);
      if (known !== undefined) return known;
      const serializer = build(route);
      built.set(shape, serializer);
      return serializer;
    };
  };
}
