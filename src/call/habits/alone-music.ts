import type { Call } from '../call.js';
import type { CallContext } from '../context.js';
import type { PlaybackDesk } from '../playbacks/desk.js';

/** Music that goes on. */
interface Playing {
  readonly legId: string;
  readonly playbackId: string;
}

/** Plays music to whoever is alone in the mix, for as long as that lasts; legs kept out or in an interaction do not count. */
export class AloneMusic {
  readonly #context: CallContext;
  readonly #playbacks: PlaybackDesk;
  readonly #playing = new Map<string, Playing>();

  constructor(context: CallContext, playbacks: PlaybackDesk) {
    this.#context = context;
    this.#playbacks = playbacks;
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
    if (playing !== undefined) this.#stop(callId, playing);
    if (legId !== undefined) this.#start(call, legId);
  }

  #start(call: Call, legId: string): void {
    const { aloneMusic } = call.policy;
    if (aloneMusic === undefined) return;
    try {
      const { playbackId, done } = this.#playbacks.start(call, { prompt: aloneMusic, legIds: [legId], plays: 0 });
      this.#playing.set(call.id, { legId, playbackId });
      done.catch((thrown: unknown) => {
        this.#context.log.warn({ err: thrown, callId: call.id }, 'Music could not be played to a leg that is alone.');
      });
    } catch (thrown) {
      this.#context.log.warn({ err: thrown, callId: call.id }, 'Music could not be played to a leg that is alone.');
    }
  }

  #stop(callId: string, { playbackId }: Playing): void {
    this.#playing.delete(callId);
    try {
      this.#playbacks.stop(callId, playbackId);
    } catch (thrown) {
      // Its record may be gone by now, and it with it.
      this.#context.log.debug({ err: thrown, callId }, 'Music for who is alone was over already.');
    }
  }
}

/** The only leg in the mix; undefined when there is none, or company. */
function aloneIn(call: Call): string | undefined {
  const [first, second] = call.legs.filter((leg) => leg.inMix);
  return second === undefined ? first?.id : undefined;
}
