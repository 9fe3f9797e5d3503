/** What is wrong gets a clear answer, and who talks meanwhile does not notice. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, aroundAll, beforeAll, describe, expect, it } from 'vitest';
import { Bystanders } from '../support/live/bystanders.js';
import type { LivePhone } from '../support/live/live-phone.js';
import { LiveServer, voiceOf } from '../support/live/live-server.js';
import { RestClient } from '../support/live/rest-client.js';
import { aheadOfOthers } from '../support/real-time.js';
import { PeerDialog, peerSdp, randomId, SipPeer } from '../support/sip-peer.js';

const KEY = 'key-of-the-refusals-test';

let server: LiveServer;
let api: RestClient;
let bystanders: Bystanders;
aroundAll((run) => aheadOfOthers(run));
beforeAll(async () => {
  server = await LiveServer.open('embedded', { http: { apiKeys: [KEY] } });
  api = new RestClient(server.http, KEY);
  // The first request loads what requests are made with, for longer than a telephone may pause.
  await api.ask('GET', '/livez');
  bystanders = await Bystanders.gather(server);
});
afterAll(async () => {
  await bystanders.verify();
  expect(server.log).toEqual([]);
  await server.stop();
});

describe('an offer', () => {
  afterAll(() => bystanders.verify());
  const manyLines = Array.from({ length: 500 }, (_, n) => `a=x-line:${n}\r\n`).join('');
  const cases: [string, (phone: LivePhone) => string, cause: number][] = [
    ['of codecs nobody has', (phone) => phone.sdp({ payloadTypes: [9, 18], telephoneEvent: false }), 88],
    ['of video alone', (phone) => phone.sdp().replace('m=audio', 'm=video'), 88],
    ['that is no description', () => 'audio, please\r\n', 95],
    ['with a port beyond 65535', (phone) => phone.sdp({ port: 70_000 }), 95],
    ['with 500 lines', (phone) => phone.sdp() + manyLines, 95],
    ['of 50 kB', (phone) => `${phone.sdp()}a=x-long:${'x'.repeat(50_000)}\r\n`, 95],
    ['with a NUL', (phone) => phone.sdp().replace('s=-', 's=\0'), 95],
    ['of a multicast address', (phone) => phone.sdp({ address: '224.0.0.1' }), 95],
    ['of a broadcast address', (phone) => phone.sdp({ address: '255.255.255.255' }), 95],
    ['of a socket of the server itself', (phone) => phone.sdp({ port: bystanders.one.remote?.port ?? 0 }), 95],
  ];
  it.each(cases)('%s gets 488 with the cause', async (_what, offer, cause) => {
    const phone = await server.phone({ voice: voiceOf(2) });
    phone.invite('refused', offer(phone));
    const answer = await phone.final();
    expect(answer.status).toBe(488);
    expect(answer.header('Reason')).toBe(`Q.850;cause=${cause}`);
    expect(server.app.service.counters()).toMatchObject({ calls: 1, legs: 2 });
  });
});

describe('a SIP message', () => {
  afterAll(() => bystanders.verify());
  const fields = Array.from({ length: 300 }, (_, n) => `X-Field: ${n}\r\n`).join('');
  const cases: [string, (invite: string) => string | Buffer, statuses: number[]][] = [
    ['without CSeq', (invite) => invite.replace(/^CSeq: .*\r\n/m, ''), [400]],
    ['with a CSeq beyond 32 bits', (invite) => invite.replace(/^CSeq: 1 /m, 'CSeq: 99999999999 '), [400]],
    ['with two Call-IDs', (invite) => invite.replace(/^(Call-ID: .*\r\n)/m, '$1$1'), [400]],
    ['without Contact', (invite) => invite.replace(/^Contact: .*\r\n/m, ''), [400]],
    [
      'that says to be longer than it is',
      (invite) => invite.replace(/^Content-Length: \d+/m, 'Content-Length: 9999'),
      [400],
    ],
    ['with a negative length', (invite) => invite.replace(/^Content-Length: \d+/m, 'Content-Length: -1'), [400]],
    ['with a line of 9 kB', (invite) => invite.replace('\r\nVia', `\r\nSubject: ${'x'.repeat(9000)}\r\nVia`), [400]],
    ['with 300 fields', (invite) => invite.replace(/^Content-Length/m, `${fields}Content-Length`), [400]],
    ['of another version', (invite) => invite.replace('SIP/2.0\r\n', 'SIP/3.0\r\n'), [505]],
    ['of random bytes', () => Buffer.from(Array.from({ length: 1000 }, () => Math.random() * 256)), []],
    ['of nothing', () => '\r\n\r\n', []],
    ['that answers what nobody asked', (invite) => invite.replace(/^INVITE .*/, 'SIP/2.0 200 OK'), []],
    ['cut off in the middle', (invite) => invite.slice(0, 200), [400]],
  ];
  it.each(cases)('%s is answered or dropped', async (_what, spoil, statuses) => {
    const peer = await SipPeer.open(server.sip);
    const invite = new PeerDialog(peer).request('INVITE', { body: peerSdp() });
    peer.send(spoil(invite));
    // The server reads in order: whatever it had to say to that comes before this answer.
    new PeerDialog(peer).send('OPTIONS');
    await peer.receive('200 OPTIONS');
    expect(peer.received.filter(({ method }) => method !== 'OPTIONS').map(({ status }) => status)).toEqual(statuses);
    expect(server.app.service.counters()).toMatchObject({ calls: 1, legs: 2 });
    await peer.close();
  });

  it.each([
    ['beyond 64 kB', `INVITE sip:room@127.0.0.1 SIP/2.0\r\nSubject: ${'x'.repeat(100_000)}`],
    ['that is none', `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n${'\0'.repeat(100_000)}`],
  ])('over TCP %s ends its connection, and no other', async (_what, bytes) => {
    const { port, host } = server.sip;
    const fine = await SipPeer.open({ transport: 'tcp', host, port });
    const socket = connect(port, host);
    socket.on('error', () => undefined).resume();
    socket.write(bytes);
    await once(socket, 'close');
    new PeerDialog(fine).send('OPTIONS');
    await fine.receive('200 OPTIONS');
    await fine.close();
  });

  it('in a dialog that is not there gets 481', async () => {
    const peer = await SipPeer.open(server.sip);
    for (const method of ['BYE', 'INVITE', 'UPDATE', 'INFO']) {
      new PeerDialog(peer).send(method, { toTag: randomId() });
      await peer.receive(`481 ${method}`);
    }
    await peer.close();
  });
});

describe('an API request', () => {
  afterAll(() => bystanders.verify());
  const create = (body: string, contentType = 'application/json') =>
    fetch(`${server.http}/v1/calls`, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEY}`, 'content-type': contentType },
      body,
    });
  const cases: [string, () => Promise<Response>, status: number, code: string][] = [
    ['of 1 MB', () => create(JSON.stringify({ name: 'x'.repeat(2 ** 20) })), 413, 'tooLarge'],
    ['that is no JSON', () => create('{"name": '), 400, 'invalidRequest'],
    ['with something unknown in it', () => create('{"nmae": "typo"}'), 400, 'invalidRequest'],
    ['of another type', () => create('name=x', 'application/x-www-form-urlencoded'), 415, 'unsupportedMediaType'],
    ['for a name that is taken', () => create('{"name": "bystanders"}'), 409, 'callExists'],
    ['without a key', () => fetch(`${server.http}/v1/calls`), 401, 'unauthorized'],
  ];
  it.each(cases)('%s is refused with a problem', async (_what, ask, status, code) => {
    const answer = await ask();
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(await answer.json()).toMatchObject({ type: `urn:mixminus:problem:${code}`, status, code });
  });

  it.each([
    ['GET', '/v1/calls/call_nobody', undefined, 'callNotFound'],
    ['DELETE', '/v1/calls/call_nobody', undefined, 'callNotFound'],
    ['POST', '/v1/calls/call_nobody/legs', { to: '49' }, 'callNotFound'],
    ['GET', '/v1/calls/CALL/legs/leg_nobody', undefined, 'legNotFound'],
    ['PATCH', '/v1/calls/CALL/legs/leg_nobody', { muted: true }, 'legNotFound'],
    ['POST', '/v1/calls/CALL/legs/leg_nobody/digits', { digits: '1' }, 'legNotFound'],
    ['GET', '/v2/calls', undefined, 'routeNotFound'],
  ])('%s %s gets 404 and the code', async (method, path, body, code) => {
    const { id } = await api.call(bystanders.room);
    const answer = await api.ask(method, path.replace('CALL', id), body);
    expect([answer.status, answer.body.code]).toEqual([404, code]);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  });
});

it('a server that drains takes nobody, and who is there talks on', async () => {
  server.app.service.beginDrain();
  const phone = await server.phone({ voice: voiceOf(2) });
  phone.invite(bystanders.room);
  const refusal = await phone.final();
  expect(refusal.status).toBe(503);
  expect(Number(refusal.header('Retry-After'))).toBeGreaterThan(0);
  expect((await api.ask('POST', '/v1/calls', { name: 'late' })).body.code).toBe('draining');
});
