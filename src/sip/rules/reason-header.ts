/** The `Reason` header field (RFC 3326): `Reason: Q.850;cause=16;text="Normal call clearing"`. */
import { quote, splitTopLevel, unquote } from '../message/tokens.js';

/** What a Reason says, as far as we read it. */
export interface ReasonValue {
  /** ITU-T Q.850 cause, 0…127, or undefined when only other protocols were given. */
  readonly q850Cause: number | undefined;
  readonly text: string | undefined;
}

const maxTextLength = 200;

/**
 * Reads all Reason values of a message. A Q.850 value wins over any other; of several equal ones the first counts.
 *
 * @param values one per element, in order
 */
export function parseReason(values: readonly string[]): ReasonValue {
  const all = values.map(parseOne);
  const q850 = all.find((one) => one.q850Cause !== undefined);
  return q850 ?? { q850Cause: undefined, text: all.find((one) => one.text !== undefined)?.text };
}

/** A Reason header value with a Q.850 cause; text is quoted, and stripped of what may not be in a header. */
export function formatReason(reason: { q850Cause: number; text: string }): string {
  const text = reason.text.replace(/[\u0000-\u001f\u007f]/g, ' ').slice(0, maxTextLength);
  return `Q.850;cause=${reason.q850Cause};text=${quote(text)}`;
}

function parseOne(value: string): ReasonValue {
  const [protocol = '', ...parameters] = splitTopLevel(value, ';');
  const isQ850 = protocol.trim().toLowerCase() === 'q.850';
  let q850Cause: number | undefined;
  let text: string | undefined;
  for (const parameter of parameters) {
    const equals = parameter.indexOf('=');
    if (equals < 0) continue;
    const name = parameter.slice(0, equals).trim().toLowerCase();
    const content = parameter.slice(equals + 1).trim();
    if (name === 'cause' && isQ850 && /^\d{1,3}$/.test(content) && Number(content) <= 127) q850Cause = Number(content);
    if (name === 'text') text = unquote(content).slice(0, maxTextLength);
  }
  return { q850Cause, text };
}
