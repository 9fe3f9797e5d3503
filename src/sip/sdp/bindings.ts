/** Payload type numbers over the life of a session: once bound to a format, a number keeps it (RFC 3264 §8.3.2). */
import { formatKey } from './codecs.js';
import { comfortNoise } from './comfort-noise.js';
import type { PayloadBinding } from './session.js';
import { telephoneEvent } from './telephone-event.js';
import type { ComfortNoiseFormat, PayloadFormat, TelephoneEventFormat } from '../../media/protocol.js';

/** What a description named. */
interface Named {
  readonly audio: readonly PayloadFormat[];
  readonly events: readonly TelephoneEventFormat[];
  readonly noise: readonly ComfortNoiseFormat[];
}

/** `bindings` with what a description named; the newest meaning of a number counts and comes first. */
export function bind(bindings: readonly PayloadBinding[], named: Named | undefined): PayloadBinding[] {
  if (named === undefined) return [...bindings];
  const { audio, events, noise } = named;
  const fresh = [
    ...audio.map((format) => ({ payloadType: format.payloadType, format: audioKey(format) })),
    ...events.map((format) => ({ payloadType: format.payloadType, format: eventKey(format.clockRateHz) })),
    ...noise.map(({ payloadType, clockRateHz }) => ({ payloadType, format: formatKey(comfortNoise, clockRateHz, 1) })),
  ];
  return [...fresh, ...bindings.filter((old) => !fresh.some((binding) => binding.payloadType === old.payloadType))];
}

/** Hands out numbers for an offer. */
export class PayloadNumbers {
  private readonly taken: Set<number>;

  constructor(private readonly bindings: readonly PayloadBinding[]) {
    this.taken = new Set(bindings.map((binding) => binding.payloadType));
  }

  /** The number a format has in this session, else `preferred` when free, else the first free dynamic one. */
  numberFor(key: string, preferred: number): number | undefined {
    const bound = this.bindings.find((binding) => binding.format === key);
    if (bound !== undefined) return bound.payloadType;
    const free = [preferred, ...dynamicNumbers].find((candidate) => !this.taken.has(candidate));
    if (free !== undefined) this.taken.add(free);
    return free;
  }
}

/** Names an audio format in bindings. */
export function audioKey(format: PayloadFormat): string {
  return formatKey(format.encoding, format.clockRateHz, format.channels);
}

/** Names telephone-event at a clock rate in bindings. */
export function eventKey(clockRateHz: number): string {
  return formatKey(telephoneEvent, clockRateHz, 1);
}

/** 96…127 (RFC 3551 §3). */
const dynamicNumbers: readonly number[] = Array.from({ length: 32 }, (_, index) => 96 + index);
