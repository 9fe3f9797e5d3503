/**
 * `recording.json`: what is in a recording, beside the audio itself. It is JSON, and its first line, closed with a brace,
 * is JSON too: that is all a list of recordings has to read.
 *
 *     {"format":"mixminus-recording-1","recordingId":…,"status":…,…,"openPurges":0,
 *     "sampleRateHz":48000,…,
 *     "legs":[
 *     {"legId":…,"file":…,"joinedTick":…,"leftTick":…,"segments":[…]},
 *     …],
 *     "purges":[…],
 *     "notes":[…]}
 */
import Type from 'typebox';
import type { Static } from 'typebox';
import Value from 'typebox/value';
import type { RecordingNote } from '../port.js';
import { tickSamples, trackRateHz } from './wav.js';

/** Longest first line, octets. */
export const longestHead = 8192;

const format = 'mixminus-recording-1';

const tick = Type.Integer({ minimum: 0 });
const tickOrNull = Type.Union([tick, Type.Null()]);

const headSchema = Type.Object({
  format: Type.Literal(format),
  recordingId: Type.String(),
  callId: Type.String(),
  callName: Type.String(),
  status: Type.Enum(['recording', 'completed', 'failed', 'recovered']),
  startedAtMs: Type.Number(),
  firstTick: tickOrNull,
  endTick: tickOrNull,
  droppedTicks: tick,
  failure: Type.Union([Type.String(), Type.Null()]),
  /** Who writes it, see `owner.ts`. */
  owner: Type.String(),
  /** Purges ordered and not done yet. */
  openPurges: Type.Integer({ minimum: 0 }),
});

const legSchema = Type.Object({
  legId: Type.String(),
  file: Type.String(),
  joinedTick: tick,
  leftTick: tickOrNull,
  segments: Type.Array(
    Type.Object({
      fromTick: tick,
      toTick: tick,
      state: Type.Enum(['audio', 'silent', 'muted', 'isolated', 'noConsent', 'absent', 'dropped', 'purged']),
    }),
  ),
});

const purgeSchema = Type.Object({ legId: Type.String(), beforeTick: tick, done: Type.Boolean() });

const bodySchema = Type.Object({
  legs: Type.Array(legSchema),
  purges: Type.Array(purgeSchema),
  notes: Type.Array(Type.Unknown()),
});

/** What a list of recordings shows of one. */
export type SidecarHead = Static<typeof headSchema>;
/** One track. */
export type SidecarLeg = Static<typeof legSchema>;
/** An order to wipe what a leg said before a tick. */
export type SidecarPurge = Static<typeof purgeSchema>;

/** All of it. */
export interface Sidecar extends Omit<SidecarHead, 'format' | 'openPurges'> {
  legs: SidecarLeg[];
  purges: SidecarPurge[];
  notes: unknown[];
}

/** One {@link Sidecar} as text; `segments` may be anything that turns into a list of them. */
export function sidecarText(sidecar: Sidecar): string {
  const { legs, purges, notes, ...rest } = sidecar;
  const head: SidecarHead = { format, ...rest, openPurges: purges.filter(({ done }) => !done).length };
  return [
    `${JSON.stringify(head).slice(0, -1)},\n`,
    `"sampleRateHz":${trackRateHz},"bitsPerSample":16,"channels":1,"samplesPerTick":${tickSamples},\n`,
    `"legs":${lines(legs)},\n`,
    `"purges":${lines(purges)},\n`,
    `"notes":${lines(notes)}}\n`,
  ].join('');
}

/** Reads the first line. @param text the beginning of the file @returns undefined when it is none of ours */
export function parseSidecarHead(text: string): SidecarHead | undefined {
  const end = text.indexOf(',\n');
  return end < 0 ? undefined : parsed(headSchema, `${text.slice(0, end)}}`);
}

/** Reads the whole file. @returns undefined when it is none of ours */
export function parseSidecar(text: string): Sidecar | undefined {
  const head = parseSidecarHead(text);
  const body = parsed(bodySchema, text);
  if (!head || !body) return undefined;
  return { ...head, legs: body.legs, purges: body.purges, notes: body.notes };
}

/** A note as it is kept. */
export function sidecarNote({ tick, timeMs, type, legId, data }: RecordingNote): unknown {
  return { tick, timeMs, type, ...(legId !== undefined && { legId }), data };
}

function parsed<Schema extends Type.TSchema>(schema: Schema, text: string): Static<Schema> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return Value.Check(schema, value) ? value : undefined;
}

function lines(list: readonly unknown[]): string {
  return list.length === 0 ? '[]' : `[\n${list.map((item) => JSON.stringify(item)).join(',\n')}]`;
}
