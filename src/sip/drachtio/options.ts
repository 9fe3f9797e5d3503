/** Settings of the drachtio adapter. */
import type { Admission } from '../admission/admission.js';

/** Where log lines go; messages are static, values are fields, and keys that start with `pii` hold personal data. */
export type LogSink = (
  level: 'debug' | 'info' | 'warn' | 'error',
  message: string,
  fields?: Readonly<Record<string, unknown>>,
) => void;

/** When to try again after the connection to drachtio-server was lost or refused. */
export interface ReconnectSettings {
  /** First delay; every further one is 1.7 times as long. */
  readonly minDelayMs: number;
  /** Longest delay, so that calls work soon after the server's return. */
  readonly maxDelayMs: number;
  /** Delay after a refused secret: a person has to act, and hammering helps nobody. */
  readonly refusedDelayMs: number;
  /** An attempt that is not through after this long is abandoned. */
  readonly connectTimeoutMs: number;
}

/** How a half-open connection is noticed. */
export interface LinkWatchSettings {
  /** A ping goes out this often. */
  readonly pingIntervalMs: number;
  /** Nothing heard over pings that span this long = dead, noticed when the next one is due. */
  readonly silenceMs: number;
}

/** All settings; times have defaults. */
export interface DrachtioOptions {
  readonly host: string;
  readonly port: number;
  readonly secret: string;
  /** Who may send us requests outside dialogs. */
  readonly admission: Pick<Admission, 'admit'>;
  readonly log: LogSink;
  readonly reconnect?: Partial<ReconnectSettings>;
  readonly watch?: Partial<LinkWatchSettings>;
  /** How long dialogs outlive a lost connection; 30 s. */
  readonly graceMs?: number;
  /** How often dialogs that outlived one are asked whether their peer is still there; 30 s. */
  readonly probeIntervalMs?: number;
  /** Scales the waits of RFC 3261 that the adapter does itself (glare, missing ACK); 500 ms. */
  readonly t1Ms?: number;
}

export const defaultReconnect: ReconnectSettings = {
  minDelayMs: 250,
  maxDelayMs: 2000,
  refusedDelayMs: 30_000,
  connectTimeoutMs: 5000,
};

/** With these a dead connection is noticed after 10 to 15 s. */
export const defaultWatch: LinkWatchSettings = { pingIntervalMs: 5000, silenceMs: 12_000 };
