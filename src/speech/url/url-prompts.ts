/** Prompts from URLs, fetched as seldom as their servers allow. */
import { createHash } from 'node:crypto';
import { CodedError } from '../../errors.js';
import type { ClipLibrary, Loaded } from '../clip-library.js';
import { Gate } from '../gate.js';
import { Recent } from '../recent.js';
import { fetchAudio, type FetchOptions, type Validators } from './https-fetch.js';

interface Known extends Validators {
  readonly version: string;
  readonly freshUntilMs: number;
}

const mostKnown = 2000;
/** Bodies held in memory at once, and URLs that wait for their turn. */
const mostAtOnce = 8;
const mostWaiting = 200;

/** Fetches prompts; keeps what came as long as its headers allow, and asks whether it changed after that. */
export class UrlPrompts {
  readonly #known = new Recent<Known>(mostKnown);
  readonly #gate = new Gate(mostAtOnce, mostWaiting);
  #versions = 0;

  constructor(
    private readonly library: ClipLibrary,
    private readonly options: FetchOptions,
    private readonly nowMs: () => number,
  ) {}

  /** @throws CodedError `promptRefused`, `promptFetchFailed`, `promptInvalid`, `capacityReached`, or the signal's reason */
  async load(url: string, signal: AbortSignal): Promise<Loaded> {
    // URLs may hold secrets: only their hash is kept.
    const key = createHash('sha256').update(url).digest('hex');
    const known = this.#known.get(key);
    const kept = known === undefined ? undefined : this.library.find(known.version);
    if (known !== undefined && kept !== undefined && this.nowMs() < known.freshUntilMs) return kept;
    return this.#gate.run(() => this.#fetch(url, key, known, kept, signal), signal);
  }

  async #fetch(
    url: string,
    key: string,
    known: Known | undefined,
    kept: Loaded | undefined,
    signal: AbortSignal,
  ): Promise<Loaded> {
    const fetched = await fetchAudio(url, this.options, kept === undefined ? {} : known, signal);
    const { bytes, freshMs } = fetched;
    if (bytes === undefined) {
      if (kept === undefined || known === undefined) {
        throw new CodedError('promptFetchFailed', 'The server of the prompt answered with status 304 unasked.');
      }
      const { etag = known.etag, lastModified = known.lastModified } = fetched;
      this.#remember(key, { version: known.version, etag, lastModified }, freshMs);
      return kept;
    }
    const version = `url:${key}:${this.#versions++}`;
    const loaded = await this.library.decode(version, bytes, signal);
    this.#remember(key, { version, etag: fetched.etag, lastModified: fetched.lastModified }, freshMs);
    return loaded;
  }

  #remember(key: string, what: Omit<Known, 'freshUntilMs'>, freshMs: number | undefined): void {
    if (freshMs === undefined) this.#known.delete(key);
    else this.#known.set(key, { ...what, freshUntilMs: this.nowMs() + freshMs });
  }
}
