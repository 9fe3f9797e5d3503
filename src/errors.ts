/**
 * One coded error class and one table: code → problem+json status and title → SIP status → Q.850 cause → log level.
 *
 * A code says what happened in the words of ARCHITECTURE.md; the table says how each edge (REST, SIP, log) tells it.
 */

/** How one error code appears at every edge. */
export interface ErrorEntry {
  /** One short sentence for a person; never changes from one occurrence to the next (RFC 9457 §3.1.3 `title`). */
  readonly title: string;
  readonly httpStatus: number;
  readonly sipStatus: number;
  /** ITU-T Q.850 cause value carried in `Reason: Q.850;cause=…` (RFC 3326). */
  readonly q850Cause: number;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
}

const table = {
  invalidRequest: entry('The request does not match its schema.', 400, 400, 96, 'info'),
  unauthorized: entry('A valid API key is needed.', 401, 403, 21, 'warn'),
  forbidden: entry('This is not allowed by policy.', 403, 403, 21, 'warn'),
  callNotFound: entry('There is no such call.', 404, 404, 1, 'info'),
  legNotFound: entry('There is no such leg in this call.', 404, 404, 1, 'info'),
  routeNotFound: entry('There is nothing at this address.', 404, 404, 1, 'info'),
  callExists: entry('A call of this name exists already.', 409, 486, 17, 'info'),
  callEnded: entry('The call has ended.', 409, 480, 31, 'info'),
  legEnded: entry('The leg has ended.', 409, 481, 31, 'info'),
  legNotConnected: entry('The leg has no media yet.', 409, 480, 31, 'info'),
  callFull: entry('The call has reached its greatest number of legs.', 409, 486, 17, 'info'),
  callLocked: entry('The call takes no further legs.', 409, 403, 21, 'info'),
  idempotencyKeyReused: entry('This Idempotency-Key was used with another request.', 422, 400, 96, 'info'),
  digitsUnsupported: entry('The peer takes no telephone-events, and tones are off for it.', 409, 488, 88, 'info'),
  tooLarge: entry('The request body is too large.', 413, 513, 95, 'info'),
  unsupportedMediaType: entry('The body has an unsupported media type.', 415, 415, 79, 'info'),
  noCommonCodec: entry('Offer and configuration have no codec in common.', 422, 488, 88, 'info'),
  badSdp: entry('The session description is malformed or beyond bounds.', 422, 488, 95, 'info'),
  mediaAddressRefused: entry(
    'The session description names an address media must not be sent to.',
    422,
    488,
    95,
    'warn',
  ),
  destinationRefused: entry('Dialling out to this destination is not allowed.', 403, 403, 21, 'warn'),
  trunkNotFound: entry('There is no trunk of this name.', 404, 404, 3, 'info'),
  dialFailed: entry('The destination could not be reached.', 502, 500, 38, 'info'),
  rateLimited: entry('Too many requests; try again later.', 429, 503, 42, 'info'),
  capacityReached: entry('The server has reached its capacity.', 503, 503, 42, 'warn'),
  portsExhausted: entry('No RTP port is free.', 503, 503, 34, 'error'),
  draining: entry('The server is draining and takes no new calls.', 503, 503, 41, 'info'),
  signallingDown: entry('The SIP front end is not connected.', 503, 503, 38, 'error'),
  interactionNotFound: entry('There is no such interaction on this leg.', 404, 404, 1, 'info'),
  playbackNotFound: entry('There is no such playback in this call.', 404, 404, 1, 'info'),
  recordingNotFound: entry('There is no such recording.', 404, 404, 1, 'info'),
  recordingActive: entry('The recording is still going on.', 409, 480, 31, 'info'),
  recordingFailed: entry('The recording could not be made.', 500, 500, 41, 'error'),
  assetNotFound: entry('There is no such asset.', 404, 404, 1, 'info'),
  promptNotFound: entry('There is no such prompt.', 404, 404, 1, 'info'),
  promptRefused: entry('This prompt is not allowed by policy.', 403, 403, 21, 'warn'),
  promptFetchFailed: entry('The prompt could not be fetched.', 502, 500, 38, 'info'),
  promptInvalid: entry('The prompt is no audio that can be played.', 422, 488, 79, 'info'),
  synthesisFailed: entry('The synthesizer failed.', 502, 500, 38, 'error'),
  consentNotAsked: entry('Nobody is being asked for consent in this call.', 409, 480, 31, 'info'),
  mediaFailed: entry('The media of this leg failed.', 500, 500, 41, 'error'),
  rtpTimeout: entry('No media arrived for too long.', 504, 408, 102, 'info'),
  internal: entry('The server failed to handle this.', 500, 500, 41, 'error'),
} as const satisfies Record<string, ErrorEntry>;

/** Stable identifiers of everything that can go wrong; part of the public API as problem+json `code`. */
export type ErrorCode = keyof typeof table;

/** An expected failure with a code; anything else that is thrown is a broken invariant. */
export class CodedError extends Error {
  override readonly name = 'CodedError';

  /**
   * @param code   what happened, from the table
   * @param detail a sentence about this occurrence; shown to API users, so it holds no secret and no personal data
   */
  constructor(
    readonly code: ErrorCode,
    readonly detail: string = table[code].title,
    options?: ErrorOptions,
  ) {
    super(detail, options);
  }

  /** How this error appears at each edge. */
  get entry(): ErrorEntry {
    return table[this.code];
  }
}

/** The row of a code. */
export function errorEntry(code: ErrorCode): ErrorEntry {
  return table[code];
}

/** Any thrown value as a CodedError; what is not one already becomes `internal` with the original as its cause. */
export function asCodedError(thrown: unknown): CodedError {
  return thrown instanceof CodedError ? thrown : new CodedError('internal', undefined, { cause: thrown });
}

function entry(
  title: string,
  httpStatus: number,
  sipStatus: number,
  q850Cause: number,
  logLevel: ErrorEntry['logLevel'],
): ErrorEntry {
  return { title, httpStatus, sipStatus, q850Cause, logLevel };
}
