/** All calls of one media worker: carries out commands, runs every call's tick, counts. */
import { asCodedError, CodedError } from '../errors.js';
import { applyToCall, refuse } from './call-commands.js';
import { answer, fail } from './command-answer.js';
import type { DatagramPort, DatagramPorts } from './datagram-ports.js';
import type { LevelMeter } from './dsp/level.js';
import type { Kernels } from './dsp/kernels.js';
import type { Rnnoise } from './dsp/rnnoise.js';
import type { CancelCause, LegMedia, MediaCommand, MediaEvent, MediaResult } from './protocol.js';
import { digitOfEvent } from './rtp/telephone-event.js';
import { runTick } from './tick.js';
import type { TickTurn } from './ticker.js';
import { type CallRoom, WorkerCall } from './worker-call.js';
import { WorkerLeg } from './worker-leg.js';
import { WorkerMeter } from './worker-meter.js';

/** What the calls of a worker live on. */
export interface WorkerResources {
  readonly kernels: Kernels;
  readonly meter: LevelMeter;
  /** Absent = nothing is denoised. */
  readonly rnnoise?: Rnnoise;
  readonly ports: DatagramPorts;
  readonly emit: (event: MediaEvent) => void;
  /** Monotonic, ms. */
  readonly nowMs: () => number;
  /** Unix time minus `nowMs`, for RTCP. */
  readonly wallOffsetMs: number;
  readonly heapUsedBytes: () => number;
}

type OpenLeg = Extract<MediaCommand, { type: 'openLeg' }>;

/** The calls of one worker. */
export class WorkerCalls {
  readonly #calls = new Map<string, WorkerCall>();
  readonly #resources: WorkerResources;
  readonly #room: CallRoom;
  readonly #meter: WorkerMeter;

  constructor(resources: WorkerResources) {
    const { kernels, meter, nowMs } = resources;
    this.#meter = new WorkerMeter();
    this.#resources = { ...resources, ports: this.#meter.countingPorts(resources.ports) };
    const { ports } = this.#resources;
    this.#room = { kernels, meter, emit: resources.emit, flush: () => ports.flush?.(), nowMs };
  }

  /** Legs of all calls. */
  get legCount(): number {
    let legs = 0;
    for (const call of this.#calls.values()) legs += call.legs.length;
    return legs;
  }

  /** Carries out one command; what concerns audio takes effect at the next tick. */
  command(command: MediaCommand): void {
    switch (command.type) {
      case 'openCall':
        this.#openCall(command.callId);
        return;
      case 'openLeg':
        void this.#openLeg(command);
        return;
      case 'closeCall':
        answer(this.#resources.emit, command.requestId, this.#closeCall(command.callId));
        return;
      case 'stop':
        for (const callId of [...this.#calls.keys()]) this.#closeCall(callId);
        return;
      default: {
        const call = this.#calls.get(command.callId);
        if (call && command.type === 'connectLeg') this.#expectMedia(call, command.legId, command.media);
        if (call) call.pending.push(() => applyToCall(call, command));
        else refuse(this.#resources.emit, command);
      }
    }
  }

  /** Runs the tick of every call; one that throws ends alone. */
  tick(turn: TickTurn): void {
    const { ports, nowMs } = this.#resources;
    const beganMs = nowMs();
    ports.drain?.();
    const tickMs = nowMs();
    for (const call of this.#calls.values()) {
      try {
        runTick(call, turn, tickMs);
      } catch (thrown) {
        this.#failCall(call, thrown);
      }
    }
    ports.flush?.();
    if (this.#meter.tick(turn, nowMs() - beganMs)) this.#reportMetrics();
  }

  /** Audio may be on its way already: it must find the leg prepared, not wait for the tick. */
  #expectMedia(call: WorkerCall, legId: string, media: LegMedia): void {
    try {
      call.leg(legId)?.expect(media, this.#resources.nowMs());
    } catch {
      // The tick meets the same fault, and ends the leg with it.
    }
  }

  #openCall(callId: string): void {
    try {
      this.#calls.set(callId, new WorkerCall(callId, this.#room));
    } catch (thrown) {
      this.#resources.emit({ type: 'callFailed', callId, tick: 0, detail: asCodedError(thrown).detail });
    }
  }

  /** @param cause what its interactions are told */
  #closeCall(callId: string, cause: CancelCause = 'callEnded'): MediaResult {
    const call = this.#calls.get(callId);
    this.#calls.delete(callId);
    // Whoever still waits for an answer of this call gets one.
    for (const apply of call?.pending.splice(0) ?? []) apply();
    call?.close(cause);
    return { type: 'callClosed', tick: call?.tick ?? 0 };
  }

  #failCall(call: WorkerCall, thrown: unknown): void {
    const { callId, tick } = call;
    this.#closeCall(callId, 'mediaFailed');
    const detail = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
    this.#resources.emit({ type: 'callFailed', callId, tick, detail });
  }

  async #openLeg(command: OpenLeg): Promise<void> {
    const { requestId, callId } = command;
    const sockets: DatagramPort[] = [];
    let leg: WorkerLeg | undefined;
    try {
      const { ports } = this.#resources;
      const opened = (leg = this.#createLeg(command));
      const { host, rtpPort, rtcpPort } = command;
      const rtp = await ports.open(host, rtpPort, (bytes, length, address, port, arrivalMs) =>
        opened.receiveRtp(bytes, length, address, port, arrivalMs),
      );
      sockets.push(rtp);
      const rtcp = await ports.open(host, rtcpPort, (bytes, length, address, port, arrivalMs) =>
        opened.receiveRtcp(bytes, length, address, port, arrivalMs),
      );
      sockets.push(rtcp);
      const call = this.#calls.get(callId);
      if (!call) throw new CodedError('callEnded');
      opened.attach({ rtp, rtcp }, call.mixer.addLeg(opened.legId));
      call.legs.push(opened);
      answer(this.#resources.emit, requestId, { type: 'legOpened' });
    } catch (thrown) {
      leg?.close(this.#resources.nowMs());
      for (const socket of sockets) socket.close();
      fail(this.#resources.emit, requestId, thrown);
    }
  }

  #createLeg({ callId, leg: opening, ssrc, cname, seed }: OpenLeg): WorkerLeg {
    const call = this.#calls.get(callId);
    if (!call) throw new CodedError('callEnded');
    const { kernels, rnnoise, nowMs, wallOffsetMs, emit } = this.#resources;
    const { legId } = opening;
    const leg: WorkerLeg = new WorkerLeg({
      opening,
      number: call.nextLegNumber(),
      ssrc,
      rtcp: { cname, seed, nowMs: nowMs(), wallOffsetMs },
      kernels,
      rnnoise,
      programmes: call.programmes,
      nowMs: nowMs(),
      listener: {
        latched: (address, port) => emit({ type: 'latched', callId, legId, tick: call.tick, address, port }),
        dropped: () => this.#meter.packetDropped(),
        relayBegan: (event, volume) => {
          // What is pressed outside the mix stays there, also when the leg is back a moment later.
          if (leg.place?.inMix) call.presses.push({ leg, event, volume, durationMs: undefined });
        },
        relayEnded: (event, durationMs) => call.presses.push({ leg, event, volume: 0, durationMs }),
        digit: (event, durationMs, source) => {
          emit({ type: 'digit', callId, legId, tick: call.tick, digit: digitOfEvent(event), durationMs, source });
        },
      },
    });
    return leg;
  }

  #reportMetrics(): void {
    const { kernels, heapUsedBytes, emit } = this.#resources;
    const gauges = {
      calls: this.#calls.size,
      legs: this.legCount,
      wasmBytes: kernels.liveBytes,
      heapUsedBytes: heapUsedBytes(),
    };
    emit({ type: 'metrics', metrics: this.#meter.take(gauges) });
  }
}
