/** What the leg of an interaction hears: a lead ("I did not understand you"), the prompt, then music or nothing. */
import { busRateHz } from '../dsp/frame.js';
import type { InteractionOrder } from '../protocol.js';
import type { FadeTail } from './fades.js';
import { ProgrammePlayer } from './programme-player.js';
import type { ProgrammeRegistry } from './programme-track.js';

/** What is said before the prompt. */
export type Lead = 'noInput' | 'invalid' | undefined;

/** The players of one interaction. They take their programmes from the registry and give them back when closed. */
export class InteractionSound {
  readonly #registry: ProgrammeRegistry;
  readonly #prompt: ProgrammePlayer;
  readonly #noInput: ProgrammePlayer | undefined;
  readonly #invalid: ProgrammePlayer | undefined;
  readonly #music: ProgrammePlayer | undefined;
  readonly #all: readonly ProgrammePlayer[];
  /** The one that sounds now. */
  #current: ProgrammePlayer | undefined;

  constructor(order: InteractionOrder, registry: ProgrammeRegistry) {
    this.#registry = registry;
    const all: ProgrammePlayer[] = [];
    const open = (programme: InteractionOrder['music']): ProgrammePlayer | undefined => {
      if (!programme) return undefined;
      const player = new ProgrammePlayer(registry.open(programme));
      all.push(player);
      return player;
    };
    this.#prompt = new ProgrammePlayer(registry.open(order.prompt));
    this.#noInput = open(order.noInputPrompt);
    this.#invalid = open(order.invalidPrompt);
    this.#music = open(order.music);
    this.#all = [this.#prompt, ...all];
  }

  /** Prompt audio heard so far, leads included, ms. */
  get playedMs(): number {
    let samples = 0;
    for (const player of this.#all) if (player !== this.#music) samples += player.playedSamples;
    return (samples * 1000) / busRateHz;
  }

  /** Begins to ask; what sounded is cut. */
  ask(lead: Lead, tail: FadeTail): void {
    const leading = lead === 'noInput' ? this.#noInput : lead && this.#invalid;
    this.#change(leading ?? this.#prompt, tail);
    this.#prompt.restart();
    this.#current?.restart();
  }

  /** Begins to wait. */
  wait(tail: FadeTail): void {
    this.#change(this.#music, tail);
    this.#music?.restart();
  }

  /** Nothing more is heard. */
  hush(tail: FadeTail): void {
    this.#change(undefined, tail);
  }

  /** Adds a tick of prompt. @returns index of the first sample after it: less than the frame's length only at its end */
  fillPrompt(frame: Float32Array): number {
    let at = 0;
    if (this.#current && this.#current !== this.#prompt) {
      at = this.#current.fill(frame, 0);
      if (!this.#current.ended) return at;
      this.#current = this.#prompt;
    }
    return at < frame.length ? this.#prompt.fill(frame, at) : at;
  }

  /** Whether the prompt has come to its end. */
  get promptEnded(): boolean {
    return this.#current === this.#prompt && this.#prompt.ended;
  }

  /** Adds a tick of music. */
  fillMusic(frame: Float32Array): void {
    if (this.#current === this.#music) this.#music?.fill(frame, 0);
  }

  close(): void {
    for (const { track } of this.#all) this.#registry.close(track);
  }

  #change(to: ProgrammePlayer | undefined, tail: FadeTail): void {
    this.#current?.cut(tail);
    this.#current = to;
  }
}
