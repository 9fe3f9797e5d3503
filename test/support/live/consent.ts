/** A call with a consent policy on a live server, and its callers. */
import { join } from 'node:path';
import type { Voice } from '../../../demo/phone/voice.js';
import type { LivePhone } from './live-phone.js';
import { type LiveServer, voiceOf } from './live-server.js';
import { press } from './press.js';
import type { EventSeen, EventStream, RestClient } from './rest-client.js';
import { RecordedCall } from './recorded-call.js';

/** Somebody in the call. */
export interface Caller {
  readonly phone: LivePhone;
  readonly voice: Voice;
  readonly legId: string;
}

/** One line of the ledger, as much as tests look at. */
export interface EntrySeen {
  readonly type: string;
  readonly legId: string;
  readonly tick: number;
  readonly cause?: string;
  readonly digits?: string;
  readonly answeredTick?: number;
  readonly effectTick?: number;
}

/** Where a call stands. */
export interface ConsentSeen {
  readonly legs: readonly { readonly legId: string; readonly state: string; readonly live: boolean }[];
  readonly ledger: readonly EntrySeen[];
}

/** A call made by the API. */
export class LiveConsent {
  private constructor(
    private readonly server: LiveServer,
    private readonly api: RestClient,
    private readonly room: string,
    readonly id: string,
    private readonly stream: EventStream,
  ) {}

  /** @param policy how the call is to be, apart from its name */
  static async open(server: LiveServer, api: RestClient, room: string, policy: object): Promise<LiveConsent> {
    const { id } = await server.create(api, { name: room, ...policy });
    const stream = await api.events(`?callId=${id}`);
    return new LiveConsent(server, api, room, id, stream);
  }

  get events(): readonly EventSeen[] {
    return this.stream.seen;
  }

  /** A telephone that says a voice of its own. */
  async comes(voice: number): Promise<Caller> {
    const known = new Set(this.events.map(({ data }) => data.legId));
    const phone = await this.server.join(this.room, { voice: voiceOf(voice) });
    const { data } = await this.stream.first('leg.joined', (event) => !known.has(event.data.legId));
    return { phone, voice: phone.voice, legId: data.legId ?? '' };
  }

  /** A telephone that is in by another way, when everybody else is known. */
  async joined(phone: LivePhone, ...others: readonly Caller[]): Promise<Caller> {
    const known = new Set(others.map(({ legId }) => legId));
    const { data } = await this.stream.first('leg.joined', (event) => !known.has(event.data.legId ?? ''));
    return { phone, voice: phone.voice, legId: data.legId ?? '' };
  }

  /** One that presses a key as soon as it is asked. */
  async says(voice: number, key: string): Promise<Caller> {
    const caller = await this.comes(voice);
    await this.happened('consent.asked', caller);
    press(caller.phone, key);
    return caller;
  }

  first(type: string): Promise<EventSeen> {
    return this.stream.first(type);
  }

  happened(type: string, { legId }: Caller): Promise<EventSeen> {
    return this.stream.first(type, ({ data }) => data.legId === legId);
  }

  /** Tick of what happened to a leg. */
  tickOf(type: string, { legId }: Caller): number {
    const found = this.events.find((event) => event.type === type && event.data.legId === legId);
    if (!found) throw new Error(`No ${type} of ${legId}.`);
    return found.data.tick;
  }

  async view(): Promise<ConsentSeen> {
    return this.api.demand(200, 'GET', `/v1/calls/${this.id}/consent`);
  }

  /** The last thing on the ledger about a leg, or the last of a type. */
  async answer({ legId }: Caller, type?: string): Promise<EntrySeen> {
    const { ledger } = await this.view();
    const entry = ledger.findLast((one) => one.legId === legId && (type === undefined || one.type === type));
    if (!entry) throw new Error(`Nothing about ${legId}.`);
    return entry;
  }

  async tell({ legId }: Caller, body: object): Promise<ConsentSeen> {
    return this.api.demand(200, 'POST', `/v1/calls/${this.id}/legs/${legId}/consent`, body);
  }

  /** Begins a recording; its id. */
  async record(): Promise<string> {
    const { id } = await this.api.demand<{ id: string }>(201, 'POST', `/v1/calls/${this.id}/recordings`);
    return id;
  }

  /** Stops a recording, and reads it when it is finished. */
  async finish(recordingId: string): Promise<RecordedCall> {
    await this.api.demand(200, 'POST', `/v1/calls/${this.id}/recordings/${recordingId}/stop`);
    await this.stream.first('recording.completed', ({ data }) => data.recordingId === recordingId);
    return this.read(recordingId);
  }

  read(recordingId: string): RecordedCall {
    return new RecordedCall(join(this.server.dataDir, 'recordings'), recordingId);
  }
}
