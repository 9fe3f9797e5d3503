import type { FastifyReply } from 'fastify';
import { type CodedError, type ErrorCode, errorEntry } from '../errors.js';

/** One place of a request that does not match its schema. */
export interface ProblemPlace {
  /** `/body/maxLegs`, `/query/limit`: part of the request and JSON pointer in it (RFC 6901). */
  readonly pointer: string;
  readonly detail: string;
}

/** Problem details (RFC 9457); `code` is what programs should look at. */
export interface Problem {
  /** `urn:mixminus:problem:` and the code; a name, nothing to fetch. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  readonly errors?: readonly ProblemPlace[];
}

/** What an occurrence may know better than the table of errors. */
export interface ProblemExtras {
  /** A status that says more than the code's own, e.g. 426. */
  readonly status?: number;
  readonly errors?: readonly ProblemPlace[];
}

export const problemMediaType = 'application/problem+json';

/** Seconds after which trying again makes sense, for codes that pass by themselves (`Retry-After`, RFC 9110 §10.2.3). */
const retryAfterS: Partial<Record<ErrorCode, number>> = {
  rateLimited: 1,
  capacityReached: 5,
  portsExhausted: 5,
  signallingDown: 5,
  draining: 30,
};

/** The problem of a coded error. */
export function problemOf(error: CodedError, extras: ProblemExtras = {}): Problem {
  const { title, httpStatus } = errorEntry(error.code);
  return {
    type: `urn:mixminus:problem:${error.code}`,
    title,
    status: extras.status ?? httpStatus,
    detail: error.detail,
    code: error.code,
    ...(extras.errors === undefined ? {} : { errors: extras.errors }),
  };
}

/** Answers a request with a problem. */
export function sendProblem(reply: FastifyReply, error: CodedError, extras?: ProblemExtras): void {
  const problem = problemOf(error, extras);
  const waitS = retryAfterS[error.code];
  if (waitS !== undefined) void reply.header('retry-after', String(waitS));
  if (error.code === 'unauthorized') void reply.header('www-authenticate', 'Bearer');
  // Taken back from a handler that had begun to answer with something else.
  void reply.removeHeader('location');
  void reply.code(problem.status).type(problemMediaType).send(problem);
}
