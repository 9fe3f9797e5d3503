/**
 * Dialogs that outlive a connection to drachtio-server. Their media goes on meanwhile; the question is what becomes of the
 * dialogs, since a server sends in-dialog requests only over the connection a dialog was made on: once that is gone it
 * answers the peer's BYE 481 itself and we never hear of it.
 *
 *     connection lost ──► adrift ──grace over────────────────────────────► lost: onEnd by `transport`
 *                           │ reconnected: OPTIONS in the dialog               ▲
 *                           ├─ server does not know it (restarted), peer 481 ─┤ (audio still lives until the grace is over)
 *                           └─ peer answers ──► rescued ──asked again every probe interval, no longer there─┘
 *
 * With the defaults a lost dialog ends 30 s after the loss, and the peer of a rescued one that hung up 30 s after that.
 */
import type { DrachtioDialog } from './dialog.js';

/** A dialog that must be asked after. */
interface Survivor {
  timer: NodeJS.Timeout;
  rescued: boolean;
}

/** So many questions are out at once after a reconnection. */
const probesAtOnce = 20;

/** A debt older than this is not worth paying: the peer has heard no media for as long. */
const debtLimitMs = 90_000;
const maxDebts = 1000;

/** All survivors of one gateway. */
export class Survivors {
  readonly #graceMs: number;
  readonly #probeIntervalMs: number;
  readonly #survivors = new Map<DrachtioDialog, Survivor>();
  readonly #debts = new Map<() => Promise<void>, NodeJS.Timeout>();
  #stopped = false;

  constructor(graceMs: number, probeIntervalMs: number) {
    this.#graceMs = graceMs;
    this.#probeIntervalMs = probeIntervalMs;
  }

  /** The connection is lost; all these dialogs are adrift from now, those that were already keep their time. */
  linkLost(dialogs: Iterable<DrachtioDialog>): void {
    for (const dialog of dialogs) {
      const known = this.#survivors.get(dialog);
      if (known && !known.rescued) continue;
      clearTimeout(known?.timer);
      const timer = setTimeout(() => dialog.lose('connection to drachtio-server lost'), this.#graceMs);
      this.#survivors.set(dialog, { timer, rescued: false });
    }
  }

  /** There is a connection again. */
  linkBack(): void {
    const debts = [...this.#debts.keys()];
    for (const timer of this.#debts.values()) clearTimeout(timer);
    this.#debts.clear();
    const tasks = [...debts, ...[...this.#survivors.keys()].map((dialog) => () => this.#probe(dialog))].values();
    for (let runner = 0; runner < probesAtOnce; runner++) void runAll(tasks);
  }

  /** Says a BYE that could not be sent once there is a connection. */
  owe(say: () => Promise<void>): void {
    if (this.#stopped || this.#debts.size >= maxDebts) return;
    this.#debts.set(
      say,
      setTimeout(() => this.#debts.delete(say), debtLimitMs),
    );
  }

  /** The dialog is over. */
  forget(dialog: DrachtioDialog): void {
    clearTimeout(this.#survivors.get(dialog)?.timer);
    this.#survivors.delete(dialog);
  }

  /** Ends all timers. */
  stop(): void {
    this.#stopped = true;
    for (const { timer } of this.#survivors.values()) clearTimeout(timer);
    for (const timer of this.#debts.values()) clearTimeout(timer);
    this.#survivors.clear();
    this.#debts.clear();
  }

  async #probe(dialog: DrachtioDialog): Promise<void> {
    const alive = await dialog.probe();
    const survivor = this.#survivors.get(dialog);
    if (survivor === undefined) return;
    // no answer to the question itself: who is adrift keeps its time, who was rescued is asked again
    if (alive === true || (alive === undefined && survivor.rescued)) {
      clearTimeout(survivor.timer);
      const timer = setTimeout(() => void this.#probe(dialog), this.#probeIntervalMs);
      this.#survivors.set(dialog, { timer, rescued: true });
    } else if (alive === false && survivor.rescued) {
      dialog.lose('the peer has left while drachtio-server could not tell us');
    }
  }
}

async function runAll(tasks: Iterator<() => Promise<void>>): Promise<void> {
  for (let next = tasks.next(); next.done !== true; next = tasks.next()) await next.value();
}
