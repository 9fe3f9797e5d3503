import Type from 'typebox';
import { closedObject, named, ref } from './shape.js';

export const assetSchema = named(
  'Asset',
  Type.Object(
    {
      id: Type.String({ description: 'For prompt items of type `asset`.' }),
      name: Type.Optional(Type.String()),
      contentType: Type.String(),
      sizeBytes: Type.Integer(),
      durationMs: Type.Number(),
      sha256: Type.String({ description: 'Of its bytes, hex.' }),
      createdAt: Type.String({ format: 'date-time' }),
    },
    { description: 'An uploaded audio file.' },
  ),
);

export const assetListSchema = named('AssetList', Type.Object({ items: Type.Array(ref(assetSchema)) }));

/** `POST /v1/assets`. */
export const createAssetSchema = closedObject({
  name: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 128,
      pattern: '^[^\\u0000-\\u001f\\u007f]+$',
      description: 'What you call it; names need not differ.',
    }),
  ),
});

export const assetParamsSchema = closedObject({
  assetId: Type.String({ minLength: 1, maxLength: 64, description: 'Id of the asset.' }),
});
