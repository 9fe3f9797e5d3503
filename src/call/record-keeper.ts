import type { CallRecord } from '../tools/port.js';
import { consentEventTypes } from './consent/facts.js';
import type { CallEvent, CallEventType } from './event.js';
import type { EventBus } from './event-bus.js';
import { recordingEventTypes } from './recordings/facts.js';

const membership = ['call.started', 'call.ended', 'leg.joined', 'leg.left', 'leg.failed'] as const;
const kept = new Set<CallEventType>([...membership, ...recordingEventTypes, ...consentEventTypes]);
const durable = new Set<CallEventType>(consentEventTypes);

/** Has what must outlive a call written down: who was in it, who agreed to what, what was recorded. */
export function keepRecord(events: EventBus<CallEvent>, record: CallRecord): void {
  events.subscribe((event) => {
    if (!kept.has(event.type)) return;
    record.append({ ...event, data: { ...event.data } }, durable.has(event.type));
  });
}
