/** Live dialogs by their full id: Call-ID and both tags, never less (SAFETY S8). */
import type { SipRequest } from '../../message/message.js';
import { tagOf } from '../transaction/matching.js';
import type { Dialog } from './dialog.js';
import { dialogKey } from './dialog-state.js';

/** The dialogs of one gateway. */
export class DialogTable {
  readonly #dialogs = new Map<string, Dialog>();

  get size(): number {
    return this.#dialogs.size;
  }

  add(dialog: Dialog): void {
    this.#dialogs.set(keyOf(dialog), dialog);
  }

  remove(dialog: Dialog): void {
    const key = keyOf(dialog);
    if (this.#dialogs.get(key) === dialog) this.#dialogs.delete(key);
  }

  /** The dialog a request of the peer belongs to. */
  find(request: SipRequest): Dialog | undefined {
    const localTag = tagOf(request.headers.get('To'));
    if (localTag === undefined) return undefined;
    const remoteTag = tagOf(request.headers.get('From')) ?? '';
    return this.#dialogs.get(dialogKey(request.headers.get('Call-ID') ?? '', localTag, remoteTag));
  }

  /** All of them, at this moment. */
  all(): Dialog[] {
    return [...this.#dialogs.values()];
  }
}

function keyOf({ state }: Dialog): string {
  return dialogKey(state.callId, state.localTag, state.remoteTag);
}
