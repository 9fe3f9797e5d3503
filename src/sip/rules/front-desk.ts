/**
 * What a request in no dialog of ours gets, once its source is known to be a trunk's:
 *
 *     checks of a UAS ─► BYE, INFO, UPDATE 481 │ loop? draining? ─► OPTIONS 200 │ INVITE: digest? session timer? ─► a call
 */
import { DigestServer } from '../auth/digest-server.js';
import type { SipRequest } from '../message/message.js';
import type { Trunk } from '../trunk.js';
import { capabilityHeaders } from './capabilities.js';
import type { Refusal } from './refusal.js';
import {
  answerSessionTimer,
  sessionTimerFields,
  type SessionTimerAnswer,
  type SessionTimerSettings,
} from './session-timer.js';
import { refusalOf } from './uas-checks.js';

/** What to do with a request. */
export type Reception =
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'capabilities'; readonly headers: Readonly<Record<string, string>> }
  | { readonly kind: 'call'; readonly session: SessionTimerAnswer };

/** What the desk decides with. */
export interface FrontDeskSettings {
  readonly sessionTimer: SessionTimerSettings;
  /** Clock for nonces, in ms. */
  now(): number;
  /** Counts what is refused, by reason. */
  count(reason: string): void;
}

const retryAfterDrainS = 30;

/** The desk. */
export class FrontDesk {
  readonly #settings: FrontDeskSettings;
  readonly #digest: DigestServer;
  #draining = false;

  constructor(settings: FrontDeskSettings) {
    this.#settings = settings;
    this.#digest = new DigestServer({ now: () => settings.now() });
  }

  /** From now on new INVITEs get 503, and OPTIONS too, so that who asks looks elsewhere. */
  drain(): void {
    this.#draining = true;
  }

  /** Judges a request from `trunk`; everything but ACK and CANCEL. */
  receive(request: SipRequest, trunk: Trunk): Reception {
    const reception = this.#judge(request, trunk);
    if (reception.kind === 'refused') this.#settings.count(`status.${reception.refusal.status}`);
    return reception;
  }

  #judge(request: SipRequest, trunk: Trunk): Reception {
    const refusal = refusalOf(request) ?? this.#unready(request);
    if (refusal !== undefined) return { kind: 'refused', refusal };
    if (request.method === 'OPTIONS') return { kind: 'capabilities', headers: capabilityHeaders };
    const challenge = this.#challenge(request, trunk);
    if (challenge !== undefined) return { kind: 'refused', refusal: challenge };
    const session = answerSessionTimer(sessionTimerFields(request), this.#settings.sessionTimer);
    return session.kind === 'refused' ? session : { kind: 'call', session };
  }

  #unready({ method, headers }: SipRequest): Refusal | undefined {
    if (method !== 'INVITE' && method !== 'OPTIONS') return { status: 481 };
    // We are the end of the way, but an INVITE that has come round so often is in a loop with somebody.
    if (method === 'INVITE' && Number(headers.get('Max-Forwards') ?? 70) === 0) return { status: 483 };
    return this.#draining ? { status: 503, headers: { 'Retry-After': `${retryAfterDrainS}` } } : undefined;
  }

  /** Digest, when the trunk demands it (SAFETY S7). The same answer for a wrong user and a wrong password. */
  #challenge({ method, headers }: SipRequest, { inboundAuth }: Trunk): Refusal | undefined {
    if (inboundAuth === undefined) return undefined;
    const { realm, users } = inboundAuth;
    const verdict = this.#digest.verify(headers.getAll('Authorization'), method, realm, users);
    if (verdict.ok) return undefined;
    if (verdict.reason !== 'missing') this.#settings.count(`digest.${verdict.reason}`);
    return { status: 401, headers: { 'WWW-Authenticate': this.#digest.challenge(realm, verdict.stale) } };
  }
}
