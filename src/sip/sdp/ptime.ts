/** Audio per packet (RFC 8866 §6.4 `a=ptime`, `a=maxptime`): 10…120 ms in steps of 10. */

const smallestMs = 10;
const largestMs = 120;

/**
 * What to send per packet: what the receiver asks for, else `preferredMs`; never above its `a=maxptime`.
 * Values between two steps become the lower one.
 */
export function negotiatePtime(
  asked: { readonly ptimeMs: number | undefined; readonly maxptimeMs: number | undefined },
  preferredMs: number,
): number {
  const wantedMs = clamp(isUsable(asked.ptimeMs) ? asked.ptimeMs : preferredMs);
  return isUsable(asked.maxptimeMs) ? Math.min(wantedMs, clamp(asked.maxptimeMs)) : wantedMs;
}

function isUsable(ms: number | undefined): ms is number {
  return ms !== undefined && ms > 0;
}

function clamp(ms: number): number {
  return Math.min(largestMs, Math.max(smallestMs, Math.floor(ms / 10) * 10));
}
