/** Leads the media of a call through somebody else: replaces where one side's SDP wants audio. */

/** Where one side wants its audio. */
export interface MediaPlace {
  readonly address: string;
  readonly port: number;
  /** Payload type of RFC 4733 packets it takes. */
  readonly telephoneEvent: number | undefined;
}

/**
 * @param text a whole SIP message
 * @param detour where audio is to go instead
 * @returns the message to pass on, and what its SDP said; `media` is undefined when there is none
 */
export function detourSdp(
  text: string,
  detour: { readonly address: string; readonly port: number },
): { readonly text: string; readonly media?: MediaPlace } {
  const split = text.indexOf('\r\n\r\n') + 4;
  const sdp = text.slice(split);
  const port = Number(/^m=audio (\d+)/m.exec(sdp)?.[1] ?? 0);
  if (port === 0) return { text };
  const address = /^c=IN IP4 (\S+)/m.exec(sdp)?.[1] ?? detour.address;
  const event = /^a=rtpmap:(\d+) telephone-event\/8000/im.exec(sdp)?.[1];
  const changed = sdp
    .replace(/^m=audio \d+/m, `m=audio ${detour.port}`)
    .replace(/^c=IN IP[46] .*$/gm, `c=IN IP4 ${detour.address}`)
    // RTCP then goes to the next port, which is the detour's too.
    .replace(/^a=rtcp:.*\r\n/gm, '');
  const head = text.slice(0, split).replace(/^(Content-Length|l)(\s*:\s*)\d+/im, `$1$2${changed.length}`);
  return {
    text: head + changed,
    media: { address, port, telephoneEvent: event === undefined ? undefined : Number(event) },
  };
}
