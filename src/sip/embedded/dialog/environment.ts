/** What dialogs share with the gateway they live in. */
import type { SipMessage } from '../../message/message.js';
import type { TimerSettings } from '../transaction/machine.js';
import type { Scheduler } from '../transaction/scheduler.js';
import type { TransactionLayer } from '../transaction/transaction-layer.js';
import type { Target } from '../transport/flow.js';
import type { DialogTable } from './dialog-table.js';
import type { SessionTimerSettings } from '../../rules/session-timer.js';

/** One gateway, as its dialogs see it. */
export interface DialogEnvironment {
  readonly transactions: TransactionLayer;
  readonly dialogs: DialogTable;
  readonly scheduler: Scheduler;
  readonly timers: TimerSettings;
  readonly sessionTimer: SessionTimerSettings;
  /** In [0, 1). */
  random(): number;
  /** Our Contact value for messages to `target`. */
  contact(target: Target): string;
  /** Where a URI leads, or undefined when that is nowhere we can send to. */
  resolve(uri: string): Target | undefined;
  /** Sends outside of transactions (the ACK of a 2xx); `onError` as in `Wire.send`. */
  send(message: SipMessage, target: Target, onError: () => void): void;
  /** Counts what was refused, by reason. */
  count(reason: string): void;
  /** Told of what the server's own code threw into the gateway. */
  onThrow(thrown: unknown): void;
}
