/** Text to speech by an HTTP service: one POST of JSON per sentence, answered with an audio file. */
import { createHash } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import { CodedError } from '../../errors.js';
import { readBounded, TooLong } from '../bounded-read.js';
import { isAudioType } from '../media-type.js';
import type { SpeechOrder, Synthesizer } from './synthesizer.js';

/** Settings of {@link HttpSynthesizer}. */
export interface HttpSynthesizerOptions {
  /** The operator's own choice, so any address may be named. */
  readonly url: string;
  /** `Authorization`; never shown. */
  readonly authorization?: string | undefined;
  /** More header fields; their values are never shown either. */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * JSON in which `{text}`, `{voice}` and `{language}` are replaced wherever they stand in a string. A member whose
   * value is `{voice}` alone is left out when no voice is chosen.
   */
  readonly body: unknown;
  /** From the request to the last byte. */
  readonly timeoutMs: number;
}

const mostBytes = 20_000_000;

/** Asks a service for each sentence. */
export class HttpSynthesizer implements Synthesizer {
  readonly id: string;
  readonly unavailable = undefined;
  readonly #url: URL;

  constructor(private readonly options: HttpSynthesizerOptions) {
    this.#url = new URL(options.url);
    // Of what makes it sound as it does; secrets stay out of it.
    const { origin, pathname } = this.#url;
    const sounds = JSON.stringify([origin, pathname, options.body]);
    this.id = `http:${createHash('sha256').update(sounds).digest('hex')}`;
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  async synthesize(order: SpeechOrder, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const { body, timeoutMs } = this.options;
    const deadline = AbortSignal.timeout(timeoutMs);
    const either = AbortSignal.any([signal, deadline]);
    try {
      const response = await this.#post(JSON.stringify(fillTemplate(body, order) ?? null), either);
      return await receive(response, either);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (error instanceof CodedError) throw error;
      if (deadline.aborted) throw failed(`The synthesizer did not answer within ${timeoutMs} ms.`);
      if (error instanceof TooLong) throw failed('The synthesizer made more audio than a sentence has.');
      throw failed('The synthesizer could not be reached.', error);
    }
  }

  #post(body: string, signal: AbortSignal, isRetry = false): Promise<http.IncomingMessage> {
    const { authorization, headers } = this.options;
    return new Promise((resolve, reject) => {
      const outgoing = (this.#url.protocol === 'https:' ? https : http).request(this.#url, {
        method: 'POST',
        signal,
        headers: {
          ...headers,
          ...(authorization === undefined ? {} : { authorization }),
          accept: 'audio/wav, audio/*;q=0.9',
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
        },
      });
      outgoing.on('response', resolve);
      outgoing.on('error', (error) => {
        // A kept connection may have been closed by the service in the very moment it was used again.
        if (outgoing.reusedSocket && !isRetry && !signal.aborted) resolve(this.#post(body, signal, true));
        else reject(error);
      });
      outgoing.end(body);
    });
  }
}

/** The template with an order's words in it; undefined = what stands here is left out. */
function fillTemplate(template: unknown, order: SpeechOrder): unknown {
  if (typeof template === 'string') return fillText(template, order);
  if (Array.isArray(template)) return template.map((item) => fillTemplate(item, order)).filter((v) => v !== undefined);
  if (typeof template !== 'object' || template === null) return template;
  return Object.fromEntries(
    Object.entries(template).flatMap(([name, value]) => {
      const filled = fillTemplate(value, order);
      return filled === undefined ? [] : [[name, filled]];
    }),
  );
}

function fillText(template: string, order: SpeechOrder): string | undefined {
  if (template === '{voice}') return order.voice;
  // In one pass: what a text says in braces stays as it is.
  return template.replaceAll(/\{(text|voice|language)\}/g, (_, name: keyof SpeechOrder) => order[name] ?? '');
}

async function receive(response: http.IncomingMessage, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  const { statusCode = 0, headers } = response;
  if (statusCode !== 200) {
    response.destroy();
    throw failed(`The synthesizer answered with status ${statusCode}.`);
  }
  if (!isAudioType(headers['content-type'] ?? '')) {
    response.destroy();
    throw failed('The synthesizer answered with something else than audio.');
  }
  if (Number(headers['content-length'] ?? 0) > mostBytes) {
    response.destroy();
    throw new TooLong();
  }
  const stop = () => response.destroy(signal.reason as Error);
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await readBounded(response, mostBytes);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function failed(detail: string, cause?: unknown): CodedError {
  return new CodedError('synthesisFailed', detail, cause === undefined ? {} : { cause });
}
