/** The log: JSON lines by pino, one per event, free of secrets and safe to print. */
import { pino } from 'pino';
import type { DestinationStream, LevelWithSilent, Logger } from 'pino';
import { LogSampler } from './log-sampler.js';
import { redacted, redactFields, redactText, secretPaths } from './redact.js';

/** A pino logger. Messages are static; values are fields; personal data only in fields whose name starts with `pii`. */
export type Log = Logger;

/** Settings of {@link createLog}. */
export interface LogOptions {
  readonly level: LevelWithSilent;
  /** Write fields whose name starts with `pii`. */
  readonly personalData: boolean;
  /** Where lines go; default: standard output. */
  readonly destination?: DestinationStream;
  /** Lines per second and message; default 10. */
  readonly perSecond?: number;
  /** Monotonic clock for that, ms. */
  readonly nowMs?: () => number;
}

/** Escapes JSON leaves alone but terminals act on: DEL, C1 controls, line separators, bidirectional overrides. */
const unsafeCharacters = /[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;
const defaultPerSecond = 10;
const fatalLevel = 60;

/** Creates the log of the process. */
export function createLog(options: LogOptions): Log {
  const { level, personalData, destination, perSecond = defaultPerSecond, nowMs = () => performance.now() } = options;
  const sampler = new LogSampler(perSecond);
  const settings = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    // Errors are plain data by the time pino sees them.
    serializers: { err: (plain: unknown) => plain },
    redact: { paths: [...secretPaths], censor: redacted },
    hooks: {
      logMethod(
        this: Logger,
        parameters: unknown[],
        method: (fields: object, message: string) => void,
        lineLevel: number,
      ) {
        const { fields, message } = readCall(parameters);
        const verdict =
          lineLevel >= fatalLevel ? ({ write: true, suppressed: 0 } as const) : sampler.take(message, nowMs());
        if (!verdict.write) return;
        const shown = redactFields(fields, personalData);
        method.call(this, verdict.suppressed > 0 ? { ...shown, suppressed: verdict.suppressed } : shown, message);
      },
      streamWrite: (line: string) => line.replace(unsafeCharacters, escapeCharacter),
    },
  };
  return destination === undefined ? pino(settings) : pino(settings, destination);
}

/** Pino's ways to call a log method: `(fields, message)`, `(error)`, `(message, ...values)`. */
function readCall(parameters: readonly unknown[]): { fields: object; message: string } {
  const [first, second, ...rest] = parameters;
  if (typeof first === 'string') {
    const values = parameters.slice(1);
    return { fields: values.length > 0 ? { values } : {}, message: redactText(first) };
  }
  const fields = first instanceof Error ? { err: first } : typeof first === 'object' && first !== null ? first : {};
  const message = typeof second === 'string' ? redactText(second) : 'An event without a message.';
  return { fields: rest.length > 0 ? { ...fields, values: rest } : fields, message };
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
