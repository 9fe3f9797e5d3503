import { createHash, timingSafeEqual } from 'node:crypto';

/** RFC 6750 §2.1; the scheme in any case, one space, the token. */
const bearerPattern = /^bearer ([\x21-\x7e]{1,512})$/i;

/** API keys as this process holds them: only their SHA-256, compared in constant time. */
export class KeyRing {
  readonly #hashes: readonly Buffer[];

  /** @param keys as configured */
  constructor(keys: readonly string[]) {
    this.#hashes = keys.map(sha256);
  }

  /** True when no key is configured and whoever reaches the server may use it. */
  get empty(): boolean {
    return this.#hashes.length === 0;
  }

  /**
   * Which key an `Authorization` header carries; undefined = none of ours. Looks at every key, so that time tells nothing.
   * @returns a name for the key that reveals nothing of it
   */
  identify(authorization: string | undefined): string | undefined {
    const token = bearerPattern.exec(authorization ?? '')?.[1];
    if (token === undefined) return undefined;
    const given = sha256(token);
    let found: string | undefined;
    this.#hashes.forEach((hash, index) => {
      if (timingSafeEqual(hash, given)) found = `key${index}`;
    });
    return found;
  }
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
