/** Header fields in order of arrival. Names are matched without regard to case and in long form (RFC 3261 §7.3.1, §7.3.3). */
export class HeaderFields {
  readonly #fields: { name: string; value: string }[] = [];

  /** First value of a header, or undefined. */
  get(name: string): string | undefined {
    const wanted = name.toLowerCase();
    return this.#fields.find((field) => field.name.toLowerCase() === wanted)?.value;
  }
}
