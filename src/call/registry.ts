import { CodedError } from '../errors.js';
import type { Call } from './call.js';
import type { Leg } from './leg.js';

/** One page of a list, and where the next begins. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Position to continue after; undefined = this was the last page. */
  readonly next: number | undefined;
}

/** All calls of this process, by id and by name. A call that is ending has given its name back but is still listed. */
export class Registry {
  readonly #byId = new Map<string, { readonly call: Call; readonly position: number }>();
  readonly #byName = new Map<string, Call>();
  #positions = 0;

  get callCount(): number {
    return this.#byId.size;
  }
  /** Live legs of all calls. */
  get legCount(): number {
    let count = 0;
    for (const { call } of this.#byId.values()) count += call.legCount;
    return count;
  }

  /** @throws CodedError `callExists` when an open call has the name */
  add(call: Call): void {
    if (this.#byName.has(call.name)) throw new CodedError('callExists');
    this.#byName.set(call.name, call);
    this.#positions += 1;
    this.#byId.set(call.id, { call, position: this.#positions });
  }

  releaseName(call: Call): void {
    if (this.#byName.get(call.name) === call) this.#byName.delete(call.name);
  }

  remove(call: Call): void {
    this.releaseName(call);
    this.#byId.delete(call.id);
  }

  /** The call of this id. @throws CodedError `callNotFound` */
  get(callId: string): Call {
    const call = this.find(callId);
    if (call === undefined) throw new CodedError('callNotFound');
    return call;
  }

  find(callId: string): Call | undefined {
    return this.#byId.get(callId)?.call;
  }

  /** The open call of this name. */
  named(name: string): Call | undefined {
    return this.#byName.get(name);
  }

  calls(): readonly Call[] {
    return [...this.#byId.values()].map((entry) => entry.call);
  }

  /** Calls in the order of their creation. @param after position the page before ended with; 0 = from the start */
  page(after: number, limit: number, name: string | undefined): Page<Call> {
    const found = [...this.#byId.values()].filter(
      ({ call, position }) => position > after && (name === undefined || call.name === name),
    );
    const items = found.slice(0, limit);
    return { items: items.map(({ call }) => call), next: found.length > limit ? items.at(-1)?.position : undefined };
  }

  /** Live outbound legs through a trunk. */
  outboundLegs(trunk: string): number {
    return this.#count((leg) => leg.identity.direction === 'outbound' && leg.identity.trunk === trunk);
  }

  /** Whether a live leg listens on this port. */
  usesPort(port: number): boolean {
    return this.#count(({ address }) => address?.rtpPort === port || address?.rtcpPort === port) > 0;
  }

  #count(matches: (leg: Leg) => boolean): number {
    let count = 0;
    for (const { call } of this.#byId.values()) {
      for (const leg of call.legs) if (matches(leg)) count += 1;
    }
    return count;
  }
}
