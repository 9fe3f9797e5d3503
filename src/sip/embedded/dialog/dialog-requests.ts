/** Requests of ours within a dialog, other than INVITE: one promise each. */
import type { HeaderFields } from '../../message/header-fields.js';
import type { SipRequest, SipResponse } from '../../message/message.js';
import type { Target } from '../transport/flow.js';
import type { DialogEnvironment } from './environment.js';

/** A final response; 408 and 503 without one when none came, or the request could not be sent (RFC 3261 §8.1.3.1). */
export interface RequestOutcome {
  readonly status: number;
  readonly response: SipResponse | undefined;
}

/** What a request carries beyond what its dialog gives it. */
export interface RequestContent {
  readonly headers?: Readonly<Record<string, string>>;
  readonly contentType?: string;
  readonly body?: string;
}

/** Puts content into a request that is being built. */
export function withContent(request: SipRequest, content: RequestContent): SipRequest {
  request.headers.setAll(content.headers ?? {});
  if (content.body === undefined || content.body === '') return request;
  if (content.contentType !== undefined) request.headers.set('Content-Type', content.contentType);
  return { ...request, body: Buffer.from(content.body, 'utf8') };
}

/**
 * Sends a request to the first target that takes it.
 *
 * @param targets ways to try in order, for when a connection is gone
 */
export function sendRequest(
  environment: DialogEnvironment,
  request: SipRequest,
  targets: readonly Target[],
): Promise<RequestOutcome> {
  const [target, ...others] = targets;
  if (target === undefined) return Promise.resolve({ status: 503, response: undefined });
  return new Promise((resolve) => {
    environment.transactions.request(request, target, {
      onResponse: (response) => {
        if (response.status >= 200) resolve({ status: response.status, response });
      },
      onFailure: (kind) => {
        if (kind === 'timeout') resolve({ status: 408, response: undefined });
        else resolve(sendRequest(environment, request, others));
      },
    });
  });
}

/** Copies what an ACK must repeat of its INVITE (RFC 3261 §13.2.2.4). */
export function copyCredentials(from: HeaderFields, to: HeaderFields): void {
  for (const name of ['Authorization', 'Proxy-Authorization']) {
    for (const value of from.getAll(name)) to.add(name, value);
  }
}
