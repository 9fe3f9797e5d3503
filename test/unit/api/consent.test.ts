import { beforeAll, describe, expect, it } from 'vitest';
import { type ApiRig, apiRig } from '../../support/api-rig.js';
import { settle } from '../../support/fake-clock.js';

type Body = Record<string, unknown> & { id: string; code: string; state: string; ledger: Record<string, unknown>[] };
const prompt = [{ type: 'speech', text: 'May we record you?' }];

async function room(consent: object | undefined = { ask: 'onDemand', prompt }) {
  const rig = await apiRig();
  const made = await rig.ask('POST', '/v1/calls', { name: 'room', endWhenEmpty: false, ...(consent && { consent }) });
  expect(made.statusCode).toBe(201);
  const phone = await rig.join({ to: 'room' });
  const mediaCall = rig.media.call('call_1');
  const answer = async (digits: string) => {
    mediaCall.endInteraction('leg_2', { result: 'digits', digits });
    await settle();
  };
  return { ...rig, phone, mediaCall, answer, call: made.json<Body>() };
}

/** For what changes nothing. */
let idle: ApiRig;
beforeAll(async () => {
  idle = await apiRig();
});

const ofLeg = '/v1/calls/call_1/legs/leg_2/consent';

describe('consent of a call', () => {
  it('is a policy with its defaults filled in, shown with the call and changed with it', async () => {
    const { ask, call } = await room({ ask: 'onDemand', prompt, withdrawKey: '*9', onRefusal: 'hangUp' });
    const policy = {
      ...{ ask: 'onDemand', prompt, yes: '1', no: '2', retries: 1, timeoutMs: 8_000 },
      ...{ onRefusal: 'hangUp', onSilence: 'joinUnrecorded', withdrawKey: '*9', purgeOnWithdrawal: false },
    };
    expect(call.consent).toEqual(policy);
    expect((await ask('GET', '/v1/calls/call_1/consent')).json<Body>().policy).toEqual(policy);
    const patched = await ask('PATCH', '/v1/calls/call_1', { consent: { ask: 'onJoin', prompt, yes: '5' } });
    expect(patched.json<Body>().consent).toMatchObject({ ask: 'onJoin', yes: '5', onRefusal: 'joinUnrecorded' });
    expect((await ask('PATCH', '/v1/calls/call_1', { consent: null })).json<Body>()).not.toHaveProperty('consent');
    expect((await ask('GET', '/v1/calls/call_1/consent')).json<Body>()).not.toHaveProperty('policy');
  });

  it('asks all, and tells state and ledger', async () => {
    const { ask, answer, mediaCall } = await room();
    mediaCall.tick = 30;
    const asked = await ask('POST', '/v1/calls/call_1/consent');
    expect([asked.statusCode, asked.json<Body>().legs]).toEqual([
      202,
      [{ legId: 'leg_2', state: 'asking', live: true }],
    ]);
    await settle();
    mediaCall.tick = 80;
    await answer('1');
    const { legs, ledger } = (await ask('GET', '/v1/calls/call_1/consent')).json<Body>();
    expect(legs).toEqual([{ legId: 'leg_2', state: 'given', live: true }]);
    expect(ledger).toMatchObject([
      { type: 'consent.asked', legId: 'leg_2', tick: 30, wording: 'May we record you?' },
      { type: 'consent.given', cause: 'answer', digits: '1', askedTick: 30, effectTick: 80, tick: 80 },
    ]);
    expect((await ask('GET', '/v1/calls/call_1/legs/leg_2')).json<Body>()).toMatchObject({ consent: 'given' });
  });

  it('sends everything there is: nothing of the view is missing in the schema', async () => {
    const { ask, answer, service } = await room({ ask: 'onDemand', prompt, purgeOnWithdrawal: true });
    await ask('POST', ofLeg, { action: 'ask' });
    await settle();
    await answer('2');
    await ask('POST', ofLeg, { action: 'give', note: 'form' });
    await ask('POST', ofLeg, { action: 'withdraw', note: 'letter' });
    const view = JSON.parse(JSON.stringify(service.consent.view('call_1'))) as Body;
    expect((await ask('GET', '/v1/calls/call_1/consent')).json()).toEqual(view);
    const leg = JSON.parse(JSON.stringify(service.consent.viewLeg('call_1', 'leg_2'))) as Body;
    expect((await ask('GET', ofLeg)).json()).toEqual(leg);
    expect(leg.ledger.map(({ type }) => type)).toEqual([
      ...['consent.asked', 'consent.refused', 'consent.given', 'consent.withdrawn', 'consent.purged'],
    ]);
  });
});

describe('consent of a leg', () => {
  it('is asked, given and withdrawn', async () => {
    const { ask } = await room();
    expect((await ask('POST', ofLeg, { action: 'ask' })).statusCode).toBe(202);
    const given = await ask('POST', ofLeg, { action: 'give', note: 'Signed form 4711' });
    expect([given.statusCode, given.json<Body>().state]).toEqual([200, 'given']);
    expect(given.json<Body>().ledger.at(-1)).toMatchObject({ cause: 'api', note: 'Signed form 4711' });
    const withdrawn = await ask('POST', ofLeg, { action: 'withdraw' });
    expect([withdrawn.statusCode, withdrawn.json<Body>().state]).toEqual([200, 'withdrawn']);
  });

  it.each([
    ['giving without a note', { action: 'give' }, 400, 'invalidRequest'],
    ['giving with an empty note', { action: 'give', note: '' }, 400, 'invalidRequest'],
    ['an unknown action', { action: 'take' }, 400, 'invalidRequest'],
    ['no action', {}, 400, 'invalidRequest'],
    ['a property nobody knows', { action: 'ask', urgent: true }, 400, 'invalidRequest'],
  ])('refuses %s', async (_what, body, status, code) => {
    const refused = await idle.ask('POST', ofLeg, body);
    expect([refused.statusCode, refused.json<Body>().code]).toEqual([status, code]);
  });

  it('of a leg that is over cannot be asked or given', async () => {
    const { ask, phone } = await room();
    phone.dialog?.hangUp();
    await settle();
    for (const body of [{ action: 'ask' }, { action: 'give', note: 'form' }]) {
      expect((await ask('POST', ofLeg, body)).json<Body>().code).toBe('legEnded');
    }
    expect((await ask('POST', ofLeg, { action: 'withdraw' })).json<Body>().state).toBe('withdrawn');
  });

  it('without a policy nobody is asked', async () => {
    const rig = await apiRig();
    await rig.ask('POST', '/v1/calls', { name: 'room' });
    await rig.join({ to: 'room' });
    expect((await rig.ask('POST', ofLeg, { action: 'ask' })).json<Body>()).toMatchObject({
      code: 'consentNotAsked',
      status: 409,
    });
  });
});

describe('a policy that cannot be', () => {
  const bad: [string, object][] = [
    ['no question', { ask: 'onJoin' }],
    ['an empty question', { ask: 'onJoin', prompt: [] }],
    ['no occasion', { prompt }],
    ['yes and no alike', { ask: 'onJoin', prompt, yes: '1', no: '1' }],
    ['yes that begins like no', { ask: 'onJoin', prompt, yes: '12', no: '1' }],
    ['a key of withdrawal that is an answer', { ask: 'onJoin', prompt, withdrawKey: '1' }],
    ['letters for digits', { ask: 'onJoin', prompt, yes: 'y' }],
    ['an unknown consequence', { ask: 'onJoin', prompt, onRefusal: 'shout' }],
    ['no time to answer', { ask: 'onJoin', prompt, timeoutMs: 0 }],
  ];
  it.each(bad)('%s: 400', async (_what, consent) => {
    const { ask } = idle;
    const refused = await ask('POST', '/v1/calls', { name: 'room', consent });
    expect([refused.statusCode, refused.json<Body>().code]).toEqual([400, 'invalidRequest']);
    expect((await ask('GET', '/v1/calls')).json<{ items: unknown[] }>().items).toEqual([]);
  });
});
