/** The notation RFC 4475 §2 prints its messages in, as bytes. */

/**
 * A message in lines → bytes: line ends become CRLF, `<repeat count=N>x</repeat>` repeats (§2.3), `<hex>0A0B</hex>` are bytes as
 * they are (§2.2), and the first line end (after the opening quote) is left out. Everything else is UTF-8.
 */
export function wire(text: string): Buffer {
  const expanded = text
    .replace(/^\n/, '')
    .replace(/<repeat count=(\d+)>(.*?)<\/repeat>/g, (_, count: string, piece: string) => piece.repeat(Number(count)))
    .replaceAll('\n', '\r\n');
  const pieces = expanded.split(/<hex>([0-9A-F]*)<\/hex>/);
  return Buffer.concat(pieces.map((piece, index) => Buffer.from(piece, index % 2 === 1 ? 'hex' : 'utf8')));
}

/** The session description most of the messages carry, with the address that differs; ends with a line end. */
export function sdp(address: string, timing = '0 0'): string {
  return `v=0
o=mhandley 29739 7272939 IN IP4 ${address}
s=-
c=IN IP4 ${address}
t=${timing}
m=audio 49217 RTP/AVP 0 12
m=video 3227 RTP/AVP 31
a=rtpmap:31 LPC
`;
}

/** One torture message and the answers that count as right for a UAS that is no registrar. */
export interface TortureMessage {
  /** Name in the RFC. */
  readonly name: string;
  readonly section: string;
  readonly bytes: Buffer;
  /**
   * What parser and UAS checks make of it, before dialogs and the application are asked: the status of the refusal, `pass`, or
   * `dropped` without an answer.
   */
  readonly core: number | 'pass' | 'dropped';
  /** Final answers of a whole UAS: statuses, `application` when the call is offered to it, `none` when nothing may be sent. */
  readonly whole: readonly number[] | 'application' | 'none';
}
