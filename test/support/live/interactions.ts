import { setTimeout as passes } from 'node:timers/promises';
import type { RestClient } from './rest-client.js';

/** As much of an interaction as tests look at. */
export interface InteractionSeen {
  readonly id: string;
  readonly status: 'preparing' | 'active' | 'ended' | 'failed';
  readonly result?: string;
  readonly digits?: string;
  readonly cancelledBy?: string;
  readonly attempts?: number;
  readonly playedMs?: number;
  readonly promptCompleted?: boolean;
  readonly prompt?: { readonly contentHash: string; readonly wording?: string };
  readonly startedAtTick?: number;
  readonly promptEndedAtTick?: number;
  readonly endedAtTick?: number;
}

/** One that is over and was carried out. */
export type InteractionOver = InteractionSeen & {
  readonly startedAtTick: number;
  readonly endedAtTick: number;
  readonly playedMs: number;
};

/** An interaction as a user of the API follows it. */
export class LiveInteraction {
  private constructor(
    private readonly api: RestClient,
    private readonly path: string,
    /** As it was when it had started. */
    readonly begun: InteractionSeen,
  ) {}

  /** Starts one on a leg. @param legPath path of the leg in the API @throws Error with the problem when it is refused */
  static async start(api: RestClient, legPath: string, request: object): Promise<LiveInteraction> {
    const begun = await api.demand<InteractionSeen>(201, 'POST', `${legPath}/interactions`, request);
    return new LiveInteraction(api, `${legPath}/interactions/${begun.id}`, begun);
  }

  async read(query = ''): Promise<InteractionSeen> {
    return this.api.demand(200, 'GET', `${this.path}${query}`);
  }

  /** Waits for its end by asking with `waitMs`. */
  async over(): Promise<InteractionOver> {
    const seen = await this.read('?waitMs=20000');
    if (seen.status !== 'ended') throw new Error(`It is still ${seen.status}.`);
    return seen as InteractionOver;
  }

  async cancel(): Promise<number> {
    return (await this.api.ask('DELETE', this.path)).status;
  }
}

/** A while in which something can be heard. */
export const aWhile = (ms = 300): Promise<void> => passes(ms);
