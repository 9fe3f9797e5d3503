/** Transport profiles of RTP, each answered in kind: plain (RFC 3551, RFC 4585) and with SRTP (RFC 3711, RFC 5124). */
import type { LocalMedia } from './session.js';

const plainProfiles = new Set(['RTP/AVP', 'RTP/AVPF']);
const secureProfiles = new Set(['RTP/SAVP', 'RTP/SAVPF']);

/** True for a profile that carries SRTP with keys in `a=crypto`. */
export function isSecureProfile(protocol: string): boolean {
  return secureProfiles.has(protocol);
}

/** True for a profile a leg may have by its policy. */
export function isAllowedProfile(protocol: string, local: LocalMedia): boolean {
  const policy = local.srtp?.policy ?? 'off';
  return (policy !== 'required' && plainProfiles.has(protocol)) || (policy !== 'off' && secureProfiles.has(protocol));
}

/** The profile to offer in a slot that had `running`: the same if it may be, so that a re-offer changes nothing. */
export function offeredProfile(running: string | undefined, local: LocalMedia): string {
  if (running !== undefined && isAllowedProfile(running, local)) return running;
  return local.srtp?.policy === 'required' ? 'RTP/SAVP' : 'RTP/AVP';
}
