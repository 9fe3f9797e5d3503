/** Makes prompts of files, assets, URLs, tones, silence and speech. */
import { CodedError } from '../errors.js';
import type { PromptClip } from '../media/protocol.js';
import { newClip } from './audio/clip.js';
import { ownCopy } from './bounded-read.js';
import { clipRateHz } from './audio/resample.js';
import type { Tone } from './audio/tone.js';
import type { ClipLibrary, Loaded } from './clip-library.js';
import type { Decoder } from './decoding/decode-thread.js';
import type { PromptDirectory } from './fs-prompts.js';
import { Gate } from './gate.js';
import type { AssetStore, PreparedPrompt, PromptItem, PromptSource } from './port.js';
import { checkItems, contentHash, type ItemIdentity, tooLong, wordingOf } from './prompt-items.js';
import { PromptStream } from './prompt-stream.js';
import type { Recent } from './recent.js';
import { SharedWork } from './shared-work.js';
import { normalizeText, splitSentences } from './synthesis/sentences.js';
import type { Speaker } from './synthesis/speaker.js';
import type { SpeechOrder } from './synthesis/synthesizer.js';
import type { UrlPrompts } from './url/url-prompts.js';

/** Where everything comes from. */
export interface PromptLoaderParts {
  readonly directory: PromptDirectory;
  readonly assets: AssetStore;
  readonly urls: UrlPrompts;
  readonly speaker: Speaker;
  readonly library: ClipLibrary;
  readonly decoder: Decoder;
  readonly clips: Recent<PromptClip>;
}

/** Settings of {@link PromptLoader}. */
export interface PromptLoaderOptions {
  /** Longest prompt. */
  readonly maxSeconds: number;
  /** Of speech that names none. */
  readonly voice: string | undefined;
  /** BCP 47, of speech that names none. */
  readonly language: string;
}

/** Sentences overlap by this; the silence kept around each is longer. */
const sentenceCrossfadeMs = 10;
/** Files read and decoded at once, and those that wait for their turn. */
const mostFilesAtOnce = 4;
const mostFilesWaiting = 500;

type SpeechItem = Extract<PromptItem, { readonly type: 'speech' }>;

/** A clip that is there, or a sentence that will become one. */
type Piece = { readonly clip: PromptClip } | { readonly order: SpeechOrder };

/** An item once its file is there. */
interface Part {
  readonly pieces: readonly Piece[];
  readonly identity: ItemIdentity;
}

/** The {@link PromptSource} of the server. */
export class PromptLoader implements PromptSource {
  readonly #files = new SharedWork<Loaded>();
  readonly #tones = new SharedWork<PromptClip>();
  readonly #gate = new Gate(mostFilesAtOnce, mostFilesWaiting);

  constructor(
    private readonly parts: PromptLoaderParts,
    private readonly options: PromptLoaderOptions,
  ) {}

  async prepare(items: readonly PromptItem[], signal?: AbortSignal): Promise<PreparedPrompt> {
    signal?.throwIfAborted();
    checkItems(items, this.options);
    const parts = await this.#resolve(items, signal);
    const pieces = parts.flatMap((part) => part.pieces);
    const firstSentence = pieces.findIndex((piece) => 'order' in piece);
    const ready = firstSentence < 0 ? pieces.length : firstSentence;
    const clips = pieces.slice(0, ready).flatMap((piece) => ('clip' in piece ? [piece.clip] : []));
    const rest = pieces.slice(ready);
    const [next] = rest;
    if (clips.length === 0 && next !== undefined) {
      clips.push(await this.#finish(next, signal));
      rest.shift();
    }
    let budget = this.#spend(this.options.maxSeconds * clipRateHz, [
      ...clips,
      ...rest.flatMap((piece) => ('clip' in piece ? [piece.clip] : [])),
    ]);
    const stream = new PromptStream({
      clips,
      complete: rest.length === 0,
      // Files and tones begin and end with sound, of which no overlap may eat; sentences have silence there.
      crossfadeMs: items.every(({ type }) => type === 'speech') ? sentenceCrossfadeMs : 0,
      contentHash: contentHash(parts.map(({ identity }) => identity)),
      wording: wordingOf(items),
    });
    if (rest.length > 0) {
      void this.#follow(rest, signal, (clip, piece, isLast) => {
        if ('order' in piece) budget = this.#spend(budget, [clip]);
        stream.add([clip], isLast);
      }).catch((error: unknown) => stream.add([], true, error));
    }
    return stream;
  }

  /** Loads everything but speech; when one item fails, the others are given up. */
  async #resolve(items: readonly PromptItem[], signal: AbortSignal | undefined): Promise<Part[]> {
    const failure = new AbortController();
    const either = signal === undefined ? failure.signal : AbortSignal.any([signal, failure.signal]);
    try {
      return await Promise.all(items.map((item) => this.#part(item, either)));
    } catch (error) {
      failure.abort(error);
      throw error;
    }
  }

  /** Finishes pieces in order, one ahead of what is handed out. */
  async #follow(
    pieces: readonly Piece[],
    signal: AbortSignal | undefined,
    handOut: (clip: PromptClip, piece: Piece, isLast: boolean) => void,
  ): Promise<void> {
    const begin = (piece: Piece | undefined) => {
      const begun = piece === undefined ? undefined : this.#finish(piece, signal);
      // Told when its turn comes, or not at all.
      begun?.catch(() => undefined);
      return begun;
    };
    let ahead = begin(pieces[0]);
    for (const [index, piece] of pieces.entries()) {
      const current = ahead;
      ahead = begin(pieces[index + 1]);
      if (current !== undefined) handOut(await current, piece, index === pieces.length - 1);
    }
  }

  async #finish(piece: Piece, signal: AbortSignal | undefined): Promise<PromptClip> {
    return 'clip' in piece ? piece.clip : this.parts.speaker.speak(piece.order, signal);
  }

  /** @throws CodedError `promptInvalid` when the clips are longer than what is left */
  #spend(samples: number, clips: readonly PromptClip[]): number {
    const left = clips.reduce((sum, { length }) => sum - length, samples);
    if (left < 0) throw tooLong(this.options.maxSeconds);
    return left;
  }

  async #part(item: PromptItem, signal: AbortSignal): Promise<Part> {
    switch (item.type) {
      case 'file':
        return fileSays(await this.#files.run(`file:${item.name}`, signal, (shared) => this.#file(item.name, shared)));
      case 'asset':
        return fileSays(
          await this.#files.run(`asset:${item.assetId}`, signal, (shared) => this.#asset(item.assetId, shared)),
        );
      case 'url':
        return fileSays(
          await this.#files.run(`url:${item.url}`, signal, (shared) => this.parts.urls.load(item.url, shared)),
        );
      case 'tone': {
        const { type, frequenciesHz, levelDbov, cadenceMs } = item;
        return {
          pieces: [{ clip: await this.#tone(item, signal) }],
          identity: { type, frequenciesHz, levelDbov, cadenceMs },
        };
      }
      case 'silence': {
        const { type, durationMs } = item;
        return { pieces: [{ clip: silence(durationMs) }], identity: { type, durationMs } };
      }
      case 'speech':
        return this.#speech(item);
    }
  }

  #file(name: string, signal: AbortSignal): Promise<Loaded> {
    const { directory, library } = this.parts;
    return directory.with(name, (file) => {
      const version = `disk:${file.version}`;
      const known = library.find(version);
      if (known !== undefined) return Promise.resolve(known);
      return this.#gate.run(async () => library.decode(version, await file.read(), signal), signal);
    });
  }

  async #asset(assetId: string, signal: AbortSignal): Promise<Loaded> {
    const { assets, library } = this.parts;
    const asset = assets.get(assetId);
    if (asset === undefined) throw new CodedError('assetNotFound');
    const version = `asset:${asset.sha256}`;
    const known = library.find(version);
    if (known !== undefined) return known;
    return this.#gate.run(async () => library.decode(version, ownCopy(await assets.read(assetId)), signal), signal);
  }

  async #tone({ frequenciesHz, levelDbov, cadenceMs }: Tone, signal: AbortSignal): Promise<PromptClip> {
    const { clips, decoder } = this.parts;
    const tone: Tone = { frequenciesHz, levelDbov, cadenceMs };
    const key = `tone:${JSON.stringify(tone)}`;
    const make = async (shared: AbortSignal) => {
      const { clip } = await decoder.decode({ type: 'tone', tone }, shared);
      clips.set(key, clip, clip.samples.byteLength);
      return clip;
    };
    return clips.get(key) ?? this.#tones.run(key, signal, make);
  }

  #speech(item: SpeechItem): Part {
    this.parts.speaker.checkAvailable();
    const { language = this.options.language } = item;
    // The configured voice speaks the configured language; who wants another one leaves the choice to the synthesizer.
    const voice = item.voice ?? (item.language === undefined ? this.options.voice : undefined);
    const sentences = splitSentences(item.text, language);
    if (sentences.length === 0) throw new CodedError('promptInvalid', 'The text has no words to speak.');
    return {
      pieces: sentences.map((text) => ({ order: { text, voice, language } })),
      identity: { type: item.type, text: normalizeText(item.text), voice: voice ?? null, language },
    };
  }
}

/** What a file is, wherever it came from. */
function fileSays({ clip, sha256 }: Loaded): Part {
  return { pieces: [{ clip }], identity: { type: 'audio', sha256 } };
}

/** Zeros that take no memory until somebody writes them, which nobody does. */
function silence(durationMs: number): PromptClip {
  return newClip(Math.max(1, Math.round((durationMs * clipRateHz) / 1000))).clip;
}
