/** What is played to the participants of one call: to all of them, or to some, several things at once. */
import { frameSamples } from './dsp/frame.js';
import { Playback } from './isolation/playback.js';
import type { ProgrammeInput } from './mixer/programme-input.js';
import type { MediaCommand, MediaEvent, PlaybackEnd } from './protocol.js';
import type { WorkerCall } from './worker-call.js';
import type { WorkerLeg } from './worker-leg.js';

/** Commands this file carries out. */
export type PlaybackCommand = Extract<
  MediaCommand,
  { type: 'startPlayback' | 'pausePlayback' | 'stopPlayback' | 'extendProgramme' }
>;

interface Running {
  readonly playback: Playback;
  /** Undefined = everybody in the mix. */
  readonly listeners: WorkerLeg[] | undefined;
  /** Its end has been told; what is left of it fades. */
  over: boolean;
}

/** The playbacks of one call. What sounds at the same time adds up; the lowest of their gains is that of the mix. */
export class CallPlaybacks {
  readonly #call: WorkerCall;
  readonly #running: Running[] = [];
  /** What several listeners get, made once; allocated when it is first needed. */
  #shared = 0;

  constructor(call: WorkerCall) {
    this.#call = call;
  }

  /** Phase 1. */
  apply(command: PlaybackCommand): void {
    switch (command.type) {
      case 'startPlayback':
        this.#start(command);
        return;
      case 'pausePlayback':
        this.#find(command.playbackId)?.playback.pause(command.paused);
        return;
      case 'stopPlayback': {
        const running = this.#find(command.playbackId);
        if (running) this.#end(running, 'stopped');
        return;
      }
      case 'extendProgramme':
        this.#call.programmes.extend(command.programmeId, command.clips, command.complete);
    }
  }

  /** Phase 5: adds this tick of all playbacks to what is played to the call and to its legs. */
  play(): void {
    if (this.#running.length === 0) return;
    const all = this.#call.mixer.programme;
    for (const { playback, listeners } of this.#running) {
      if (!listeners && playback.isBusy) playback.fill(this.#open(all, duckOf(playback)));
    }
    for (const running of this.#running) this.#playToSome(running, all.duckGain);
    for (let index = this.#running.length - 1; index >= 0; index--) {
      const running = this.#running[index]!;
      if (running.playback.completed && !running.over) this.#end(running, 'completed');
      if (running.over && !running.playback.isBusy) this.#running.splice(index, 1);
    }
  }

  /** A leg is about to leave the call. */
  release(leg: WorkerLeg): void {
    for (const running of this.#running) {
      const index = running.listeners?.indexOf(leg) ?? -1;
      if (index < 0) continue;
      running.listeners?.splice(index, 1);
      if (running.listeners?.length === 0 && !running.over) this.#end(running, 'legsGone');
    }
  }

  /** The call ends. */
  close(): void {
    for (const running of this.#running) if (!running.over) this.#end(running, 'callEnded');
    this.#running.length = 0;
    if (this.#shared !== 0) this.#call.room.kernels.free(this.#shared);
    this.#shared = 0;
  }

  #start(command: Extract<MediaCommand, { type: 'startPlayback' }>): void {
    const { callId, edgeTick: tick, room, programmes } = this.#call;
    const { order } = command;
    const { playbackId, legIds } = order;
    const same = this.#find(playbackId);
    if (same) this.#end(same, 'stopped');
    const listeners = legIds && this.#call.legs.filter(({ legId }) => legIds.includes(legId));
    if (listeners?.length === 0) {
      room.emit(refusedPlayback(command, tick, 'legsGone'));
      return;
    }
    if (listeners) this.#shared ||= room.kernels.allocateFloats(frameSamples);
    this.#running.push({ playback: new Playback(order, programmes), listeners, over: false });
    room.emit({ type: 'playbackStarted', callId, tick, playbackId });
  }

  /** @param duckedAlready gain on everybody's mix, which is not to be lowered twice */
  #playToSome({ playback, listeners }: Running, duckedAlready: number): void {
    if (!listeners || !playback.isBusy) return;
    const { run } = this.#call.room.kernels;
    const duck = Math.min(1, duckOf(playback) / duckedAlready);
    const [first] = listeners;
    if (listeners.length === 1 && first?.place?.inMix) {
      playback.fill(this.#open(first.place.programme, duck));
      return;
    }
    const shared = this.#call.room.kernels.f32(this.#shared, frameSamples);
    shared.fill(0);
    playback.fill(shared);
    for (const { place } of listeners) {
      if (!place?.inMix) continue;
      this.#open(place.programme, duck);
      run.add(this.#shared, place.programme.pointer, frameSamples);
    }
  }

  /** Opens a programme for this tick, or adds to what it has. */
  #open(programme: ProgrammeInput, duck: number): Float32Array {
    if (!programme.submitted) this.#call.room.kernels.run.zero(programme.pointer, frameSamples);
    programme.submit(Math.min(duck, programme.duckGain));
    return programme.frame;
  }

  #find(playbackId: string): Running | undefined {
    return this.#running.find(({ playback, over }) => !over && playback.playbackId === playbackId);
  }

  #end(running: Running, end: PlaybackEnd): void {
    const { callId, edgeTick: tick, room } = this.#call;
    const { playback } = running;
    playback.stop();
    running.over = true;
    const { playbackId, playedMs } = playback;
    room.emit({ type: 'playbackEnded', callId, tick, playbackId, end, playedMs });
  }
}

/** What is told of a playback that never began, because nobody is there to hear it. */
export function refusedPlayback(
  { callId, order }: Extract<MediaCommand, { type: 'startPlayback' }>,
  tick: number,
  end: PlaybackEnd,
): MediaEvent {
  return { type: 'playbackEnded', callId, tick, playbackId: order.playbackId, end, playedMs: 0 };
}

/** While it only fades, the mix is back already. */
function duckOf(playback: Playback): number {
  return playback.isPlaying ? playback.duckGain : 1;
}
