/**
 * Prompts as the control plane holds them: what to play, in words of the API, becomes audio that can be played.
 * `speech/prompt-loader.ts` implements it with files, assets, URLs, tones and synthesizers; tests implement it in memory.
 */
import type { PromptClip } from '../media/protocol.js';

/**
 * Names of prompt files: up to eight steps of letters, digits, `.`, `_` and `-`, none of which begins with a dot; at
 * most 255 characters.
 */
export const promptNamePattern = '^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}(/[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}){0,7}$';

/** One piece of a prompt; pieces play one after the other without a gap. */
export type PromptItem =
  /** A file of the prompt directory, by its path within it. */
  | { readonly type: 'file'; readonly name: string }
  /** An uploaded asset. */
  | { readonly type: 'asset'; readonly assetId: string }
  | { readonly type: 'url'; readonly url: string }
  | {
      readonly type: 'speech';
      readonly text: string;
      /** As its synthesizer names it; absent = the configured one. */
      readonly voice?: string | undefined;
      /** BCP 47; absent = the configured one. */
      readonly language?: string | undefined;
    }
  | {
      readonly type: 'tone';
      /** 1…4 sines of equal level. */
      readonly frequenciesHz: readonly number[];
      /** Of the sum, RMS. */
      readonly levelDbov?: number | undefined;
      /** Milliseconds on, off, on, off …; played once. */
      readonly cadenceMs: readonly number[];
    }
  | { readonly type: 'silence'; readonly durationMs: number };

/** Audio of a prompt, ready or still being made. */
export interface PreparedPrompt {
  /** What can be played at once, in order. */
  readonly clips: readonly PromptClip[];
  /** No more will come. */
  readonly complete: boolean;
  /** Overlap of each clip with the next. */
  readonly crossfadeMs: number;
  /** SHA-256, hex, of what the items are: text, voice and language, or the bytes of the audio. The same words, the same hash. */
  readonly contentHash: string;
  /** The words, as far as they are known as text. */
  readonly wording: string | undefined;
  /**
   * Registers the only listener for what comes later, until `complete`. A synthesizer that fails in the middle ends the
   * prompt early: `complete` with no clips, and `failure`.
   */
  onMore(listener: (clips: readonly PromptClip[], complete: boolean, failure?: unknown) => void): void;
}

/** Makes audio of prompt items. */
export interface PromptSource {
  /**
   * Resolves as soon as the beginning can be played.
   * @throws CodedError `promptNotFound`, `promptRefused` (address or name against policy), `promptFetchFailed`,
   * `promptInvalid` (not audio, too large, too long), `assetNotFound`, `synthesisFailed`
   * @param signal when it aborts, prepare() rejects with its reason; later, what is still being made is given up
   */
  prepare(items: readonly PromptItem[], signal?: AbortSignal): Promise<PreparedPrompt>;
}

/** An uploaded audio file. */
export interface Asset {
  /** `[A-Za-z0-9_-]{1,64}` */
  readonly assetId: string;
  /** As its uploader calls it; printable, at most 128 characters, no two need differ. */
  readonly name: string | undefined;
  /** As uploaded, e.g. `audio/wav`. */
  readonly contentType: string;
  readonly sizeBytes: number;
  readonly durationMs: number;
  /** Of its bytes, hex. */
  readonly sha256: string;
  readonly createdAtMs: number;
}

/** Where uploaded assets are kept; they survive a restart. */
export interface AssetStore {
  /** Greatest size of one asset. */
  readonly maxBytes: number;
  /**
   * Keeps an asset once it was decoded as a whole.
   * @param bytes all at once, or as they arrive (a request body); reading stops at `maxBytes`
   * @throws CodedError `tooLarge`, `unsupportedMediaType` (neither audio/* nor application/octet-stream),
   * `promptInvalid` (not audio, too long), `invalidRequest` (name), `capacityReached` (store is full)
   */
  create(
    bytes: Uint8Array | AsyncIterable<Uint8Array>,
    about: { readonly contentType: string; readonly name?: string | undefined },
    signal?: AbortSignal,
  ): Promise<Asset>;
  /** Undefined = there is no such asset. */
  get(assetId: string): Asset | undefined;
  /** All, oldest first. */
  list(): readonly Asset[];
  /**
   * Its bytes as uploaded.
   * @throws CodedError `assetNotFound`
   */
  read(assetId: string): Promise<Uint8Array>;
  /**
   * What already plays it goes on.
   * @throws CodedError `assetNotFound`
   */
  remove(assetId: string): Promise<void>;
}
