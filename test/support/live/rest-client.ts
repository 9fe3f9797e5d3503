/** The server as its API shows it: plain requests, and the event stream. */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { soon } from './soon.js';

/** Newest events that are shown when one does not come. */
const EVENTS_SHOWN = 12;

/** An answer; `body` is whatever JSON it held. */
export interface Answer<Body> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

/** As much of a problem (RFC 9457) as tests look at. */
export interface ProblemSeen {
  readonly code: string;
  readonly status: number;
  readonly detail: string;
}

/** As much of a call. */
export interface CallSeen {
  readonly id: string;
  readonly name: string;
  readonly legCount: number;
}

/** As much of a leg. */
export interface LegSeen {
  readonly id: string;
  readonly direction: string;
  readonly status: string;
  /** Absent before it was in the mix. */
  readonly joinedAtTick?: number;
  readonly number: string;
  readonly held: boolean;
  readonly muted: boolean;
  readonly deaf: boolean;
  readonly consent?: string;
  readonly isolated?: boolean;
  readonly role?: string;
  readonly admission?: string;
  readonly gainDb: number;
  readonly speaking?: boolean;
  readonly levelDbov?: number;
  readonly mediaDirection?: string;
  readonly codec?: { readonly encoding: string; readonly payloadType: number; readonly ptimeMs: number };
  readonly statistics?: StatisticsSeen;
  readonly endReason?: string;
}

/** As much of a leg's statistics. */
export interface StatisticsSeen {
  readonly receive: { readonly packets: number; readonly lost: number; readonly dropped: Record<string, number> };
  readonly playout: { readonly played: number };
  readonly send: { readonly packets: number };
}

/** Speaks to one server. */
export class RestClient {
  constructor(
    readonly base: string,
    private readonly key?: string,
  ) {}

  async ask<Body = ProblemSeen>(method: string, path: string, body?: object): Promise<Answer<Body>> {
    const response = await fetch(`${this.base}${path}`, {
      method,
      headers: {
        ...(this.key === undefined ? {} : { authorization: `Bearer ${this.key}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    return { status: response.status, headers: response.headers, body: (isJson ? JSON.parse(text) : text) as Body };
  }

  /** Asks for what has to be granted. @returns the body @throws Error with the problem when the status is another */
  async demand<Body>(status: number, method: string, path: string, body?: object): Promise<Body> {
    const answer = await this.ask<Body>(method, path, body);
    if (answer.status === status) return answer.body;
    throw new Error(`${method} ${path} got ${answer.status}, not ${status}: ${JSON.stringify(answer.body)}`);
  }

  /** The call of a name. */
  async call(name: string): Promise<CallSeen> {
    const { items } = await this.demand<{ items: CallSeen[] }>(200, 'GET', `/v1/calls?name=${name}`);
    const [call] = items;
    if (!call) throw new Error(`There is no call ${name}.`);
    return call;
  }

  /** Live legs of the call of a name, oldest first. */
  async legs(name: string): Promise<(LegSeen & { readonly path: string })[]> {
    const { id } = await this.call(name);
    const { items } = await this.demand<{ items: LegSeen[] }>(200, 'GET', `/v1/calls/${id}/legs`);
    return items.map((leg) => ({ ...leg, path: `/v1/calls/${id}/legs/${leg.id}` }));
  }

  /** Every event from now on. */
  async events(query = ''): Promise<EventStream> {
    const headers = this.key === undefined ? {} : { authorization: `Bearer ${this.key}` };
    const socket = new WebSocket(`${this.base.replace(/^http/, 'ws')}/v1/events${query}`, { headers });
    const stream = new EventStream(socket);
    await once(socket, 'open');
    return stream;
  }
}

/** One event. */
export interface EventSeen {
  readonly type: string;
  readonly id: string;
  readonly data: Readonly<Record<string, unknown>> & {
    readonly callId: string;
    readonly legId?: string;
    readonly tick: number;
    readonly sequence: number;
  };
}

/** Events as they came. */
export class EventStream {
  readonly seen: EventSeen[] = [];

  constructor(private readonly socket: WebSocket) {
    socket.on('message', (bytes: Buffer) => this.seen.push(JSON.parse(bytes.toString()) as EventSeen));
  }

  /** The first event of a type, now or soon. */
  async first(type: string, about: (event: EventSeen) => boolean = () => true): Promise<EventSeen> {
    return soon(() => {
      const found = this.seen.find((event) => event.type === type && about(event));
      if (!found) throw new Error(`No ${type}; came last: ${JSON.stringify(this.seen.slice(-EVENTS_SHOWN))}`);
      return found;
    });
  }

  close(): void {
    this.socket.close();
  }
}
