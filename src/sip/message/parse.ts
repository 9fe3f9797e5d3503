/** Bytes of one message → a message, or why not and what to answer (RFC 3261 §7, §8.2, §18.3; SAFETY S1). */
import { isUtf8 } from 'node:buffer';
import { parseCSeq } from './cseq.js';
import { HeaderFields } from './header-fields.js';
import { headerKey, listKind, singleHeaders } from './header-names.js';
import { countLeadingLineEnds, findHeadEnd, splitHead, type HeaderLine } from './head.js';
import { messageLimits } from './limits.js';
import type { ParseOutcome, SipMessage, SipRequest } from './message.js';
import { parseNameAddr } from './name-addr.js';
import { parseStartLine, type StartLine } from './start-line.js';
import { isToken, parseNumber, splitTopLevel } from './tokens.js';
import { parseUri } from './uri.js';
import { parseVia } from './via.js';

/** A fault of a message: a word for the counter, and what to tell the sender of a request. */
interface Fault {
  readonly reason: string;
  readonly status: number;
  readonly phrase: string;
}

const noBody = Buffer.alloc(0);

/** Requests that mean something by their Contact. In others a malformed one must not stop us: a BYE is a BYE. */
const contactMatters = new Set(['INVITE', 'UPDATE', 'REGISTER', 'SUBSCRIBE', 'NOTIFY', 'REFER', 'OPTIONS']);

/**
 * Parses the bytes of one whole message: a datagram, or what the stream framer cut out. Never throws; linear time; refuses at
 * once what is larger than 64 KB. The body is a view of `bytes`. A datagram longer than Content-Length says is cut there; a
 * shorter one is malformed (§18.3). Values are UTF-8, or Latin-1 when the head is not valid UTF-8.
 */
export function parseMessage(bytes: Buffer): ParseOutcome {
  if (bytes.length > messageLimits.messageBytes) return dropped('bounds');
  const start = countLeadingLineEnds(bytes, 0);
  if (start === bytes.length) return dropped('empty');

  const { bodyStart } = findHeadEnd(bytes, start);
  const headBytes = bytes.subarray(start, bodyStart < 0 ? bytes.length : bodyStart);
  const lines = splitHead(headBytes.toString(isUtf8(headBytes) ? 'utf8' : 'latin1'));
  const startLine = parseStartLine(lines.startLine);
  if (!startLine) return dropped('startLine');

  const headers = new HeaderFields();
  const listFault = fileHeaders(lines.headers, headers);
  const body = bodyStart < 0 ? noBody : bytes.subarray(bodyStart);
  const fault =
    startLineFault(startLine) ??
    (lines.fault ? badRequest(lines.fault, 'Malformed Header Field') : undefined) ??
    listFault ??
    (bodyStart < 0 ? badRequest('headEnd', 'Message Ends Within Its Header') : undefined) ??
    headerFault(startLine, headers) ??
    contentLengthFault(headers, body);
  if (fault) return refused(startLine, headers, fault);
  return { ok: true, message: assemble(startLine, headers, bodyOf(headers, body)) };
}

/** The header fields of a message that another element has parsed and let pass; what is malformed is left out. */
export function readHeaders(message: string): HeaderFields {
  const headers = new HeaderFields();
  fileHeaders(splitHead(message.split('\r\n\r\n', 1)[0] ?? '').headers, headers);
  return headers;
}

/** Files header lines, lists cut at their commas. Returns a fault when a name is no token or there are too many values. */
function fileHeaders(lines: readonly HeaderLine[], headers: HeaderFields): Fault | undefined {
  let fault: Fault | undefined;
  for (const { name, value } of lines) {
    if (!isToken(name)) {
      fault ??= badRequest('header', 'Malformed Header Field');
      continue;
    }
    const kind = listKind(headerKey(name));
    const elements = kind === undefined ? [value] : splitTopLevel(value, ',');
    for (const element of elements) {
      if (kind === 'loose' && element === '' && elements.length > 1) continue;
      if (headers.size >= messageLimits.headers) return fault ?? badRequest('bounds', 'Too Many Header Fields');
      headers.add(name, element);
    }
  }
  return fault;
}

function startLineFault(startLine: StartLine): Fault | undefined {
  if (startLine.kind === 'response') return undefined;
  if (startLine.fault === 'version') return { reason: 'version', status: 505, phrase: 'Version Not Supported' };
  return startLine.fault || !parseUri(startLine.uri) ? badRequest('startLine', 'Malformed Request-Line') : undefined;
}

/** The fields every message needs, and needs once (§8.1.1), each within its grammar and range. */
function headerFault(startLine: StartLine, headers: HeaderFields): Fault | undefined {
  const duplicate = singleHeaders.find((key) => headers.getAll(key).length > 1);
  if (duplicate) return badRequest('duplicate', `Duplicate ${duplicate}`);

  const vias = headers.getAll('via');
  if (vias.length === 0 || !vias.every(parseVia)) return badRequest('via', 'Missing or Malformed Via');
  if (!parseNameAddr(headers.get('from') ?? '')) return badRequest('from', 'Missing or Malformed From');
  if (!parseNameAddr(headers.get('to') ?? '')) return badRequest('to', 'Missing or Malformed To');
  if (!/^[^ \t]+$/.test(headers.get('call-id') ?? '')) return badRequest('callId', 'Missing or Malformed Call-ID');

  const cseq = parseCSeq(headers.get('cseq') ?? '');
  if (!cseq) return badRequest('cseq', 'Missing or Malformed CSeq');
  if (startLine.kind === 'response') return undefined;
  if (cseq.method !== startLine.method) return badRequest('cseq', 'CSeq Does Not Match Method');

  const maxForwards = headers.get('max-forwards');
  if (maxForwards !== undefined && parseNumber(maxForwards, 255) === undefined) {
    return badRequest('maxForwards', 'Malformed Max-Forwards');
  }
  const routes = [...headers.getAll('route'), ...headers.getAll('record-route')];
  if (!routes.every(parseNameAddr)) return badRequest('route', 'Malformed Route');
  if (!contactMatters.has(startLine.method)) return undefined;
  return headers.getAll('contact').every(isContact) ? undefined : badRequest('contact', 'Malformed Contact');
}

function contentLengthFault(headers: HeaderFields, body: Buffer): Fault | undefined {
  const text = headers.get('content-length');
  if (text === undefined) return undefined;
  const length = parseNumber(text, messageLimits.messageBytes);
  if (length === undefined) return badRequest('contentLength', 'Malformed Content-Length');
  return length > body.length ? badRequest('contentLength', 'Content-Length Beyond Message') : undefined;
}

function bodyOf(headers: HeaderFields, body: Buffer): Buffer {
  const length = headers.get('content-length');
  return length === undefined ? body : body.subarray(0, parseNumber(length, messageLimits.messageBytes) ?? 0);
}

function isContact(value: string): boolean {
  return value === '*' || parseNameAddr(value) !== undefined;
}

function assemble(startLine: StartLine, headers: HeaderFields, body: Buffer): SipMessage {
  return startLine.kind === 'request'
    ? { kind: 'request', method: startLine.method, uri: startLine.uri, headers, body }
    : { kind: 'response', status: startLine.status, reason: startLine.reason, headers, body };
}

function badRequest(reason: string, phrase: string): Fault {
  return { reason, status: 400, phrase };
}

/** Responses, ACKs, and requests that do not even say by which way they came are dropped; everything else is answered. */
function refused(startLine: StartLine, headers: HeaderFields, fault: Fault): ParseOutcome {
  const answerable = startLine.kind === 'request' && startLine.method !== 'ACK' && headers.has('via');
  if (!answerable) return dropped(fault.reason);
  const request: SipRequest = { kind: 'request', method: startLine.method, uri: startLine.uri, headers, body: noBody };
  return { ok: false, reason: fault.reason, answer: { status: fault.status, reason: fault.phrase, request } };
}

function dropped(reason: string): ParseOutcome {
  return { ok: false, reason, answer: undefined };
}
