/** Decoded files, each once, whatever it is called. */
import type { PromptClip } from '../media/protocol.js';
import type { Decoder } from './decoding/decode-thread.js';
import { Recent } from './recent.js';

/** A decoded file. */
export interface Loaded {
  readonly clip: PromptClip;
  /** Of the file's bytes, hex. */
  readonly sha256: string;
}

/** Files whose content is remembered by version; a line of text each. */
const mostVersions = 10_000;

/** Clips by the hash of the file they were made of, and the hashes of versions of files. */
export class ClipLibrary {
  readonly #hashes = new Recent<string>(mostVersions);

  /**
   * @param clips       shared with other clips, so that all of them together stay within one bound
   * @param mostSamples longest file, samples at 48 kHz
   */
  constructor(
    private readonly decoder: Decoder,
    private readonly clips: Recent<PromptClip>,
    private readonly mostSamples: number,
  ) {}

  /** What a version of a file decodes to, if it is still known. */
  find(version: string): Loaded | undefined {
    const sha256 = this.#hashes.get(version);
    const clip = sha256 === undefined ? undefined : this.clips.get(fileKey(sha256));
    return sha256 === undefined || clip === undefined ? undefined : { clip, sha256 };
  }

  /**
   * Decodes a file and remembers it.
   * @throws CodedError `promptInvalid`, `capacityReached`
   */
  async decode(version: string, bytes: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<Loaded> {
    const { clip, sha256 } = await this.decoder.decode({ type: 'file', bytes, mostSamples: this.mostSamples }, signal);
    this.#hashes.set(version, sha256);
    const known = this.clips.get(fileKey(sha256));
    if (known === undefined) this.clips.set(fileKey(sha256), clip, clip.samples.byteLength);
    return { clip: known ?? clip, sha256 };
  }
}

function fileKey(sha256: string): string {
  return `file:${sha256}`;
}
