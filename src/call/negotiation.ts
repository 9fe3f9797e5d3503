import type { EncodingName } from '../media/protocol.js';
import { answerOffer } from '../sip/sdp/answer.js';
import { applyAnswer, createOffer } from '../sip/sdp/offer.js';
import type {
  AnswerOutcome,
  ApplyOutcome,
  CodecPreference,
  LocalMedia,
  LocalSrtp,
  SdpRefusal,
  Session,
} from '../sip/sdp/session.js';

/** What all legs have in common in SDP. */
export type MediaDefaults = Pick<
  LocalMedia,
  'address' | 'codecs' | 'ptimeMs' | 'rtcpMux' | 'comfortNoise' | 'voipMetrics' | 'isOwnSocket' | 'remotePolicy'
>;

/** Where one leg listens; see `LegAddress`. */
export interface LocalPorts {
  readonly rtpPort: number;
  readonly rtcpPort: number;
  readonly ssrc: number;
}

/** Stands for the ports of a leg that has none yet (port 9 is `discard`, RFC 863). */
const noPorts: LocalPorts = { rtpPort: 9, rtcpPort: 9, ssrc: 0 };

/** This server's side of one leg's session. The SSRC, being random, also serves as the session id of `o=`. */
export function localMedia(
  defaults: MediaDefaults,
  ports: LocalPorts,
  codecs: readonly EncodingName[] | undefined,
  srtp: LocalSrtp | undefined,
): LocalMedia {
  const { rtpPort, rtcpPort, ssrc } = ports;
  const preferences = codecs === undefined ? defaults.codecs : preferencesOf(codecs, defaults.codecs);
  return { ...defaults, codecs: preferences, rtpPort, rtcpPort, srtp, sessionId: String(ssrc), sessionVersion: 0 };
}

/**
 * What answering `offer` would come to, found out before the leg takes ports: an offer that cannot be met costs nothing.
 * @returns the refusal, or undefined when the offer will be answered
 */
export function refusalOfOffer(
  offer: string,
  defaults: MediaDefaults,
  codecs: readonly EncodingName[] | undefined,
  srtp: LocalSrtp | undefined,
): SdpRefusal | undefined {
  const outcome = answerOffer({ offer, local: localMedia(defaults, noPorts, codecs, srtp) });
  return outcome.ok ? undefined : outcome;
}

/**
 * Offer/answer of one leg over time (RFC 3264): keeps the running session, and whether an offer of ours waits for its
 * answer. A refused description leaves the session as it was.
 */
export class Negotiation {
  readonly #local: LocalMedia;
  #session: Session | undefined;
  #awaitsAnswer = false;

  constructor(local: LocalMedia) {
    this.#local = local;
  }

  /** True between {@link offer} and {@link applyAnswer}; offers of the peer have to wait then (RFC 3264 §4). */
  get awaitsAnswer(): boolean {
    return this.#awaitsAnswer;
  }

  answer(offer: string): AnswerOutcome {
    const outcome = answerOffer({ offer, local: this.#local, previous: this.#session });
    if (outcome.ok) this.#session = outcome.session;
    return outcome;
  }

  offer(): string {
    const { offer, session } = createOffer({ local: this.#local, previous: this.#session });
    this.#session = session;
    this.#awaitsAnswer = true;
    return offer;
  }

  applyAnswer(answer: string): ApplyOutcome {
    this.#awaitsAnswer = false;
    if (this.#session === undefined) return { ok: false, code: 'badSdp', detail: 'There is no offer to answer.' };
    const outcome = applyAnswer({ answer, session: this.#session, local: this.#local });
    if (outcome.ok) this.#session = outcome.session;
    return outcome;
  }

  /** The answer never came; the session stays what it was. */
  giveUpOffer(): void {
    this.#awaitsAnswer = false;
  }
}

function preferencesOf(names: readonly EncodingName[], known: readonly CodecPreference[]): readonly CodecPreference[] {
  return names.map((encoding) => known.find((preference) => preference.encoding === encoding) ?? { encoding });
}
