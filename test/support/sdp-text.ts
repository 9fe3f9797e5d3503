/** What a phone's description says. */
export interface PhoneSdp {
  readonly port?: number;
  readonly address?: string;
  readonly direction?: 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';
  /** Static payload types: 0 = PCMU, 8 = PCMA. */
  readonly payloadTypes?: readonly number[];
  /** With telephone-event as payload type 101; default true. */
  readonly telephoneEvent?: boolean;
  /** Default `RTP/AVP`. */
  readonly protocol?: string;
  /** `a=crypto:` lines, without their beginning. */
  readonly cryptos?: readonly string[];
}

/** A description as a plain phone writes it, offer or answer. */
export function phoneSdp(phone: PhoneSdp = {}): string {
  const { port = 40_000, address = '127.0.0.1', direction = 'sendrecv', payloadTypes = [0, 8] } = phone;
  const { protocol = 'RTP/AVP', cryptos = [] } = phone;
  const events = phone.telephoneEvent ?? true;
  const formats = [...payloadTypes, ...(events ? [101] : [])].join(' ');
  return [
    'v=0',
    `o=phone 1 1 IN IP4 ${address}`,
    's=-',
    `c=IN IP4 ${address}`,
    't=0 0',
    `m=audio ${port} ${protocol} ${formats}`,
    ...cryptos.map((line) => `a=crypto:${line}`),
    ...(events ? ['a=rtpmap:101 telephone-event/8000', 'a=fmtp:101 0-15'] : []),
    `a=${direction}`,
    '',
  ].join('\r\n');
}
