import { asCodedError, CodedError } from '../../errors.js';
import type { CallMediaEvent } from '../../media/plane.js';
import type { PromptSource } from '../../speech/port.js';
import type { Call } from '../call.js';
import type { CallContext } from '../context.js';
import { CallPrompt } from '../prompts/call-prompt.js';
import { reportPrompt } from '../prompts/prompted.js';
import { RecordBooks } from '../record-book.js';
import { Playback, type PlaybackOutcome, type PlaybackRequest } from './playback.js';
import { playbackDefaults, type PlaybackView, viewPlayback } from './view.js';

/** Playbacks of a call at a time, those being prepared included. */
const maxOpen = 32;

/** A playback that was begun. */
export interface RunningPlayback {
  readonly playbackId: string;
  /** Resolves exactly once with how it ended; rejects with the prompt's CodedError when the prompt could not be had. */
  readonly done: Promise<PlaybackOutcome>;
}

/** Plays into what participants hear: announcements, tones, music. Any number of them may sound at a time. */
export class PlaybackDesk {
  readonly #context: CallContext;
  readonly #prompts: PromptSource;
  readonly #books: RecordBooks<Playback>;

  constructor(context: CallContext, prompts: PromptSource) {
    this.#context = context;
    this.#prompts = prompts;
    this.#books = new RecordBooks(context.events);
    context.mediaEvents.subscribe((event) => {
      this.#onMedia(event);
    });
  }

  /** Begins a playback. @throws CodedError `callEnded`, `legNotFound`, `legEnded`, `capacityReached` (too many at a time) */
  start(call: Call, request: PlaybackRequest): RunningPlayback {
    const { id, done } = this.#begin(call, request);
    return { playbackId: id, done };
  }

  /** The same for edges: resolves once its prompt is ready. @throws CodedError also `callNotFound`, and of the prompt */
  async create(callId: string, request: PlaybackRequest): Promise<PlaybackView> {
    const playback = this.#begin(this.#context.registry.get(callId), request);
    await playback.prepared;
    if (playback.failure !== undefined) throw playback.failure;
    return viewPlayback(playback);
  }

  /** Those of a call that can be read, newest first. @throws CodedError `callNotFound` */
  list(callId: string): readonly PlaybackView[] {
    this.#context.registry.get(callId);
    return [...this.#books.of(callId).all()].reverse().map(viewPlayback);
  }

  /** @throws CodedError `callNotFound`, `playbackNotFound` */
  get(callId: string, playbackId: string): PlaybackView {
    this.#context.registry.get(callId);
    return viewPlayback(this.#find(callId, playbackId));
  }

  /** Pauses or resumes; nothing when it is over. @throws CodedError `callNotFound`, `playbackNotFound` */
  pause(callId: string, playbackId: string, paused: boolean): PlaybackView {
    const call = this.#context.registry.get(callId);
    const playback = this.#find(callId, playbackId);
    if (playback.pause(paused) && playback.status !== 'preparing') {
      call.media.pausePlayback(playbackId, paused);
      call.tell('playback.updated', undefined, { playbackId, paused });
    }
    return viewPlayback(playback);
  }

  /** Stops a playback; nothing when it is over. @throws CodedError `callNotFound`, `playbackNotFound` */
  stop(callId: string, playbackId: string): void {
    const call = this.#context.registry.get(callId);
    const playback = this.#find(callId, playbackId);
    if (playback.status === 'preparing') this.#finish(call, playback, { end: 'stopped', playedMs: 0 });
    else if (!playback.over) call.media.stopPlayback(playbackId);
  }

  #begin(call: Call, request: PlaybackRequest): Playback {
    if (!call.open) throw new CodedError('callEnded');
    for (const legId of request.legIds ?? []) {
      if (call.leg(legId).end !== undefined) throw new CodedError('legEnded');
    }
    if (this.#books.of(call.id).open().length >= maxOpen) {
      throw new CodedError('capacityReached', `The call has ${maxOpen} playbacks already.`);
    }
    const { ids, clock } = this.#context;
    const id = ids.next('playback');
    const playback = new Playback({ id, callId: call.id, request, createdAtMs: clock.nowMs() });
    this.#books.add(call.id, playback);
    reportPrompt(playback, this.#context.log);
    // What the media plane has ended is over by then: this is for what it knew nothing of, or is silent about.
    const forget = call.beforeEnded.add(() => {
      this.#finish(call, playback, { end: 'callEnded', playedMs: 0 });
    });
    playback.done.then(forget, forget);
    this.#prompts
      .prepare(request.prompt, playback.signal)
      .then(
        (prepared) => {
          this.#play(call, playback, new CallPrompt(prepared));
        },
        (thrown: unknown) => {
          this.#fail(call, playback, asCodedError(thrown));
        },
      )
      .catch((thrown: unknown) => {
        this.#context.log.error({ err: thrown }, 'A playback could not be started.');
      });
    return playback;
  }

  #play(call: Call, playback: Playback, prompt: CallPrompt): void {
    const { id, beginning } = playback;
    if (!call.open) {
      this.#finish(call, playback, { end: 'callEnded', playedMs: 0 });
    } else if (playback.activate(prompt)) {
      const { legIds, duckDb = playbackDefaults.duckDb } = beginning.request;
      call.media.startPlayback({
        playbackId: id,
        programme: prompt.programme(call, beginning.request),
        legIds,
        duckDb,
      });
      if (playback.paused) call.media.pausePlayback(id, true);
    }
  }

  #fail(call: Call, playback: Playback, failure: CodedError): void {
    if (!playback.fail(failure, this.#context.clock.nowMs())) return;
    const { code, detail } = failure;
    call.tell('playback.failed', undefined, { playbackId: playback.id, code, detail });
  }

  #finish(call: Call, playback: Playback, outcome: PlaybackOutcome, exactTick?: number): void {
    if (!playback.end(outcome, exactTick ?? call.tick, this.#context.clock.nowMs())) return;
    call.tell('playback.ended', undefined, { playbackId: playback.id, ...outcome }, exactTick);
  }

  #onMedia(event: CallMediaEvent): void {
    const call = this.#context.registry.find(event.callId);
    if (call === undefined) return;
    const book = this.#books.of(event.callId);
    if (event.type === 'playbackStarted') {
      const playback = book.find(event.playbackId);
      if (!playback?.begun(event.tick, this.#context.clock.nowMs())) return;
      const { legIds } = playback.beginning.request;
      call.tell('playback.started', undefined, { playbackId: event.playbackId, legIds }, event.tick);
    } else if (event.type === 'playbackEnded') {
      const { end, playedMs, tick } = event;
      const playback = book.find(event.playbackId);
      if (playback !== undefined) this.#finish(call, playback, { end, playedMs }, tick);
    } else if (event.type === 'callFailed') {
      for (const playback of book.open()) {
        this.#finish(call, playback, { end: 'callEnded', playedMs: 0 }, event.tick);
      }
    }
  }

  #find(callId: string, playbackId: string): Playback {
    const found = this.#books.of(callId).find(playbackId);
    if (found === undefined) throw new CodedError('playbackNotFound');
    return found;
  }
}
