/** What transactions need of the transport. */
import type { SipMessage } from '../../message/message.js';
import type { Target } from '../transport/flow.js';

/** Sends messages; the transport layer behind a small face. */
export interface Wire {
  /** Sends, or calls `onError` later (never from inside this call) when that could not be done. */
  send(message: SipMessage, target: Target, onError: () => void): void;
  /** Sent-by of our Via on the way to `target`: `host` or `host:port`. */
  sentBy(target: Target): string;
}

/** True when `target` is reached by a transport that loses nothing. */
export function isReliable(target: Target): boolean {
  return target.transport !== 'udp';
}
