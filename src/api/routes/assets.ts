import { Readable } from 'node:stream';
import { isoTime } from '../../call/clock.js';
import { CodedError } from '../../errors.js';
import type { Asset, AssetStore } from '../../speech/port.js';
import { assetListSchema, assetParamsSchema, assetSchema, createAssetSchema } from '../schema/asset.js';
import { problems } from '../schema/problem.js';
import { created, noContent, ref } from '../schema/shape.js';
import type { Api, RouteContext } from './context.js';

/** `/v1/assets`: upload audio for prompts, list, read, delete. */
export function assetRoutes(api: Api, { assets }: RouteContext): void {
  uploadRoute(api, assets);

  api.get(
    '/v1/assets',
    {
      schema: {
        operationId: 'listAssets',
        summary: 'List assets, oldest first',
        tags: ['assets'],
        response: { 200: ref(assetListSchema), ...problems() },
      },
    },
    () => ({ items: assets.list().map(viewAsset) }),
  );

  api.get(
    '/v1/assets/:assetId',
    {
      schema: {
        operationId: 'getAsset',
        summary: 'Read what is known of an asset',
        tags: ['assets'],
        params: assetParamsSchema,
        response: { 200: ref(assetSchema), ...problems(404) },
      },
    },
    (request) => {
      const asset = assets.get(request.params.assetId);
      if (asset === undefined) throw new CodedError('assetNotFound');
      return viewAsset(asset);
    },
  );

  api.delete(
    '/v1/assets/:assetId',
    {
      schema: {
        operationId: 'deleteAsset',
        summary: 'Delete an asset',
        description: 'What is being played goes on.',
        tags: ['assets'],
        params: assetParamsSchema,
        response: { 204: noContent('The asset is gone.'), ...problems(404) },
      },
    },
    async (request, reply) => {
      await assets.remove(request.params.assetId);
      return reply.code(204).send();
    },
  );
}

/** In a scope of its own, because only here a body is audio, read as it comes and no further than the store wants it. */
function uploadRoute(api: Api, assets: AssetStore): void {
  void api.register((scope: Api, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(/^(audio\/|application\/octet-stream)/, (_request, payload, parsed) => {
      parsed(null, payload);
    });
    scope.post(
      '/v1/assets',
      {
        config: { accepts: 'audio/… or application/octet-stream' },
        schema: {
          operationId: 'createAsset',
          summary: 'Upload an audio file for prompts',
          description: `The body is the file: WAV, or what ffmpeg reads where it is installed; ${assets.maxBytes} bytes at most.`,
          tags: ['assets'],
          querystring: createAssetSchema,
          body: { content: { 'audio/*': { schema: { type: 'string', format: 'binary' } } } },
          response: { 201: created(assetSchema, 'The asset.'), ...problems(409, 413, 415, 422, 503) },
        },
      },
      async (request, reply) => {
        const { body, headers, query } = request;
        if (!(body instanceof Readable)) throw new CodedError('invalidRequest', 'The body is empty.');
        // Once it has failed the rest of the upload is not read, so the connection cannot be used again.
        void reply.header('connection', 'close');
        if (Number(headers['content-length']) > assets.maxBytes) throw new CodedError('tooLarge');
        const about = { contentType: headers['content-type'] ?? '', name: query.name };
        const asset = viewAsset(await assets.create(chunksOf(body), about));
        void reply.removeHeader('connection');
        return reply.code(201).header('location', `/v1/assets/${asset.id}`).send(asset);
      },
    );
    done();
  });
}

/** A request body as it arrives; who stops reading leaves the connection open for the answer. */
async function* chunksOf(body: Readable): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body.iterator({ destroyOnReturn: false })) yield chunk as Uint8Array;
  } catch (thrown) {
    throw new CodedError('invalidRequest', 'The upload broke off.', { cause: thrown });
  }
}

function viewAsset({ assetId, name, contentType, sizeBytes, durationMs, sha256, createdAtMs }: Asset) {
  return { id: assetId, name, contentType, sizeBytes, durationMs, sha256, createdAt: isoTime(createdAtMs) };
}
