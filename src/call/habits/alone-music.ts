import type { Call } from '../call.js';
import type { CallContext } from '../context.js';
import type { HabitSounds } from './sounds.js';

/** Music that goes on. */
interface Playing {
  readonly legId: string;
  readonly playbackId: string;
}

/** Plays music to whoever is alone in the mix, for as long as that lasts; legs kept out or in an interaction do not count. */
export class AloneMusic {
  readonly #context: CallContext;
  readonly #sounds: HabitSounds;
  readonly #playing = new Map<string, Playing>();

  constructor(context: CallContext, sounds: HabitSounds) {
    this.#context = context;
    this.#sounds = sounds;
    context.events.subscribe(({ type, callId }) => {
      if (type === 'call.ended') this.#playing.delete(callId);
      else if (type === 'call.updated' || (type.startsWith('leg.') && type !== 'leg.updated')) this.#look(callId);
    });
  }

  #look(callId: string): void {
    const call = this.#context.registry.find(callId);
    if (!call?.open) return;
    const playing = this.#playing.get(callId);
    const legId = call.policy.aloneMusic === undefined ? undefined : aloneIn(call);
    if (legId === playing?.legId) return;
    if (playing !== undefined) this.#sounds.stop(callId, playing.playbackId);
    this.#playing.delete(callId);
    if (legId !== undefined) this.#start(call, legId);
  }

  #start(call: Call, legId: string): void {
    const { aloneMusic } = call.policy;
    if (aloneMusic === undefined) return;
    const playbackId = this.#sounds.play(call, 'aloneMusic', { prompt: aloneMusic, legIds: [legId], plays: 0 });
    if (playbackId !== undefined) this.#playing.set(call.id, { legId, playbackId });
  }
}

/** The only leg in the mix; undefined when there is none, or company. */
function aloneIn(call: Call): string | undefined {
  const [first, second] = call.legs.filter((leg) => leg.inMix);
  return second === undefined ? first?.id : undefined;
}
