/** Watches the session timer of one dialog (RFC 4028 §10): refreshes when that is ours to do, hangs up when nobody does. */
import type { Timer } from '../transaction/scheduler.js';
import type { Dialog } from './dialog.js';
import { sessionDeadlines, type SessionTimer, type SessionTimerAnswer } from '../../rules/session-timer.js';

/** The timer of a dialog, if it has one. */
export class SessionKeeper {
  #timer: SessionTimer | undefined;
  #refresh: Timer | undefined;
  #expiry: Timer | undefined;

  constructor(private readonly dialog: Dialog) {}

  /** What is agreed now. */
  get timer(): SessionTimer | undefined {
    return this.#timer;
  }

  /** Takes what our 2xx says. */
  agree(answer: SessionTimerAnswer): void {
    this.restart(answer.kind === 'agreed' ? answer.timer : undefined);
  }

  /** Takes what was agreed just now; undefined = no timer. */
  restart(timer: SessionTimer | undefined): void {
    this.#refresh?.cancel();
    this.#expiry?.cancel();
    this.#timer = timer;
    if (timer === undefined || this.dialog.isEnded) return;
    const { refreshAtMs, expireAtMs } = sessionDeadlines(timer, 0);
    if (refreshAtMs !== undefined) this.#refreshAfter(refreshAtMs);
    this.#expiry = this.dialog.lifetime.later(expireAtMs, () => this.#expire());
  }

  /** A refresh was refused for now: once more after a while, as long as the session lasts. */
  retry(afterMs: number): void {
    this.#refresh?.cancel();
    this.#refreshAfter(afterMs);
  }

  #refreshAfter(afterMs: number): void {
    this.#refresh = this.dialog.lifetime.later(afterMs, () => this.dialog.guard(() => this.dialog.refresh()));
  }

  #expire(): void {
    this.dialog.environment.count('sessionExpired');
    const text = 'Session expired';
    this.dialog.end({ by: 'timeout', q850Cause: 102, text }, { bye: { q850Cause: 102, text } });
  }
}
