/** Descriptions for the SDP tests. */
import type { CodecPreference, LocalMedia } from '../../../src/sip/sdp/session.js';
import type { EncodingName } from '../../../src/media/protocol.js';

/** Lines of an offer as a phone would send them; media lines and attributes are the arguments. */
export function offerOf(...lines: string[]): string {
  return sdpOf('c=IN IP4 192.0.2.7', ...lines);
}

/** The same without a session-level `c=`. */
export function sdpOf(...lines: string[]): string {
  const head = ['v=0', 'o=phone 7 7 IN IP4 192.0.2.7', 's=call'];
  const [first = '', ...rest] = lines;
  const body = first.startsWith('c=') ? [first, 't=0 0', ...rest] : ['t=0 0', ...lines];
  return `${[...head, ...body].join('\r\n')}\r\n`;
}

/** Our side: 198.51.100.1:10000/10001, PCMU before PCMA. */
export function localOf(changes: Partial<LocalMedia> = {}): LocalMedia {
  return {
    address: '198.51.100.1',
    rtpPort: 10_000,
    rtcpPort: 10_001,
    codecs: codecsOf('PCMU', 'PCMA'),
    sessionId: '4711',
    sessionVersion: 3,
    ...changes,
  };
}

export function codecsOf(...names: EncodingName[]): CodecPreference[] {
  return names.map((encoding) => ({ encoding }));
}

/** Lines of a description that begin with `prefix`, in order. */
export function linesOf(sdp: string, prefix: string): string[] {
  return sdp.split('\r\n').filter((line) => line.startsWith(prefix));
}
