/** The server as its API shows it. */
import { WebSocket } from 'ws';
import { vi } from 'vitest';

/** As much of a leg as interop tests look at. */
export interface LegSeen {
  readonly id: string;
  readonly number: string;
  readonly status: string;
  readonly joinedAtTick?: number;
  readonly held: boolean;
  readonly codec?: { readonly encoding: string };
}

/** As much of a leg's statistics. */
export interface LegStatistics {
  readonly receive: { readonly packets: number; readonly lost: number };
  readonly playout: { readonly concealed: number; readonly rescued: number; readonly decodeErrors: number };
  readonly send: { readonly remoteLossRatio?: number };
}

/** As much of an event. */
export interface EventSeen {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Speaks to one server. */
export class ApiClient {
  constructor(private readonly http: string) {}

  /** Calls by name. */
  async calls(): Promise<Map<string, { readonly id: string; readonly legCount: number }>> {
    const { items } = await this.#get<{ items: { id: string; name: string; legCount: number }[] }>('/v1/calls');
    return new Map(items.map((call) => [call.name, call]));
  }

  async legs(callId: string): Promise<LegSeen[]> {
    return (await this.#get<{ items: LegSeen[] }>(`/v1/calls/${callId}/legs`)).items;
  }

  /** What the media plane has counted for a leg. */
  async statistics(callId: string, legId: string): Promise<LegStatistics> {
    const { statistics } = await this.#get<{ statistics?: LegStatistics }>(`/v1/calls/${callId}/legs/${legId}`);
    if (statistics === undefined) throw new Error('The leg has no statistics.');
    return statistics;
  }

  /** Ends a call: every leg gets a BYE. */
  async endCall(callId: string): Promise<void> {
    const { ok, status } = await fetch(`${this.http}/v1/calls/${callId}`, { method: 'DELETE' });
    if (!ok) throw new Error(`DELETE of the call answered ${status}.`);
  }

  /** Sum of a metric over all its labels. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.http}/metrics`)).text();
    const values = text
      .split('\n')
      .flatMap((line) => new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`).exec(line)?.[1] ?? []);
    if (values.length === 0) throw new Error(`There is no metric ${name}.`);
    return values.reduce((sum, value) => sum + Number(value), 0);
  }

  /** INVITEs refused so far with that status. */
  async refusals(status: number): Promise<number> {
    const text = await (await fetch(`${this.http}/metrics`)).text();
    return Number(
      new RegExp(`^mixminus_invites_refused_total\\{status="${status}"\\} (\\d+)$`, 'm').exec(text)?.[1] ?? 0,
    );
  }

  /** Waits until new calls are taken: a machine that has been busy makes the server refuse them for a while. */
  async ready(): Promise<void> {
    await vi.waitFor(
      async () => {
        const answer = await fetch(`${this.http}/readyz`);
        if (!answer.ok) throw new Error(`The server is not ready: ${await answer.text()}`);
      },
      { timeout: 60_000, interval: 500 },
    );
  }

  /** Collects events from now on. */
  async events(types: string): Promise<{ readonly seen: readonly EventSeen[]; close(): void }> {
    const socket = new WebSocket(`${this.http.replace(/^http/, 'ws')}/v1/events?types=${encodeURIComponent(types)}`);
    const seen: EventSeen[] = [];
    socket.on('message', (bytes: Buffer) => seen.push(JSON.parse(bytes.toString()) as EventSeen));
    await new Promise((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    return { seen, close: () => socket.close() };
  }

  async #get<Answer>(path: string): Promise<Answer> {
    const answer = await fetch(`${this.http}${path}`);
    if (!answer.ok) throw new Error(`GET ${path} answered ${answer.status}.`);
    return (await answer.json()) as Answer;
  }
}
