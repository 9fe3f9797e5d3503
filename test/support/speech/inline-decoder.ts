import type { Decoder } from '../../../src/speech/decoding/decode-thread.js';
import { decode } from '../../../src/speech/decoding/decode.js';

/** Decodes in this thread, where compiled workers are not at hand; counts what it did. */
export class InlineDecoder implements Decoder {
  decoded = 0;

  decode(...[job]: Parameters<Decoder['decode']>): ReturnType<Decoder['decode']> {
    this.decoded++;
    return decode(job);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
