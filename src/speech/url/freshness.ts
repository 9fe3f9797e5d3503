/** How long an answer may be used without asking again (RFC 9111 §4.2), as far as prompts need it. */

/** Where the server says nothing: long enough for a room that fills up, short enough for a prompt that was corrected. */
const unsaidMs = 60_000;
const greatestMs = 86_400_000;

/**
 * Freshness of an answer from its headers.
 * @returns ms; 0 = ask each time; undefined = must not be kept
 */
export function freshnessMs(cacheControl: string | undefined, age: string | undefined): number | undefined {
  const directives = new Map(
    (cacheControl ?? '').split(',').map((directive) => {
      const [name = '', value = ''] = directive.trim().toLowerCase().split('=');
      return [name, value.replaceAll('"', '')] as const;
    }),
  );
  if (directives.has('no-store')) return undefined;
  if (directives.has('no-cache')) return 0;
  const maxAge = directives.get('max-age');
  if (maxAge === undefined) return unsaidMs;
  const seconds = /^\d{1,12}$/.test(maxAge) ? Number(maxAge) : 0;
  const spent = /^\d{1,12}$/.test(age ?? '') ? Number(age) : 0;
  return Math.min(greatestMs, Math.max(0, (seconds - spent) * 1000));
}
