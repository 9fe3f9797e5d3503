import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CodedError } from '../errors.js';
import { readRange } from './byte-range.js';
import { sendProblem } from './problem.js';

const mediaTypes: Readonly<Record<string, string>> = { '.wav': 'audio/wav', '.json': 'application/json' };

/**
 * Answers with a file, or the part of it that `Range` asks for; one that is still growing is sent as far as it goes now.
 * @param path made by the server, never by the client
 * @throws CodedError `recordingNotFound` when it is gone
 */
export async function sendFile(request: FastifyRequest, reply: FastifyReply, path: string): Promise<FastifyReply> {
  const file = await openFile(path);
  try {
    const { size, mtimeMs } = await file.stat();
    const etag = `"${size.toString(36)}-${Math.trunc(mtimeMs).toString(36)}"`;
    const range = readRange(wantedRange(request, etag), size);
    void reply.headers({ 'accept-ranges': 'bytes', etag, 'x-content-type-options': 'nosniff' });
    if (range === 'unsatisfiable') {
      await file.close();
      void reply.header('content-range', `bytes */${size}`);
      sendProblem(reply, new CodedError('invalidRequest', 'The file is not that long.'), { status: 416 });
      return reply;
    }
    const { first, last } = range ?? { first: 0, last: size - 1 };
    if (range !== undefined) void reply.code(206).header('content-range', `bytes ${first}-${last}/${size}`);
    void reply
      .type(mediaTypes[extname(path)] ?? 'application/octet-stream')
      .header('content-length', String(last - first + 1))
      .header('content-disposition', `attachment; filename="${basename(path)}"`);
    if (size === 0) {
      await file.close();
      return await reply.send('');
    }
    // Closes the file at its end, and when the client goes away.
    return await reply.send(file.createReadStream({ start: first, end: last }));
  } catch (thrown) {
    await file.close().catch(() => undefined);
    throw thrown;
  }
}

/** A range of a file that is not the one the client knows is no use to it (RFC 9110 §13.1.5). */
function wantedRange({ headers }: FastifyRequest, etag: string): string | undefined {
  const ifRange = headers['if-range'];
  return ifRange === undefined || ifRange === etag ? headers.range : undefined;
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch {
    throw new CodedError('recordingNotFound');
  }
}
