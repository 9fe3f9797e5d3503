/** Why a dialog ended, read from and written to `Reason` (RFC 3326), and from the BYEs the server sends by itself. */
import type { DialogEnd } from '../gateway.js';

const maxTextLength = 200;

/** Q.850 cause and text of a Reason header value, which may hold several reasons; a Q.850 one wins. */
export function parseReason(value: string | undefined): Pick<DialogEnd, 'q850Cause' | 'text'> {
  const reasons = splitUnquoted(value ?? '', ',').map(parseOne);
  const q850 = reasons.find((reason) => reason.q850Cause !== undefined);
  return q850 ?? { q850Cause: undefined, text: reasons.find((reason) => reason.text !== undefined)?.text };
}

/** A Reason header value, free of anything that could end the header. */
export function formatReason(reason: { q850Cause: number; text: string }): string {
  const text = reason.text
    .replace(/[\u0000-\u001f\u007f]/g, ' ')
    .slice(0, maxTextLength)
    .replace(/["\\]/g, '\\$&');
  return `Q.850;cause=${reason.q850Cause};text="${text}"`;
}

/**
 * The end that a BYE means. The server reports its own BYEs as requests from the `application`, with a text of its own:
 * after a missing ACK, an expired session timer, or a CANCEL that crossed our 200.
 */
export function endOfBye(source: string, reasonHeader: string | undefined): DialogEnd {
  const { q850Cause, text } = parseReason(reasonHeader);
  if (source === 'network') return { by: 'remote', q850Cause, text };
  const timedOut = /timeout|timer/i.test(text ?? '');
  return { by: timedOut ? 'timeout' : 'remote', q850Cause: q850Cause ?? (timedOut ? 102 : undefined), text };
}

function parseOne(value: string): Pick<DialogEnd, 'q850Cause' | 'text'> {
  const [protocol = '', ...parameters] = splitUnquoted(value, ';');
  let q850Cause: number | undefined;
  let text: string | undefined;
  for (const parameter of parameters) {
    const [, name = '', content = ''] = /^\s*([\w-]+)\s*=\s*(.*?)\s*$/s.exec(parameter) ?? [];
    if (name.toLowerCase() === 'text') text = unquoted(content).slice(0, maxTextLength);
    if (name.toLowerCase() === 'cause' && protocol.trim().toLowerCase() === 'q.850' && /^\d{1,3}$/.test(content)) {
      if (Number(content) <= 127) q850Cause = Number(content);
    }
  }
  return { q850Cause, text };
}

function unquoted(content: string): string {
  return content.startsWith('"') ? content.replace(/^"|"$/g, '').replace(/\\(.)/gs, '$1') : content;
}

/** Splits at `separator` outside quoted strings (RFC 3261 §25.1). */
export function splitUnquoted(value: string, separator: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  for (let index = 0; index < value.length; index++) {
    const character = value[index];
    if (quoted && character === '\\') index++;
    else if (character === '"') quoted = !quoted;
    else if (!quoted && character === separator) {
      parts.push(value.slice(start, index));
      start = index + 1;
    }
  }
  return [...parts, value.slice(start)];
}
