import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { Socket } from 'node:net';
import { asCodedError, CodedError } from '../errors.js';
import { type ProblemExtras, problemMediaType, problemOf, sendProblem } from './problem.js';
import { placesOf } from './validation-places.js';

/** Answers whatever a request ended in: coded errors by their table, fastify's by their code, all else as `internal`. */
export function handleError(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const { error, extras } = translate(thrown, request.routeOptions.config.accepts ?? 'application/json');
  const fields = { code: error.code, route: request.routeOptions.url, method: request.method };
  if (error.code === 'internal') request.log.error({ ...fields, err: thrown }, 'A request failed.');
  else request.log.info(fields, 'A request was refused.');
  sendProblem(reply, error, extras);
}

/** Answers what cannot even be routed: an address that cannot be decoded. */
export function handleFrameworkError(_error: unknown, _request: FastifyRequest, reply: FastifyReply): void {
  sendProblem(reply, new CodedError('invalidRequest', 'The address of the request is malformed.'));
}

/** Answers 404 to addresses where nothing is. */
export function handleNotFound(_request: FastifyRequest, reply: FastifyReply): void {
  sendProblem(reply, new CodedError('routeNotFound'));
}

/** Answers bytes that are no HTTP, or took too long to be, on the bare connection. */
export function handleClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
  const detail = 'The request is not well-formed HTTP, is too large, or took too long.';
  const body = JSON.stringify(problemOf(new CodedError('invalidRequest', detail), { status }));
  const head = [
    `HTTP/1.1 ${status} Error`,
    `Content-Type: ${problemMediaType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/** @param accepts media types a body may have here, for people */
function translate(thrown: unknown, accepts: string): { error: CodedError; extras: ProblemExtras } {
  if (thrown instanceof CodedError) return { error: thrown, extras: {} };
  if (!isFastifyError(thrown)) return { error: asCodedError(thrown), extras: {} };
  if (thrown.validation !== undefined) {
    const part = thrown.validationContext === 'querystring' ? 'query' : (thrown.validationContext ?? 'request');
    const errors = placesOf(part, thrown.validation);
    return { error: new CodedError('invalidRequest'), extras: { errors } };
  }
  switch (thrown.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return { error: new CodedError('tooLarge'), extras: {} };
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return { error: new CodedError('unsupportedMediaType', `Send ${accepts}.`), extras: {} };
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return { error: new CodedError('invalidRequest', 'The body is empty.'), extras: {} };
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
      return { error: new CodedError('invalidRequest', 'The body is not JSON.'), extras: {} };
    default:
      break;
  }
  const status = thrown.statusCode ?? 500;
  if (status === 503) return { error: new CodedError('draining'), extras: {} };
  if (status >= 400 && status < 500) return { error: new CodedError('invalidRequest'), extras: { status } };
  return { error: asCodedError(thrown), extras: {} };
}

function isFastifyError(thrown: unknown): thrown is FastifyError {
  return thrown instanceof Error && 'statusCode' in thrown;
}
