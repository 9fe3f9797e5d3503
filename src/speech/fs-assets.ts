/**
 * Uploaded assets as files: `<id>.bin` holds the bytes, `<id>.json` what is known of them. The second is written last
 * and makes the asset exist; whatever has none is the rest of an upload that did not end and is removed at start.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError } from '../errors.js';
import { ownCopy, readBounded, TooLong } from './bounded-read.js';
import { clipRateHz } from './audio/resample.js';
import type { Decoder } from './decoding/decode-thread.js';
import type { Asset, AssetStore } from './port.js';
import { isAudioType } from './media-type.js';

/** Settings of {@link FileAssets}. */
export interface FileAssetsOptions {
  readonly directory: string;
  readonly decoder: Decoder;
  /** Longest audio, samples at 48 kHz. */
  readonly mostSamples: number;
  /** Of all assets together. */
  readonly mostTotalBytes: number;
  readonly nowMs: () => number;
  /** Called with what was found damaged at start. */
  readonly onDamaged: (file: string) => void;
}

/** SAFETY P9's size of what comes from outside. */
const mostBytes = 20_000_000;
const mostAssets = 10_000;
/** Uploads held in memory at once. */
const mostUploads = 4;
const assetIdExpression = /^[A-Za-z0-9_-]{1,64}$/;
const nameExpression = /^[^\p{C}\p{Zl}\p{Zp}]{1,128}$/u;

/** An {@link AssetStore} in a directory of its own. */
export class FileAssets implements AssetStore {
  readonly maxBytes = mostBytes;
  readonly #options: FileAssetsOptions;
  readonly #assets = new Map<string, Asset>();
  #totalBytes = 0;
  #uploads = 0;

  constructor(options: FileAssetsOptions) {
    this.#options = options;
  }

  /** Reads what there is; has to be done before anything else. */
  async start(): Promise<void> {
    const { directory, onDamaged } = this.#options;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const files = new Set(await readdir(directory));
    const found: Asset[] = [];
    for (const file of files) {
      const [, id, kind] = /^\.?([A-Za-z0-9_-]{1,64})\.(json|bin|part)$/.exec(file) ?? [];
      if (id === undefined || kind === undefined) continue;
      if (kind === 'part' || (kind === 'bin' && !files.has(`${id}.json`))) await rm(join(directory, file));
      if (kind !== 'json') continue;
      const asset = files.has(`${id}.bin`) ? await this.#readRecord(id) : undefined;
      if (asset === undefined) onDamaged(file);
      else found.push(asset);
    }
    found.sort((a, b) => a.createdAtMs - b.createdAtMs || (a.assetId < b.assetId ? -1 : 1));
    for (const asset of found) this.#remember(asset);
  }

  async create(
    source: Uint8Array | AsyncIterable<Uint8Array>,
    { contentType, name }: { readonly contentType: string; readonly name?: string | undefined },
    signal?: AbortSignal,
  ): Promise<Asset> {
    if (!isAudioType(contentType)) {
      throw new CodedError('unsupportedMediaType', 'An asset has the type audio/* or application/octet-stream.');
    }
    if (name !== undefined && !nameExpression.test(name)) {
      throw new CodedError('invalidRequest', 'A name has 1 to 128 printable characters.');
    }
    if (this.#uploads >= mostUploads) throw new CodedError('capacityReached', 'Too many assets are being uploaded.');
    this.#uploads++;
    try {
      const bytes = await readUpload(source);
      signal?.throwIfAborted();
      this.#checkSpace(bytes.length);
      const { decoder, mostSamples, nowMs } = this.#options;
      const { clip, sha256 } = await decoder.decode({ type: 'file', bytes: ownCopy(bytes), mostSamples }, signal);
      signal?.throwIfAborted();
      const asset: Asset = {
        assetId: randomBytes(12).toString('base64url'),
        name,
        contentType,
        sizeBytes: bytes.length,
        durationMs: Math.round((clip.length * 1000) / clipRateHz),
        sha256,
        createdAtMs: nowMs(),
      };
      await this.#keep(asset, bytes);
      return asset;
    } finally {
      this.#uploads--;
    }
  }

  get(assetId: string): Asset | undefined {
    return this.#assets.get(assetId);
  }

  list(): readonly Asset[] {
    return [...this.#assets.values()];
  }

  async read(assetId: string): Promise<Uint8Array> {
    this.#known(assetId);
    try {
      return await readFile(join(this.#options.directory, `${assetId}.bin`));
    } catch (error) {
      throw new CodedError('assetNotFound', undefined, { cause: error });
    }
  }

  async remove(assetId: string): Promise<void> {
    const asset = this.#known(assetId);
    this.#assets.delete(assetId);
    this.#totalBytes -= asset.sizeBytes;
    await this.#erase(assetId);
  }

  async #erase(assetId: string): Promise<void> {
    const { directory } = this.#options;
    // The record first: what is left without one is swept up at the next start.
    await rm(join(directory, `${assetId}.json`), { force: true });
    await rm(join(directory, `${assetId}.bin`), { force: true });
  }

  #known(assetId: string): Asset {
    const asset = this.#assets.get(assetId);
    if (asset === undefined) throw new CodedError('assetNotFound');
    return asset;
  }

  async #keep(asset: Asset, bytes: Uint8Array): Promise<void> {
    const { assetId, sizeBytes } = asset;
    // Again, and before the first wait: others may have filled the store while this one was decoded.
    this.#checkSpace(sizeBytes);
    this.#totalBytes += sizeBytes;
    try {
      await this.#write(`${assetId}.bin`, bytes);
      await this.#write(`${assetId}.json`, Buffer.from(JSON.stringify(asset)));
    } catch (error) {
      this.#totalBytes -= sizeBytes;
      await this.#erase(assetId);
      throw new CodedError('internal', 'The asset could not be written.', { cause: error });
    }
    this.#assets.set(assetId, asset);
  }

  #remember(asset: Asset): void {
    this.#assets.set(asset.assetId, asset);
    this.#totalBytes += asset.sizeBytes;
  }

  #checkSpace(bytes: number): void {
    if (this.#totalBytes + bytes > this.#options.mostTotalBytes || this.#assets.size >= mostAssets) {
      throw new CodedError('capacityReached', 'The asset store is full.');
    }
  }

  async #readRecord(assetId: string): Promise<Asset | undefined> {
    try {
      const record: unknown = JSON.parse(
        await readFile(join(this.#options.directory, `${assetId}.json`), { encoding: 'utf8' }),
      );
      return isAsset(record) && record.assetId === assetId ? { ...record, name: record.name } : undefined;
    } catch {
      return undefined;
    }
  }

  /** All or nothing: whoever looks sees the whole file or none, even after a power failure. */
  async #write(file: string, bytes: Uint8Array): Promise<void> {
    const { directory } = this.#options;
    const part = join(directory, `.${file.replace('.', '-')}.part`);
    const handle = await open(part, 'wx', 0o600);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(part, join(directory, file));
  }
}

async function readUpload(source: Uint8Array | AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const tooLarge = () => new CodedError('tooLarge', `An asset has at most ${mostBytes} bytes.`);
  if (source instanceof Uint8Array) {
    if (source.length > mostBytes) throw tooLarge();
    return source;
  }
  try {
    return await readBounded(source, mostBytes);
  } catch (error) {
    throw error instanceof TooLong ? tooLarge() : error;
  }
}

function isAsset(record: unknown): record is Asset {
  if (typeof record !== 'object' || record === null) return false;
  const { assetId, name, contentType, sizeBytes, durationMs, sha256, createdAtMs } = record as Record<string, unknown>;
  return (
    typeof assetId === 'string' &&
    assetIdExpression.test(assetId) &&
    (name === undefined || typeof name === 'string') &&
    typeof contentType === 'string' &&
    typeof sha256 === 'string' &&
    [sizeBytes, durationMs, createdAtMs].every((value) => Number.isSafeInteger(value))
  );
}
