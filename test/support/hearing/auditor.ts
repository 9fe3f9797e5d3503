import type { TapState } from '../../../src/media/tap/ring.js';
import type { WorkerLeg } from '../../../src/media/worker-leg.js';
import type { LoggedFrame } from '../tap-log.js';
import type { HearingModel, ModelLeg } from './model.js';
import { amplitudeOf, tonesHz } from './tones.js';

/** Amplitude of what every leg says. */
export const toneAmplitude = 0.14;
/** −80 dB of that. */
const mostLeak = toneAmplitude * 1e-4;

const silence = new Float32Array(960);

/** Looks at every leg of a call after every tick, and throws at the first thing that is not as the model has it. */
export class Auditor {
  /** What tools were to get in each tick. */
  readonly truth = new Map<number, LoggedFrame[]>();
  /** How often it was looked at: legs leaving or entering the mix, mixes with only gains of 0 and 1, mixes with others. */
  edges = 0;
  exact = 0;
  close = 0;
  /** The same for tones: those at the mixer, and those in RTP. */
  tones = 0;
  sentTones = 0;
  /** What a leg was to hear in the tick before, the last of which fades when it leaves the mix; and whether it was out. */
  readonly #before = new Map<string, { readonly mix: Float32Array; readonly isolated: boolean }>();

  /** @param takeHeard what was sent to a leg since the last time */
  constructor(
    private readonly model: HearingModel,
    private readonly takeHeard: (legId: string) => Float32Array,
  ) {}

  /** To be called in every tick, after phase 7. */
  audit(legs: readonly WorkerLeg[], tick: number): void {
    const connected = legs.filter((leg) => leg.connected && this.model.legs.has(leg.legId));
    this.model.advance();
    // A leg's own tone does not change: one leg per tick is enough.
    const source = connected[tick % connected.length];
    if (source) this.#auditSource(source, `tick ${tick}: ${source.legId}`);
    for (const leg of connected) this.#auditMix(leg, connected, `tick ${tick}: ${leg.legId}`);
    this.truth.set(
      tick,
      connected.map((leg) => this.#toolFrame(leg, tick)),
    );
    const steady = connected.every(({ legId }) => this.#isSteady(legId));
    for (const { legId, place } of connected) {
      const sent = this.takeHeard(legId);
      if (!steady || this.model.calmTicks < 3) continue;
      this.#auditTones(legId, place!.heard.pcm48, `tick ${tick}: ${legId} at the mixer`);
      this.tones++;
      if (sent.length !== 320) throw new Error(`tick ${tick}: ${legId} got ${sent.length} samples`);
      this.#auditTones(legId, sent, `tick ${tick}: ${legId} by RTP`);
      this.sentTones++;
    }
  }

  /** What others are offered of a leg is its own tone and nothing else. */
  #auditSource({ legId, place }: WorkerLeg, where: string): void {
    const { frequencyHz } = this.#legOf(legId);
    if (!this.#isSteady(legId)) return;
    if (this.model.toolState(legId) === 'isolated' || this.model.toolState(legId) === 'muted') return;
    for (const toneHz of tonesHz) {
      const expected = toneHz === frequencyHz ? toneAmplitude : 0;
      expectTone(place!.sourceFrame, toneHz, expected, `${where} says`);
    }
  }

  /** Every sample a leg hears is the sum of those it is to hear. */
  #auditMix({ legId, place }: WorkerLeg, legs: readonly WorkerLeg[], where: string): void {
    const mix = new Float32Array(960);
    let inexact = 0;
    for (const source of legs) {
      const gain = this.model.gain(legId, source.legId);
      if (gain === 0) continue;
      if (gain !== 1) inexact++;
      const { sourceFrame } = source.place!;
      for (let n = 0; n < 960; n++) mix[n] = mix[n]! + sourceFrame[n]! * gain;
    }
    const { isolated } = this.#legOf(legId);
    const before = this.#before.get(legId) ?? { mix: silence, isolated };
    const crosses = isolated !== before.isolated;
    if (crosses) fadeAcross(mix, before.mix, isolated);
    // Half a step of the grid for each product, and what adding up in another order loses.
    const tolerance = inexact === 0 && !crosses ? 0 : (inexact + 1) * 2 ** -16;
    const heard = place!.heard.pcm48;
    for (let n = 0; n < 960; n++) {
      if (Math.abs(heard[n]! - mix[n]!) <= tolerance) continue;
      throw new Error(`${where} hears ${heard[n]} instead of ${mix[n]} at ${n}`);
    }
    this.#before.set(legId, { mix, isolated });
    if (crosses) this.edges++;
    else if (inexact === 0) this.exact++;
    else this.close++;
  }

  #auditTones(listener: string, frame: Float32Array, where: string): void {
    for (const toneHz of tonesHz) {
      const source = [...this.model.legs].find(([, leg]) => leg.frequencyHz === toneHz)?.[0];
      const expected = source === undefined ? 0 : toneAmplitude * this.model.gain(listener, source);
      expectTone(frame, toneHz, expected, where);
    }
  }

  #toolFrame({ legId, place }: WorkerLeg, tick: number): LoggedFrame {
    const state = this.model.toolState(legId);
    const samples = place!.sourceFrame;
    const sounds = samples.some((value) => value !== 0);
    if (state !== 'open') return { tick, legId, state, samples: undefined };
    if (!sounds && this.#isSteady(legId)) throw new Error(`tick ${tick}: nothing of ${legId}`);
    const open: TapState = sounds ? 'audio' : 'silent';
    return { tick, legId, state: open, samples: sounds ? Float32Array.from(samples) : undefined };
  }

  /** Whether its tone has been there, whole, for longer than mixer and resampler remember; or has been gone that long. */
  #isSteady(legId: string): boolean {
    const { openTicks, muted, isolated } = this.#legOf(legId);
    return openTicks >= 4 || ((muted || isolated) && openTicks >= -1);
  }

  #legOf(legId: string): ModelLeg {
    const leg = this.model.legs.get(legId);
    if (!leg) throw new Error(`There is no ${legId}.`);
    return leg;
  }
}

function expectTone(frame: Float32Array, toneHz: number, expected: number, where: string): void {
  const amplitude = amplitudeOf(frame, toneHz);
  if (Math.abs(amplitude - expected) <= (expected === 0 ? mostLeak : expected * 0.02)) return;
  throw new Error(`${where}: ${toneHz} Hz has ${amplitude} instead of ${expected}`);
}

/** A leg that leaves the mix hears the last value it had fade in 3 ms, and nothing of what others said after it; one that is back hears them fade in. */
function fadeAcross(mix: Float32Array, before: Float32Array, isolated: boolean): void {
  const edge = 144;
  for (let n = 0; n < 960; n++) {
    if (isolated) mix[n] = n < edge ? before[959]! * (1 - (n + 0.5) / edge) : 0;
    else mix[n] = (mix[n]! * (n + 1)) / 960;
  }
}
