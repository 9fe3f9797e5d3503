import { createHash } from 'node:crypto';
import { CodedError } from '../../src/errors.js';
import type { Asset, AssetStore } from '../../src/speech/port.js';

/** Assets in memory; whatever does not begin with `RIFF` is no audio. */
export class FakeAssets implements AssetStore {
  maxBytes = 1_000;
  readonly #kept = new Map<string, { readonly asset: Asset; readonly bytes: Uint8Array }>();

  async create(
    body: Uint8Array | AsyncIterable<Uint8Array>,
    about: { readonly contentType: string; readonly name?: string | undefined },
  ): Promise<Asset> {
    const parts: Uint8Array[] = [];
    let sizeBytes = 0;
    for await (const part of body instanceof Uint8Array ? [body] : body) {
      parts.push(part);
      sizeBytes += part.length;
      if (sizeBytes > this.maxBytes) throw new CodedError('tooLarge');
    }
    const bytes = Buffer.concat(parts);
    if (!bytes.toString('latin1').startsWith('RIFF')) throw new CodedError('promptInvalid');
    const asset: Asset = {
      assetId: `asset_${this.#kept.size + 1}`,
      name: about.name,
      contentType: about.contentType,
      sizeBytes,
      durationMs: 20,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      createdAtMs: Date.UTC(2026, 0, 1),
    };
    this.#kept.set(asset.assetId, { asset, bytes });
    return asset;
  }

  get(assetId: string): Asset | undefined {
    return this.#kept.get(assetId)?.asset;
  }

  list(): readonly Asset[] {
    return [...this.#kept.values()].map(({ asset }) => asset);
  }

  read(assetId: string): Promise<Uint8Array> {
    const kept = this.#kept.get(assetId);
    return kept === undefined ? Promise.reject(new CodedError('assetNotFound')) : Promise.resolve(kept.bytes);
  }

  remove(assetId: string): Promise<void> {
    return this.#kept.delete(assetId) ? Promise.resolve() : Promise.reject(new CodedError('assetNotFound'));
  }
}
