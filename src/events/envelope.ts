import { type CallEvent, type LevelsReported } from '../call/event.js';
import { isoTime } from '../call/clock.js';

/**
 * A CloudEvents 1.0 event in structured JSON. `type` is the plain dotted name (`leg.joined`): the names are this API's own,
 * so they carry no reverse-DNS prefix. `id` is `callId:sequence`, unique and ordered within the call.
 */
export interface Envelope {
  readonly specversion: '1.0';
  readonly id: string;
  /** The call: `/v1/calls/{callId}`. */
  readonly source: string;
  readonly type: string;
  /** The leg: `legs/{legId}`, absent on events of the call itself. */
  readonly subject?: string;
  /** RFC 3339. */
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly data: object;
}

/** The envelope of a fact about a call; `data` has callId, legId, tick and sequence besides what the type adds. */
export function envelopeOf(event: CallEvent): Envelope {
  const { callId, legId, tick, sequence } = event;
  return {
    ...head(`${callId}:${sequence}`, event.type, callId, event.timeMs),
    ...(legId === undefined ? {} : { subject: `legs/${legId}` }),
    data: { callId, ...(legId === undefined ? {} : { legId }), tick, sequence, ...event.data },
  };
}

/** The envelope of a level report, which has no place in the call's sequence. */
export function levelsEnvelopeOf(report: LevelsReported): Envelope {
  const { callId, tick, levels } = report;
  return { ...head(`${callId}:levels:${tick}`, report.type, callId, report.timeMs), data: { callId, tick, levels } };
}

/**
 * Notice that a subscriber missed events.
 * @param dropped how many; undefined = unknown, because the event it wanted to continue after is not kept any more
 */
export function gapEnvelope(dropped: number | undefined, nowMs: number, ordinal: number): Envelope {
  return {
    specversion: '1.0',
    id: `gap:${ordinal}`,
    source: '/v1/events',
    type: 'events.gap',
    time: isoTime(nowMs),
    datacontenttype: 'application/json',
    data: { dropped: dropped ?? null },
  };
}

function head(id: string, type: string, callId: string, timeMs: number) {
  return {
    specversion: '1.0',
    id,
    source: `/v1/calls/${callId}`,
    type,
    time: isoTime(timeMs),
    datacontenttype: 'application/json',
  } as const;
}
