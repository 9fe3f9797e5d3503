/** People are dialled into a call through a trunk, or it is said why not. */
import { afterAll, afterEach, aroundAll, beforeAll, expect, it } from 'vitest';
import { hears, packetsCome } from '../support/live/hearing.js';
import { LivePhone } from '../support/live/live-phone.js';
import { freePort, LiveServer, voiceOf } from '../support/live/live-server.js';
import {
  type CallSeen,
  type EventSeen,
  type EventStream,
  type LegSeen,
  RestClient,
} from '../support/live/rest-client.js';
import { aheadOfOthers } from '../support/real-time.js';

let server: LiveServer;
let api: RestClient;
let stream: EventStream;
/** Whoever is dialled through the trunk. */
let callee: LivePhone;
/** The call that is dialled from, and who waits in it. */
let call: CallSeen;
let guest: LivePhone;
aroundAll((run) => aheadOfOthers(run));
beforeAll(async () => {
  const trunkPort = await freePort();
  const outbound = {
    proxy: `sip:127.0.0.1:${trunkPort}`,
    fromUri: 'sip:conference@127.0.0.1',
    allowDestinations: ['49*'],
  };
  server = await LiveServer.open('embedded', { trunks: [{ name: 'outside', allow: ['192.0.2.0/24'], outbound }] });
  callee = await LivePhone.open(server.sip, { voice: voiceOf(5), sipPort: trunkPort });
  api = new RestClient(server.http);
  stream = await api.events('?types=leg.*');
});
afterEach(() => server.hangUpAll());
afterAll(async () => {
  stream.close();
  await server.stop();
  await callee.close();
  expect(server.log).toEqual([]);
});

it('to an allowed destination: it rings, answers, and is in the call', async () => {
  await wait('dialled');
  const dialled = await dial('4930123', { callerName: 'The Conference' });
  expect(dialled).toMatchObject({ status: 'queued', direction: 'outbound' });
  const invite = await callee.answer();
  expect(invite.startLine).toMatch(/^INVITE sip:4930123@127\.0\.0\.1:\d+ SIP\/2\.0$/);
  expect(invite.header('From')).toMatch(/^"?The Conference"? <sip:conference@127\.0\.0\.1>/);
  server.clock.add(callee);
  await Promise.all([hears(guest, callee), hears(callee, guest)]);
  const about = ({ data }: { data: { legId?: string } }) => data.legId === dialled.id;
  await stream.first('leg.ringing', about);
  await stream.first('leg.joined', about);
  expect((await api.legs('dialled'))[1]).toMatchObject({ number: '4930123', status: 'in-progress' });
  await callee.hangUp();
  await stream.first('leg.left', about);
});

it.each([
  ['a destination that is not allowed', { to: '0900123' }, 403, 'destinationRefused'],
  ['a trunk that is not there', { to: '4930123', trunk: 'nowhere' }, 404, 'trunkNotFound'],
  ['a whole address', { to: 'sip:4930123@192.0.2.1' }, 400, 'invalidRequest'],
])('%s is refused at once', async (_what, body, status, code) => {
  await wait('refused');
  const refused = await api.ask('POST', `/v1/calls/${call.id}/legs`, body);
  expect([refused.status, refused.body.code]).toEqual([status, code]);
  expect((await api.legs('refused')).length).toBe(1);
});

it.each([
  [486, 'busy', 'busy'],
  [603, 'failed', 'refused'],
  [404, 'failed', 'failed'],
])('a destination that says %i: the leg is %s, and the call goes on', async (answer, status, reason) => {
  await wait(`says${answer}`);
  const dialled = await dial('4930123');
  const invite = await callee.sip.receive('INVITE');
  callee.dialog.respond(invite, answer);
  expect(await outcomeOf(dialled.id)).toMatchObject({ status, reason, sipStatus: answer });
  await packetsCome(guest, 5);
});

it('a destination that does not answer in time: CANCEL, no-answer', async () => {
  await wait('patience');
  const dialled = await dial('4930123', { ringTimeoutMs: 1000 });
  const invite = await callee.sip.receive('INVITE');
  callee.dialog.respond(invite, 180);
  callee.dialog.respond(await callee.sip.receive('CANCEL'), 200);
  callee.dialog.respond(invite, 487);
  expect(await outcomeOf(dialled.id)).toMatchObject({ status: 'no-answer', reason: 'noAnswer' });
});

it('is given up while it rings: CANCEL, canceled', async () => {
  await wait('givenUp');
  const dialled = await dial('4930123');
  const invite = await callee.sip.receive('INVITE');
  callee.dialog.respond(invite, 180);
  await stream.first('leg.ringing', ({ data }) => data.legId === dialled.id);
  expect((await api.ask('DELETE', `/v1/calls/${call.id}/legs/${dialled.id}`)).status).toBe(204);
  callee.dialog.respond(await callee.sip.receive('CANCEL'), 200);
  callee.dialog.respond(invite, 487);
  expect(await outcomeOf(dialled.id)).toMatchObject({ status: 'canceled' });
});

/** Somebody waits in a call. */
async function wait(room: string): Promise<void> {
  guest = await server.join(room, { voice: voiceOf(0) });
  call = await api.call(room);
}

async function dial(to: string, more: object = {}): Promise<LegSeen> {
  return server.dial(api, call.id, { to, ...more });
}

/** What is told of a leg that came to nothing. */
async function outcomeOf(legId: string): Promise<EventSeen['data']> {
  return (await stream.first('leg.failed', ({ data }) => data.legId === legId)).data;
}
