import type { TapListener, TapSource } from '../../src/media/tap/reader.js';
import { TapReader } from '../../src/media/tap/reader.js';
import type { TapState } from '../../src/media/tap/ring.js';

/** One frame as a tool got it. */
export interface LoggedFrame {
  readonly tick: number;
  readonly legId: string;
  readonly state: TapState;
  /** A copy. */
  readonly samples: Float32Array | undefined;
}

/** A tool that keeps everything it gets. */
export class TapLog implements TapListener {
  readonly reader: TapReader;
  readonly lines: string[] = [];
  readonly frames: LoggedFrame[] = [];
  /** Ticks told whole. */
  readonly ticks: number[] = [];

  constructor(ring: SharedArrayBuffer) {
    this.reader = new TapReader(ring);
  }

  read(mostTicks?: number): number {
    return this.reader.read(this, mostTicks);
  }

  sourceJoined({ number, legId, firstTick }: TapSource): void {
    this.lines.push(`${firstTick} joined ${number} ${legId}`);
  }

  frame({ legId }: TapSource, tick: number, state: TapState, samples: Float32Array | undefined): void {
    this.lines.push(`${tick} ${legId} ${state}`);
    this.frames.push({ tick, legId, state, samples: samples && Float32Array.from(samples) });
  }

  sourceLeft({ legId }: TapSource, tick: number): void {
    this.lines.push(`${tick} left ${legId}`);
  }

  tickEnded(tick: number): void {
    this.ticks.push(tick);
  }

  ticksMissing(tick: number, count: number): void {
    this.lines.push(`${tick} missing ${count}`);
  }

  ended(tick: number): void {
    this.lines.push(`${tick} ended`);
  }

  /** What was logged since the last time. */
  take(): string[] {
    return this.lines.splice(0);
  }
}
