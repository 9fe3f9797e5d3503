/** Something played into what participants hear: an announcement, a tone, music. */
import { busRateHz } from '../dsp/frame.js';
import type { PlaybackOrder } from '../protocol.js';
import { FadeTail } from './fades.js';
import { ProgrammePlayer } from './programme-player.js';
import type { ProgrammeRegistry } from './programme-track.js';

/**
 * One playback; pausing and stopping leave a fading end.
 *
 *     ┌─────────┐ ── pause ──► ┌────────┐
 *     │ playing │              │ paused │        either: stopped; playing: its last sample
 *     └─────────┘ ◄─ resume ── └────────┘
 */
export class Playback {
  readonly playbackId: string;
  /** Linear gain on the mix of those who hear it while it plays. */
  readonly duckGain: number;
  readonly #registry: ProgrammeRegistry;
  readonly #player: ProgrammePlayer;
  readonly #tail = new FadeTail();
  #paused = false;
  #stopped = false;

  constructor(order: PlaybackOrder, registry: ProgrammeRegistry) {
    this.playbackId = order.playbackId;
    this.duckGain = 10 ** (order.duckDb / 20);
    this.#registry = registry;
    this.#player = new ProgrammePlayer(registry.open(order.programme));
  }

  /** Whether it is heard, and ducks, in the next tick. */
  get isPlaying(): boolean {
    return !this.#paused && !this.#stopped;
  }

  /** Whether the next tick has anything of it. */
  get isBusy(): boolean {
    return this.isPlaying || this.#tail.sounding;
  }

  /** Whether its last sample has been heard. */
  get completed(): boolean {
    return this.#player.ended;
  }

  /** How much of it was heard, ms. */
  get playedMs(): number {
    return (this.#player.playedSamples * 1000) / busRateHz;
  }

  pause(paused: boolean): void {
    if (paused && this.isPlaying) this.#player.cut(this.#tail);
    this.#paused = paused;
  }

  /** Stops for good; the programme is given back. */
  stop(): void {
    if (this.isPlaying) this.#player.cut(this.#tail);
    this.#stopped = true;
    this.#registry.close(this.#player.track);
  }

  /** Adds a tick of it to a frame. */
  fill(frame: Float32Array): void {
    if (this.isPlaying) this.#player.fill(frame, 0);
    this.#tail.drainInto(frame);
  }
}
