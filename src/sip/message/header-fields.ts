/** Header fields in order of arrival. Names are matched without regard to case and in long form (RFC 3261 §7.3.1, §7.3.3). */
import { canonicalHeaderName, headerKey } from './header-names.js';

interface Field {
  /** Lower-case long name. */
  readonly key: string;
  readonly name: string;
  readonly value: string;
}

/** An ordered multi-map of header fields. Every value is one element: the parser has cut lists such as `Via` at their commas. */
export class HeaderFields implements Iterable<readonly [name: string, value: string]> {
  #fields: Field[] = [];

  /** From pairs in order, or from an object whose arrays are several values of one name. */
  static of(
    source: Iterable<readonly [string, string]> | Readonly<Record<string, string | readonly string[]>>,
  ): HeaderFields {
    const headers = new HeaderFields();
    if (isIterable(source)) {
      for (const [name, value] of source) headers.add(name, value);
      return headers;
    }
    for (const [name, values] of Object.entries(source)) {
      for (const value of typeof values === 'string' ? [values] : values) headers.add(name, value);
    }
    return headers;
  }

  /** Number of values. */
  get size(): number {
    return this.#fields.length;
  }

  /** First value of a header, or undefined. */
  get(name: string): string | undefined {
    const key = headerKey(name);
    for (const field of this.#fields) {
      if (field.key === key) return field.value;
    }
    return undefined;
  }

  /** All values of a header in order. */
  getAll(name: string): string[] {
    const key = headerKey(name);
    const values: string[] = [];
    for (const field of this.#fields) {
      if (field.key === key) values.push(field.value);
    }
    return values;
  }

  /** True when there is at least one such header. */
  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** Appends one value. */
  add(name: string, value: string): void {
    this.#fields.push(field(name, value));
  }

  /** Puts one value before the others of its name, or before everything when it is the first. */
  prepend(name: string, value: string): void {
    const added = field(name, value);
    const index = this.#fields.findIndex((existing) => existing.key === added.key);
    this.#fields.splice(Math.max(0, index), 0, added);
  }

  /** Makes `value` the only value of `name`, in the place of the first one. */
  set(name: string, value: string): void {
    const added = field(name, value);
    const index = this.#fields.findIndex((existing) => existing.key === added.key);
    if (index < 0) {
      this.#fields.push(added);
      return;
    }
    this.#fields = this.#fields.filter((existing, at) => at === index || existing.key !== added.key);
    this.#fields[index] = added;
  }

  /** {@link HeaderFields.set} for each of `values`. */
  setAll(values: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(values)) this.set(name, value);
  }

  /** Removes every value of `name`. */
  remove(name: string): void {
    const key = headerKey(name);
    this.#fields = this.#fields.filter((existing) => existing.key !== key);
  }

  /** Removes the first value of `name` and returns it. */
  removeFirst(name: string): string | undefined {
    const key = headerKey(name);
    const index = this.#fields.findIndex((existing) => existing.key === key);
    return index < 0 ? undefined : this.#fields.splice(index, 1)[0]?.value;
  }

  /** An independent copy. */
  clone(): HeaderFields {
    const copy = new HeaderFields();
    copy.#fields = [...this.#fields];
    return copy;
  }

  *[Symbol.iterator](): IterableIterator<readonly [name: string, value: string]> {
    for (const { name, value } of this.#fields) yield [name, value];
  }
}

function field(name: string, value: string): Field {
  return { key: headerKey(name), name: canonicalHeaderName(name), value };
}

function isIterable(
  source: Iterable<readonly [string, string]> | Readonly<Record<string, string | readonly string[]>>,
): source is Iterable<readonly [string, string]> {
  return Symbol.iterator in source;
}
