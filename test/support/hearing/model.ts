import type { LegAudience } from '../../../src/media/protocol.js';

/** What was asked of a leg, as plain as it can be. */
export interface ModelLeg {
  /** Its tone. */
  readonly frequencyHz: number;
  muted: boolean;
  deaf: boolean;
  isolated: boolean;
  consented: boolean;
  audience: LegAudience;
  /** Ticks since it could be heard again; its voice fades in during the first. */
  openTicks: number;
}

/** Who hears whom by definition, pair by pair, without any thought of how a mixer would do it. */
export class HearingModel {
  readonly legs = new Map<string, ModelLeg>();
  /** Ticks since anything was asked. */
  calmTicks = 0;
  readonly #pairs = new Map<string, number>();

  join(legId: string, leg: Pick<ModelLeg, 'frequencyHz' | 'isolated' | 'consented'>): void {
    this.calmTicks = 0;
    // The jitter buffer begins to play some ticks after the first packet.
    const start = { muted: false, deaf: false, openTicks: -15 };
    this.legs.set(legId, { ...start, audience: { heardBy: 'all', hears: 'all' }, ...leg });
  }

  leave(legId: string): void {
    this.calmTicks = 0;
    this.legs.delete(legId);
    for (const pair of this.#pairs.keys()) if (pair.split('>').includes(legId)) this.#pairs.delete(pair);
  }

  change(legId: string, changes: Partial<ModelLeg>): void {
    this.calmTicks = 0;
    const leg = this.legs.get(legId);
    if (leg) Object.assign(leg, changes);
  }

  relate(listener: string, source: string, gain: number | undefined): void {
    this.calmTicks = 0;
    if (gain === undefined) this.#pairs.delete(`${listener}>${source}`);
    else this.#pairs.set(`${listener}>${source}`, gain);
  }

  /** A tick has gone by. */
  advance(): void {
    this.calmTicks++;
    for (const leg of this.legs.values()) {
      if (leg.muted || leg.isolated) leg.openTicks = Math.min(leg.openTicks, 0);
      else leg.openTicks++;
    }
  }

  /** With what gain a leg hears another. */
  gain(listenerId: string, sourceId: string): number {
    const [listener, source] = [this.legs.get(listenerId), this.legs.get(sourceId)];
    if (!listener || !source || listener === source) return 0;
    if (listener.isolated || listener.deaf || source.isolated || source.muted) return 0;
    const pair = this.#pairs.get(`${listenerId}>${sourceId}`);
    if (pair !== undefined) return pair;
    return listener.audience.hears === 'all' && source.audience.heardBy === 'all' ? 1 : 0;
  }

  /** What tools are to know of a leg: its audio only when `open`. */
  toolState(legId: string): 'isolated' | 'muted' | 'noConsent' | 'open' {
    const leg = this.legs.get(legId);
    if (!leg || leg.isolated) return 'isolated';
    if (leg.muted) return 'muted';
    return leg.consented ? 'open' : 'noConsent';
  }
}
