import Type, { type Static, type TProperties, type TSchema } from 'typebox';

/** An object that takes nothing but what is named. */
export function closedObject<Properties extends TProperties>(properties: Properties, options: object = {}) {
  return Type.Object(properties, { additionalProperties: false, ...options });
}

/** What may be handed to the serialiser for a schema: read-only values, and undefined for what is left out. */
type Sendable<Body> = Body extends readonly (infer Item)[]
  ? readonly Sendable<Item>[]
  : Body extends object
    ? { readonly [Key in keyof Body]: Sendable<Body[Key]> | (object extends Pick<Body, Key> ? undefined : never) }
    : Body;

/** A reference to a schema that the API publishes under `#/components/schemas`. */
export function ref<Schema extends TSchema>(schema: Schema & { $id: string }) {
  return Type.Unsafe<Sendable<Static<Schema>>>({ $ref: `${schema.$id}#` });
}

/** Gives a schema the name it is published under. */
export function named<Schema extends TSchema>(id: string, schema: Schema): Schema & { $id: string } {
  return Object.assign(schema, { $id: id });
}

/** A response with a body and the address of what was made. */
export function created<Schema extends TSchema>(schema: Schema & { $id: string }, description: string) {
  return {
    description,
    headers: { location: { type: 'string', description: 'Where to read it.' } },
    content: { 'application/json': { schema: ref(schema) } },
  };
}

/** A response without a body. */
export function noContent(description: string) {
  return Type.Unsafe<undefined>({ type: 'null', description });
}
