/** Messages between the scripted server's two halves: meta tokens, drafts turned into headers, addresses. */
import { randomBytes } from 'node:crypto';
import type { HeaderFields } from '../../../src/sip/message/header-fields.js';
import type { SipMessage, SipRequest, SipResponse } from '../../../src/sip/message/message.js';
import { serialize } from '../../../src/sip/message/serialize.js';
import { parseUri } from '../../../src/sip/message/uri.js';
import { tagOf } from '../../../src/sip/embedded/transaction/matching.js';
import { isFlow, type Flow, type Target } from '../../../src/sip/embedded/transport/flow.js';
import type { Draft } from './frames.js';

/** An address to send to. */
export type Destination = Exclude<Target, Flow>;

/** `source|bytes|protocol|address|port|time`, the meta tokens of a message. */
export function describe(source: 'network' | 'application', message: SipMessage, target: Target): string[] {
  const [address, port] = isFlow(target) ? [target.remoteAddress, target.remotePort] : [target.address, target.port];
  const time = new Date().toISOString().slice(11, 23);
  return [source, `${serialize(message).length}`, target.transport, address, `${port}`, time];
}

/** A message as applications get it. */
export function text(message: SipMessage): string {
  return serialize(message).toString();
}

/** The server's name for the dialog of an INVITE. */
export function stackId(invite: SipRequest): string {
  return `${invite.headers.get('Call-ID')};from-tag=${tagOf(invite.headers.get('From'))}`;
}

/** A fresh tag. */
export function newTag(): string {
  return randomBytes(8).toString('hex');
}

/** What the server sets itself, in every message of a transaction or dialog. */
const serverHeaders = 'via route record-route rseq content-length from to call-id cseq'.split(' ');

/** Adds what a draft may set, and the Content-Type of SDP that came without. */
export function addDraftHeaders(headers: HeaderFields, draft: Draft): void {
  for (const [name, value] of draft.headers) if (!serverHeaders.includes(name.toLowerCase())) headers.add(name, value);
  if (draft.body !== '' && !headers.has('Content-Type') && draft.body.startsWith('v=0')) {
    headers.add('Content-Type', 'application/sdp');
  }
}

/** The server answers a session timer by itself unless the application did. */
export function acceptTimer(request: SipRequest, response: SipResponse): void {
  const [, seconds, refresher = 'uac'] =
    /^(\d+)(?:.*refresher=(\w+))?/.exec(request.headers.get('Session-Expires') ?? '') ?? [];
  if (seconds === undefined || response.headers.has('Session-Expires')) return;
  response.headers.add('Session-Expires', `${Math.max(90, Number(seconds))};refresher=${refresher}`);
}

/** Where a URI with an address leads. */
export function resolve(uri: string): Destination {
  const parsed = parseUri(uri.replace(/^<|>.*$/g, ''));
  const transport = parsed?.parameters.get('transport')?.toLowerCase() === 'tcp' ? 'tcp' : 'udp';
  return { transport, address: parsed?.host ?? '', port: parsed?.port ?? 5060 };
}
