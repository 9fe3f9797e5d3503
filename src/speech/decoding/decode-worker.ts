/** Entry of a decoding thread: one job at a time, in the order they come. */
import { parentPort } from 'node:worker_threads';
import { asCodedError } from '../../errors.js';
import { decode, type DecodeJob } from './decode.js';
import type { DecodeReply } from './decode-thread.js';

const port = parentPort;
if (port === null) throw new Error('decode-worker.ts runs in a worker thread.');

port.on('message', (job: DecodeJob) => {
  void decode(job).then(
    (decoded) => port.postMessage({ decoded } satisfies DecodeReply),
    (thrown: unknown) => {
      const { code, detail, cause } = asCodedError(thrown);
      const because = cause instanceof Error ? cause.message : undefined;
      port.postMessage({ failure: { code, detail, because } } satisfies DecodeReply);
    },
  );
});
