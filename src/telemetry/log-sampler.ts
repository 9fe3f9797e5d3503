/** Verdict on one line. */
export type SampleVerdict =
  | { readonly write: false }
  /** `suppressed` = equal messages not written since the last one that was. */
  | { readonly write: true; readonly suppressed: number };

interface Window {
  startMs: number;
  written: number;
  suppressed: number;
}

const windowMs = 1000;
/** Messages are static, so there are not many; this only bounds mistakes. */
const maxMessages = 1000;

/**
 * Keeps a flood of packets or requests from becoming a flood of lines (SAFETY M9): of each message, so many per second;
 * the next one that is written tells how many were not.
 */
export class LogSampler {
  private readonly windows = new Map<string, Window>();

  constructor(private readonly perSecond: number) {}

  /** Decides on a line with this message at `nowMs` (any monotonic clock). */
  take(message: string, nowMs: number): SampleVerdict {
    const window = this.windows.get(message) ?? this.open(message, nowMs);
    if (nowMs - window.startMs >= windowMs) {
      window.startMs = nowMs;
      window.written = 0;
    }
    if (window.written >= this.perSecond) {
      window.suppressed++;
      return { write: false };
    }
    window.written++;
    const { suppressed } = window;
    window.suppressed = 0;
    return { write: true, suppressed };
  }

  private open(message: string, nowMs: number): Window {
    if (this.windows.size >= maxMessages) this.windows.clear();
    const window = { startMs: nowMs, written: 0, suppressed: 0 };
    this.windows.set(message, window);
    return window;
  }
}
