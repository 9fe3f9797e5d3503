/** Why a dialog ended, as a BYE tells it: the peer's, or one the server sent by itself. */
import type { DialogEnd } from '../gateway.js';
import { parseReason } from '../rules/reason-header.js';

/**
 * The end that a BYE means. The server reports its own BYEs as requests from the `application`, with a text of its own:
 * after a missing ACK, an expired session timer, or a CANCEL that crossed our 200.
 *
 * @param reasons values of `Reason`
 */
export function endOfBye(source: string, reasons: readonly string[]): DialogEnd {
  const { q850Cause, text } = parseReason(reasons);
  if (source === 'network') return { by: 'remote', q850Cause, text };
  const timedOut = /timeout|timer/i.test(text ?? '');
  return { by: timedOut ? 'timeout' : 'remote', q850Cause: q850Cause ?? (timedOut ? 102 : undefined), text };
}
