/** Which events a subscriber wants. */
export interface EventFilter {
  /** Undefined = of every call. */
  readonly callId: string | undefined;
  /** Names (`leg.joined`) or groups (`leg.*`); undefined = all. */
  readonly types: readonly string[] | undefined;
}

/** Whether an event passes a filter. */
export function passes(filter: EventFilter, event: { readonly callId: string; readonly type: string }): boolean {
  if (filter.callId !== undefined && filter.callId !== event.callId) return false;
  return filter.types?.some((wanted) => matches(wanted, event.type)) ?? true;
}

function matches(wanted: string, type: string): boolean {
  return wanted.endsWith('.*') ? type.startsWith(wanted.slice(0, -1)) : wanted === type;
}
