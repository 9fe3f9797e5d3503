/**
 * Keys in descriptions (RFC 4568):
 *
 *     a=crypto:<tag> <suite> inline:<key and salt in base64>["|"<lifetime>]["|"<MKI>:<length>] [<session parameters>]
 *
 * Of every offer one line is taken, and the answer names its tag. Not taken: a line with several keys or a master key
 * identifier, and one with a session parameter that would change how packets look.
 *
 * Where SRTP is optional, lines may stand beside a plain profile as well (RFC 8643): who knows them answers with one, and the
 * media is SRTP; who does not leaves them out, and it is plain.
 */
import type { LegMedia, SrtpKeys, SrtpSuite } from '../../media/protocol.js';
import { isSecureProfile } from './profile.js';
import { refuse } from './session.js';
import type { LocalMedia, SdpRefusal } from './session.js';

/** A key of ours under its tag. */
export interface OwnCrypto {
  /** 0…999 999 999. */
  readonly tag: number;
  readonly keys: SrtpKeys;
}

/** What both sides protect their media with. */
export type SrtpOutcome =
  | {
      readonly ok: true;
      readonly srtp: LegMedia['srtp'];
      /** Our line of the answer. */ readonly own: readonly OwnCrypto[];
    }
  | SdpRefusal;

/** Longest value looked at; a line that can be taken has less than 140 characters. */
const maxValueCharacters = 512;

/** Greatest number of packets under one key that a lifetime can name (RFC 3711 §9.2). */
const maxLifetimePower = 48;

const suites: readonly SrtpSuite[] = ['AES_CM_128_HMAC_SHA1_80', 'AES_CM_128_HMAC_SHA1_32'];

const plain: SrtpOutcome = { ok: true, srtp: undefined, own: [] };

/** Reads the value of an `a=crypto:` line; undefined when it cannot be taken. Never throws. */
export function parseCrypto(value: string): OwnCrypto | undefined {
  if (value.length > maxValueCharacters) return undefined;
  const [tag = '', suiteName = '', key = '', ...parameters] = value.split(/[ \t]+/);
  const suite = suites.find((name) => name === suiteName);
  if (!/^(0|[1-9]\d{0,8})$/.test(tag) || suite === undefined || !parameters.every(isHarmless)) return undefined;
  // 30 bytes are 40 characters exactly; some write padding there all the same.
  const inline = /^inline:([A-Za-z0-9+/]{40})=*(?:\|([^|;:]+))?$/i.exec(key);
  if (inline?.[1] === undefined || !isLifetime(inline[2])) return undefined;
  return { tag: Number(tag), keys: { suite, masterKey: bytesOf(inline[1]) } };
}

/** `inline:` and the key, as a line has it. */
export function printKey(keys: SrtpKeys): string {
  return `inline:${btoa(String.fromCharCode(...keys.masterKey))}`;
}

/**
 * The lines of an offer over `protocol`, tags from 1.
 * @param secured whether a running session is protected, which a new offer must not change; undefined = there is none
 */
export function offeredCryptos(protocol: string, local: LocalMedia, secured?: boolean): readonly OwnCrypto[] {
  if (!isSecureProfile(protocol) && !(isOptional(local) && secured !== false)) return [];
  return ownCryptos(local);
}

/** Takes a line of an offer: of those that can be taken, the one whose suite we like best (RFC 4568 §5.1.2). */
export function answerCrypto(protocol: string, values: readonly string[], local: LocalMedia): SrtpOutcome {
  const isSecure = isSecureProfile(protocol);
  if (!isSecure && !isOptional(local)) return plain;
  const offered = values.map(parseCrypto);
  for (const keys of local.srtp?.keys ?? []) {
    const line = offered.find((candidate) => candidate?.keys.suite === keys.suite);
    if (line === undefined) continue;
    return { ok: true, srtp: { send: keys, receive: line.keys }, own: [{ tag: line.tag, keys }] };
  }
  return isSecure ? refuse('noCommonCodec', 'No crypto suite of the audio stream is supported here.') : plain;
}

/**
 * Takes the line of an answer: exactly one, with the tag and suite of one of ours (RFC 4568 §5.1.3); none beside a plain
 * profile means plain.
 * @param wereOffered whether our offer had lines
 */
export function acceptCrypto(
  protocol: string,
  values: readonly string[],
  local: LocalMedia,
  wereOffered: boolean,
): SrtpOutcome {
  if (!isSecureProfile(protocol) && (!wereOffered || values.length === 0)) return plain;
  const [value = '', ...others] = values;
  const line = parseCrypto(value);
  const own = ownCryptos(local).find(({ tag }) => tag === line?.tag);
  if (line === undefined || others.length > 0 || own?.keys.suite !== line.keys.suite) {
    return refuse('badSdp', 'The answer does not take one of the offered crypto lines.');
  }
  return { ok: true, srtp: { send: own.keys, receive: line.keys }, own: [own] };
}

function ownCryptos(local: LocalMedia): readonly OwnCrypto[] {
  return (local.srtp?.keys ?? []).map((keys, index) => ({ tag: index + 1, keys }));
}

function isOptional(local: LocalMedia): boolean {
  return local.srtp?.policy === 'optional';
}

/**
 * A window size hint asks for nothing we do not do (§6.3.6: ours is 256), and what begins with `-` may be ignored
 * (§6.3.7). All others, known or not, would have to be obeyed.
 */
function isHarmless(parameter: string): boolean {
  return parameter === '' || parameter.startsWith('-') || /^WSH=\d{2,3}$/.test(parameter);
}

/** `2^20` or `1048576`: how many packets the key is good for. Longer than any call, so it is not counted down. */
function isLifetime(text: string | undefined): boolean {
  if (text === undefined) return true;
  const power = /^2\^(\d{1,2})$/.exec(text);
  if (power !== null) return Number(power[1]) <= maxLifetimePower;
  return /^[1-9]\d{0,14}$/.test(text) && Number(text) <= 2 ** maxLifetimePower;
}

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
