/**
 * Who may send us requests outside a dialog (SAFETY S4–S6). Shared by both SIP adapters; every such request passes here, whatever
 * its method. Default deny: what no trunk allows gets no answer at all.
 */
import type { Trunk } from '../trunk.js';
import { cidrContains, parseAddress, parseCidr, type Cidr } from './cidr.js';
import { namesScanner } from './scanners.js';
import { TokenBucket, TokenBuckets } from './token-bucket.js';

/** Rates; 0 switches one off. */
export interface AdmissionLimits {
  /** Requests outside dialogs from one address. */
  readonly perAddressPerS: number;
  readonly perAddressBurst: number;
  /** No rate per address for loopback addresses: there it would only meet ourselves. */
  readonly exemptLoopback: boolean;
  /** Addresses remembered. */
  readonly addresses: number;
  /** INVITEs outside dialogs from everybody together. */
  readonly newCallsPerS: number;
  readonly newCallsBurst: number;
}

const defaultLimits: AdmissionLimits = {
  perAddressPerS: 20,
  perAddressBurst: 40,
  exemptLoopback: false,
  addresses: 10_000,
  newCallsPerS: 30,
  newCallsBurst: 60,
};

/** What is known of a request when it is judged. Header texts are as they came. */
export interface AdmissionRequest {
  /** Address it really came from; never one out of the message. */
  readonly address: string;
  readonly method: string;
  readonly userAgent: string | undefined;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/** The judgement. `ignore` means not a single byte back. */
export type AdmissionDecision =
  | { readonly kind: 'trunk'; readonly trunk: Trunk }
  | { readonly kind: 'ignore'; readonly reason: 'scanner' | 'unknownSource' }
  | {
      readonly kind: 'refuse';
      readonly reason: 'addressRate' | 'newCallRate';
      readonly status: 503;
      readonly retryAfterS: number;
    };

/** What to build it from. */
export interface AdmissionOptions {
  readonly trunks: readonly Trunk[];
  readonly limits?: Partial<AdmissionLimits>;
  readonly now: () => number;
}

const loopback = ['127.0.0.0/8', '::1/128'].flatMap((text) => parseCidr(text) ?? []);

export class Admission {
  /** Longest prefix first; of two equal ones the trunk configured first. */
  readonly #ranges: readonly { readonly cidr: Cidr; readonly trunk: Trunk }[];
  readonly #byAddress: TokenBuckets | undefined;
  readonly #newCalls: TokenBucket | undefined;
  readonly #exemptLoopback: boolean;
  readonly #now: () => number;
  readonly #counters: Record<string, number> = {};

  /** Throws an Error for a CIDR that is none: configuration has checked it before. */
  constructor(options: AdmissionOptions) {
    const limits = { ...defaultLimits, ...options.limits };
    this.#now = options.now;
    this.#exemptLoopback = limits.exemptLoopback;
    this.#ranges = options.trunks
      .flatMap((trunk) => trunk.allow.map((text) => ({ cidr: requireCidr(text, trunk), trunk })))
      .sort((a, b) => b.cidr.prefixBits - a.cidr.prefixBits);
    if (limits.perAddressPerS > 0) {
      this.#byAddress = new TokenBuckets(limits.perAddressPerS, limits.perAddressBurst, limits.addresses);
    }
    if (limits.newCallsPerS > 0) {
      this.#newCalls = new TokenBucket(limits.newCallsPerS, limits.newCallsBurst, options.now());
    }
  }

  /** Judges one request that is outside any dialog, and counts it against the rates. */
  admit(request: AdmissionRequest): AdmissionDecision {
    const decision = this.#decide(request);
    const reason = decision.kind === 'trunk' ? undefined : decision.reason;
    if (reason !== undefined) this.#counters[reason] = (this.#counters[reason] ?? 0) + 1;
    return decision;
  }

  /** The trunk an address belongs to: the one with the most specific range around it. */
  trunkOf(address: string): Trunk | undefined {
    const bytes = parseAddress(address);
    return bytes && this.#ranges.find(({ cidr }) => cidrContains(cidr, bytes))?.trunk;
  }

  /** Requests not admitted, by reason. */
  counters(): Readonly<Record<string, number>> {
    return { ...this.#counters };
  }

  #decide(request: AdmissionRequest): AdmissionDecision {
    if (namesScanner(request.userAgent, request.from, request.to)) return { kind: 'ignore', reason: 'scanner' };
    const trunk = this.trunkOf(request.address);
    if (!trunk) return { kind: 'ignore', reason: 'unknownSource' };

    const nowMs = this.#now();
    const exempt = this.#exemptLoopback && loopback.some((cidr) => isIn(cidr, request.address));
    const addressWaitS = exempt ? 0 : (this.#byAddress?.take(request.address, nowMs) ?? 0);
    if (addressWaitS > 0) return { kind: 'refuse', status: 503, reason: 'addressRate', retryAfterS: addressWaitS };
    const callWaitS = request.method === 'INVITE' ? (this.#newCalls?.take(nowMs) ?? 0) : 0;
    if (callWaitS > 0) return { kind: 'refuse', status: 503, reason: 'newCallRate', retryAfterS: callWaitS };
    return { kind: 'trunk', trunk };
  }
}

function isIn(cidr: Cidr, address: string): boolean {
  const bytes = parseAddress(address);
  return bytes !== undefined && cidrContains(cidr, bytes);
}

function requireCidr(text: string, trunk: Trunk): Cidr {
  const cidr = parseCidr(text);
  if (!cidr) throw new Error(`Trunk ${trunk.name} allows ${text}, which is no address range`);
  return cidr;
}
