import type { Call } from '../call.js';
import type { CallLog } from '../log.js';
import type { PlaybackDesk } from '../playbacks/desk.js';
import type { PlaybackRequest } from '../playbacks/playback.js';

/** What habits want heard. A call goes on without it; the log is told why. */
export class HabitSounds {
  readonly #playbacks: PlaybackDesk;
  readonly #log: CallLog;

  constructor(playbacks: PlaybackDesk, log: CallLog) {
    this.#playbacks = playbacks;
    this.#log = log;
  }

  /** Begins to play. @param habit for the log @returns what {@link stop} wants; undefined when that cannot be */
  play(call: Call, habit: string, request: PlaybackRequest): string | undefined {
    const unheard = (thrown: unknown): undefined => {
      this.#log.warn({ err: thrown, callId: call.id, habit }, 'What a call is used to hear could not be played.');
    };
    if (!call.open) return undefined;
    try {
      const { playbackId, done } = this.#playbacks.start(call, request);
      done.catch(unheard);
      return playbackId;
    } catch (thrown) {
      return unheard(thrown);
    }
  }

  /** Stops what {@link play} began; nothing when it is over. */
  stop(callId: string, playbackId: string): void {
    try {
      this.#playbacks.stop(callId, playbackId);
    } catch (thrown) {
      // Its record may be gone by now, and it with it.
      this.#log.debug({ err: thrown, callId }, 'What was to be stopped was over already.');
    }
  }
}
