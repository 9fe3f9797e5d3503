/** SRTP of one leg: which keys are in force in each direction. Without keys everything passes as it is. */
import { nodeAes } from './aes-node-crypto.js';
import type { LegMedia, SrtpKeys } from './protocol.js';
import type { DropReason } from './rtp/receive-statistics.js';
import { SrtpFault } from './srtp/fault.js';
import { SrtcpReceiver, SrtcpSender } from './srtp/srtcp.js';
import { SrtpReceiver, SrtpSender } from './srtp/srtp.js';

/** Keys a peer may change to and come back to, within one leg, without being able to replay what it sent under them. */
const rememberedKeys = 4;

/**
 * Protection under the keys a leg has had. Those that come again, as they do with every session refresh, go on where they
 * were: a roll-over counter that began anew would use a keystream twice, or accept old packets once more.
 */
class KeyRing<Protection> {
  readonly #make: (keys: SrtpKeys) => Protection;
  readonly #known = new Map<string, Protection>();

  constructor(make: (keys: SrtpKeys) => Protection) {
    this.#make = make;
  }

  take(keys: SrtpKeys): Protection {
    const name = `${keys.suite} ${keys.masterKey.join()}`;
    const protection = this.#known.get(name) ?? this.#make(keys);
    this.#known.delete(name);
    this.#known.set(name, protection);
    const [oldest] = this.#known.keys();
    if (oldest !== undefined && this.#known.size > rememberedKeys) this.#known.delete(oldest);
    return protection;
  }
}

/** Opens what the peer sends. */
export class IncomingCrypto {
  readonly #ring = new KeyRing((keys) => ({
    rtp: new SrtpReceiver(keys, nodeAes),
    rtcp: new SrtcpReceiver(keys, nodeAes),
  }));
  #inForce: { readonly rtp: SrtpReceiver; readonly rtcp: SrtcpReceiver } | undefined;

  /** Applies what signalling settled. */
  connect({ srtp }: LegMedia): void {
    this.#inForce = srtp && this.#ring.take(srtp.receive);
  }

  /** Opens a datagram in place. @returns the length of the RTP packet in it, or an {@link SrtpFault} */
  unprotectRtp(bytes: Uint8Array, length: number): number {
    return this.#inForce === undefined ? length : this.#inForce.rtp.unprotect(bytes, length);
  }

  /** The same for RTCP. */
  unprotectRtcp(bytes: Uint8Array, length: number): number {
    return this.#inForce === undefined ? length : this.#inForce.rtcp.unprotect(bytes, length);
  }
}

/** Seals what this server sends. */
export class OutgoingCrypto {
  // Our own keys of a leg are fewer than are remembered, so none of them is ever forgotten.
  readonly #ring = new KeyRing((keys) => ({
    rtp: new SrtpSender(keys, nodeAes),
    rtcp: new SrtcpSender(keys, nodeAes),
  }));
  #inForce: { readonly rtp: SrtpSender; readonly rtcp: SrtcpSender } | undefined;

  /** Applies what signalling settled. */
  connect({ srtp }: LegMedia): void {
    this.#inForce = srtp && this.#ring.take(srtp.send);
  }

  /** Seals a packet in place. @returns the length of the datagram; below 0 = it must not be sent */
  protectRtp(packet: Uint8Array, length: number): number {
    return this.#inForce === undefined ? length : this.#inForce.rtp.protect(packet, length);
  }

  /** The same for RTCP. */
  protectRtcp(packet: Uint8Array, length: number): number {
    return this.#inForce === undefined ? length : this.#inForce.rtcp.protect(packet, length);
  }
}

/** As what a datagram is counted that could not be opened. */
export function dropReasonOf(fault: number): DropReason {
  if (fault === SrtpFault.replay) return 'srtpReplay';
  if (fault === SrtpFault.malformed) return 'malformed';
  return fault === SrtpFault.tooManyStreams ? 'ssrc' : 'srtpAuth';
}
