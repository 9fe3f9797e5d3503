/** A digit that came in a SIP INFO. */
export interface InfoDigit {
  /** One of `0-9*#A-D`. */
  readonly digit: string;
  readonly durationMs: number;
}

const defaultDurationMs = 160;
const maxDurationMs = 10_000;
const maxBody = 256;
/** Some phones number the keys as RFC 4733 does. */
const numbered: Readonly<Record<string, string>> = { '10': '*', '11': '#', '12': 'A', '13': 'B', '14': 'C', '15': 'D' };

/**
 * Reads a digit from an INFO body: `application/dtmf-relay` (`Signal=5`, `Duration=160`) or `application/dtmf` (`5`).
 * No RFC defines them; this is what phones send. Anything else, hook flash included, is undefined.
 */
export function parseInfoDigit(contentType: string, body: string): InfoDigit | undefined {
  if (body.length > maxBody) return undefined;
  switch (mediaType(contentType)) {
    case 'application/dtmf':
      return digitOf(body, undefined);
    case 'application/dtmf-relay': {
      const fields = parseFields(body);
      return digitOf(fields.get('signal') ?? '', fields.get('duration'));
    }
    default:
      return undefined;
  }
}

function digitOf(signal: string, duration: string | undefined): InfoDigit | undefined {
  const text = signal.trim().toUpperCase();
  const digit = /^[0-9*#A-D]$/.test(text) ? text : numbered[text];
  if (digit === undefined) return undefined;
  const durationMs = /^[0-9]{1,6}$/.test(duration ?? '') ? Number(duration) : defaultDurationMs;
  return { digit, durationMs: Math.min(durationMs, maxDurationMs) };
}

function parseFields(body: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of body.split(/\r\n|\r|\n/)) {
    const at = line.indexOf('=');
    if (at > 0) fields.set(line.slice(0, at).trim().toLowerCase(), line.slice(at + 1).trim());
  }
  return fields;
}

function mediaType(contentType: string): string {
  return (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();
}
