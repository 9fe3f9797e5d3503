/** Builds the room: everything that makes prompts, from settings. */
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { PromptClip } from '../media/protocol.js';
import { clipRateHz } from './audio/resample.js';
import { ClipLibrary } from './clip-library.js';
import { type Decoder, DecodeThreads } from './decoding/decode-thread.js';
import { FileAssets } from './fs-assets.js';
import { PromptDirectory } from './fs-prompts.js';
import type { AssetStore, PromptSource } from './port.js';
import { PromptLoader } from './prompt-loader.js';
import { Recent } from './recent.js';
import type { PromptSettings, SpeechSettings } from './settings.js';
import { EspeakNg } from './synthesis/espeak-ng.js';
import { FileSpeechCache, noSpeechCache } from './synthesis/fs-speech-cache.js';
import { HttpSynthesizer } from './synthesis/http-synthesizer.js';
import { Speaker } from './synthesis/speaker.js';
import { noSynthesizer, type Synthesizer } from './synthesis/synthesizer.js';
import { AddressPolicy } from './url/address-policy.js';
import type { Resolve } from './url/https-fetch.js';
import { UrlPrompts } from './url/url-prompts.js';

/** What {@link createPrompts} builds from. */
export interface PromptsOptions {
  readonly settings: { readonly dataDir: string; readonly prompts: PromptSettings; readonly speech: SpeechSettings };
  readonly log: (level: 'info' | 'warn' | 'error', message: string, fields: Readonly<Record<string, unknown>>) => void;
  readonly nowMs: () => number;
  /** Compiled `decoding/decode-worker.js`; default: beside this file. */
  readonly workerEntry?: URL;
  /** In place of the thread; for tests. */
  readonly decoder?: Decoder;
  /** In place of the system's resolver and its wait for slow servers; for tests. */
  readonly network?: { readonly resolve?: Resolve; readonly totalMs?: number; readonly idleMs?: number };
}

/** The room as the rest of the server holds it. */
export interface Prompts {
  readonly prompts: PromptSource;
  readonly assets: AssetStore;
  /** Reads what is on disk and looks for programs; before anything else. */
  start(): Promise<void>;
  /** Ends its threads; what is being made fails, and nothing is written any more. */
  close(): Promise<void>;
}

const megabyte = 1_000_000;
/** A processor core each; an HTTP service has its own. */
const espeakAtOnce = 2;
const httpAtOnce = 8;

/** Builds the room. */
export function createPrompts(options: PromptsOptions): Prompts {
  const { settings, log, nowMs, network = {} } = options;
  const { dataDir, prompts, speech } = settings;
  const mostSamples = prompts.maxSeconds * clipRateHz;
  const decoder = options.decoder ?? startThreads(options);
  const clips = new Recent<PromptClip>(prompts.cacheMb * megabyte);
  const library = new ClipLibrary(decoder, clips, mostSamples);
  const assets = new FileAssets({
    directory: join(dataDir, 'assets'),
    decoder,
    mostSamples,
    mostTotalBytes: prompts.assetsMb * megabyte,
    nowMs,
    onDamaged: (file) => log('warn', 'An asset on disk is damaged and left out.', { file }),
  });
  const addresses = new AddressPolicy(prompts.url.allowNetworks, ownAddresses);
  const urls = new UrlPrompts(library, { ...prompts.url, addresses, ...network }, nowMs);
  const synthesizer = createSynthesizer(speech);
  const speechCache =
    speech.cacheMb === 0 ? undefined : new FileSpeechCache(join(dataDir, 'speech-cache'), speech.cacheMb * megabyte);
  const speaker = new Speaker({
    synthesizer,
    decoder,
    clips,
    cache: speechCache ?? noSpeechCache,
    mostSamples,
    mostAtOnce: speech.synthesizer === 'http' ? httpAtOnce : espeakAtOnce,
  });
  const directory = new PromptDirectory(prompts.dir ?? join(dataDir, 'prompts'), prompts.maxFileMb * megabyte);
  const loader = new PromptLoader(
    { directory, assets, urls, speaker, library, decoder, clips },
    { maxSeconds: prompts.maxSeconds, voice: speech.voice, language: speech.language },
  );
  return {
    prompts: loader,
    assets,
    async start() {
      await Promise.all([assets.start(), speechCache?.start(), synthesizer.start()]);
      const { unavailable } = synthesizer;
      if (unavailable !== undefined) log('info', 'Prompts cannot be spoken.', { why: unavailable });
    },
    async close() {
      await decoder.close();
      await speechCache?.close();
    },
  };
}

function startThreads({ log, workerEntry }: PromptsOptions): Decoder {
  return new DecodeThreads({
    entry: workerEntry ?? new URL('./decoding/decode-worker.js', import.meta.url),
    onCrash: (reason) => log('error', 'A decoding thread ended and is replaced.', { reason }),
  });
}

function createSynthesizer({ synthesizer, http }: SpeechSettings): Synthesizer {
  if (synthesizer === 'espeak-ng') return new EspeakNg();
  const { url } = http;
  return synthesizer === 'none' || url === undefined ? noSynthesizer : new HttpSynthesizer({ ...http, url });
}

function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
}
