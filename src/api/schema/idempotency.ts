import Type from 'typebox';

/** Header of requests that may be repeated safely; other headers are none of the schema's business. */
export const idempotencyHeaderSchema = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      pattern: '^[\\x21-\\x7e]{1,255}$',
      description:
        'Repeating a request with the same key and body gives the first answer again instead of a second effect.',
    }),
  ),
});
