import { beforeAll, describe, expect, it } from 'vitest';
import { type ApiRig, apiRig } from '../../support/api-rig.js';
import { tone } from '../../support/conference.js';

type Body = Record<string, unknown>;

const habits = {
  pinTries: 2,
  startOnModerator: true,
  endOnModeratorExit: { graceMs: 5_000 },
  maxDurationMs: 3_600_000,
  durationWarning: { beforeEndMs: 60_000, prompt: tone(900) },
  entryAnnouncement: [{ type: 'speech', text: '{displayName} is here.' }],
  exitAnnouncement: tone(400),
  waitingMusic: [{ type: 'file', name: 'music/wait.wav' }],
  aloneMusic: tone(200),
  holdMusic: tone(250),
  menus: {
    participant: { '*6': 'toggleMute', '#': 'hangUp' },
    moderator: { '*5': 'muteAll' },
    listener: { '*3': 'announceCount' },
    interDigitTimeoutMs: 1_500,
    feedback: { muted: tone(500) },
  },
  prompts: { pin: tone(100), pinInvalid: tone(110), goodbye: tone(120) },
};

describe('habits of a call', () => {
  let ask: ApiRig['ask'];
  beforeAll(async () => {
    ({ ask } = await apiRig());
  });

  it('are taken, shown without the PINs, changed, and taken away by null', async () => {
    const made = await ask('POST', '/v1/calls', { name: 'board', pin: '4711', moderatorPin: '98765', ...habits });
    expect(made.json()).toMatchObject({ ...habits, pinRequired: true });
    expect(made.body).not.toMatch(/4711|98765/);
    const { id } = made.json<{ id: string }>();
    const changed = await ask('PATCH', `/v1/calls/${id}`, { pin: null, moderatorPin: null, menus: null, pinTries: 5 });
    expect(changed.json()).toMatchObject({ pinRequired: false, pinTries: 5, muteOnEntry: false });
    expect(changed.json()).not.toHaveProperty('menus');
    expect((await ask('GET', `/v1/calls/${id}`)).json()).toEqual({ ...changed.json<Body>() });
    const muting = await ask('PATCH', `/v1/calls/${id}`, { muteOnEntry: true });
    expect(muting.json()).toMatchObject({ muteOnEntry: true });
  });

  it.each([
    ['a PIN that is too short', { pin: '123' }, '/body/pin'],
    ['a PIN with other signs', { pin: '12345a' }, '/body/pin'],
    ['a menu entry only moderators have', { menus: { participant: { '1': 'muteAll' } } }, '/body/menus/participant/1'],
    ['a listener that unmutes itself', { menus: { listener: { '1': 'unmute' } } }, '/body/menus/listener/1'],
    ['a key no phone has', { menus: { moderator: { x: 'lock' } } }, '/body/menus/moderator/x'],
    ['a menu without entries', { menus: { moderator: {} } }, '/body/menus/moderator'],
    ['an unknown outcome', { menus: { feedback: { happy: tone(100) } } }, '/body/menus/feedback/happy'],
    ['an unknown habit', { aloneMusik: tone(100) }, '/body/aloneMusik'],
    ['no grace', { endOnModeratorExit: {} }, '/body/endOnModeratorExit/graceMs'],
  ])('%s is refused, and the place is named', async (_what, body, pointer) => {
    const refused = await ask('POST', '/v1/calls', body);
    expect(refused.statusCode).toBe(400);
    const { code, errors } = refused.json<{ code: string; errors?: { pointer: string }[] }>();
    expect(code).toBe('invalidRequest');
    expect(errors?.some((error) => error.pointer.startsWith(pointer.replace(/\/graceMs$/, '')))).toBe(true);
    expect(refused.body).not.toContain('12345a');
  });

  it('that contradict themselves are refused, without telling the PIN', async () => {
    const refused = await ask('POST', '/v1/calls', { pin: '4711', moderatorPin: '4711' });
    expect(refused.statusCode).toBe(400);
    expect(refused.json()).toMatchObject({ detail: 'moderatorPin must not be the same as pin.' });
    expect(refused.body).not.toContain('4711');
  });
});

describe('a leg', () => {
  it('has a role and a way in, and is put on hold', async () => {
    const { ask, join } = await apiRig();
    await ask('POST', '/v1/calls', { name: 'room' });
    await join();
    const leg = '/v1/calls/call_1/legs/leg_2';
    expect((await ask('GET', leg)).json()).toMatchObject({
      role: 'participant',
      admission: 'admitted',
      isolated: false,
    });
    expect((await ask('PATCH', leg, { isolated: true, role: 'listener' })).json()).toMatchObject({
      role: 'listener',
      isolated: true,
      muted: true,
    });
    const refused = await ask('PATCH', leg, { muted: false });
    expect([refused.statusCode, refused.json<Body>().code]).toEqual([403, 'forbidden']);
    expect((await ask('PATCH', leg, { isolated: false, role: 'moderator' })).json()).toMatchObject({
      role: 'moderator',
      isolated: false,
      muted: false,
    });
    expect((await ask('PATCH', leg, { role: 'boss' })).statusCode).toBe(400);
  });

  it('is dialled with a role', async () => {
    const { ask } = await apiRig();
    await ask('POST', '/v1/calls', { name: 'room' });
    const dialled = await ask('POST', '/v1/calls/call_1/legs', { to: 'bob', role: 'listener' });
    expect(dialled.json()).toMatchObject({ role: 'listener', muted: true, admission: 'admitted' });
  });
});

describe('a locked call', () => {
  it('refuses callers and dialling alike, until it is opened again', async () => {
    const { ask, join, invite } = await apiRig();
    await ask('POST', '/v1/calls', { name: 'room' });
    await join();
    expect((await ask('PATCH', '/v1/calls/call_1', { locked: true })).json()).toMatchObject({ locked: true });
    expect((await invite()).status).toBe(403);
    const dialled = await ask('POST', '/v1/calls/call_1/legs', { to: 'bob' });
    expect([dialled.statusCode, dialled.json<Body>().code]).toEqual([409, 'callLocked']);
    await ask('PATCH', '/v1/calls/call_1', { locked: false });
    expect((await invite()).status).toBe(200);
  });
});

describe('who hears whom', () => {
  const call = '/v1/calls/call_1';
  let rig: ApiRig;
  beforeAll(async () => {
    rig = await apiRig();
    await rig.ask('POST', '/v1/calls', { name: 'room' });
    await rig.join();
    await rig.join();
  });

  it('is plain at first, changed leg by leg, and read at one place', async () => {
    const { ask } = rig;
    expect((await ask('GET', `${call}/routing`)).json()).toEqual({ audiences: [], pairs: [] });
    const set = await ask('PUT', `${call}/legs/leg_2/audience`, { heardBy: ['leg_3'] });
    expect([set.statusCode, set.json()]).toEqual([200, { heardBy: ['leg_3'], hears: 'all' }]);
    expect((await ask('GET', `${call}/legs/leg_2/audience`)).json()).toEqual(set.json());
    expect((await ask('PUT', `${call}/legs/leg_3/audience/leg_2`, { gainDb: -6 })).statusCode).toBe(204);
    expect((await ask('PUT', `${call}/legs/leg_2/audience/leg_3`, { gainDb: 'off' })).statusCode).toBe(204);
    const routing = await ask('GET', `${call}/routing`);
    expect(routing.json()).toEqual({
      audiences: [{ legId: 'leg_2', heardBy: ['leg_3'], hears: 'all' }],
      pairs: [
        { listener: 'leg_3', source: 'leg_2', gainDb: -6 },
        { listener: 'leg_2', source: 'leg_3', gainDb: 'off' },
      ],
    });
    // What is read can be written.
    expect((await ask('PUT', `${call}/routing`, routing.json<object>())).json()).toEqual(routing.json());
    expect((await ask('DELETE', `${call}/legs/leg_3/audience/leg_2`)).statusCode).toBe(204);
    expect((await ask('PUT', `${call}/legs/leg_2/audience`, {})).json()).toEqual({ heardBy: 'all', hears: 'all' });
    expect((await ask('PUT', `${call}/routing`, { audiences: [], pairs: [] })).json()).toEqual({
      audiences: [],
      pairs: [],
    });
    expect(rig.of('routing.changed')).toHaveLength(7);
  });

  it.each([
    ['PUT', '/legs/leg_2/audience', { heardBy: 'nobody' }, 400],
    ['PUT', '/legs/leg_2/audience', { heardBy: ['leg_9'] }, 404],
    ['PUT', '/legs/leg_2/audience/leg_2', { gainDb: 0 }, 400],
    ['PUT', '/legs/leg_2/audience/leg_3', { gainDb: 30 }, 400],
    ['PUT', '/legs/leg_2/audience/leg_3', {}, 400],
    ['PUT', '/legs/leg_2/audience/leg_9', { gainDb: 0 }, 404],
    ['PUT', '/routing', {}, 400],
    ['PUT', '/routing', { audiences: [{ legId: 'leg_9', heardBy: 'all', hears: [] }], pairs: [] }, 404],
    ['DELETE', '/legs/leg_9/audience/leg_2', undefined, 404],
    ['GET', '/legs/leg_9/audience', undefined, 404],
  ])('%s %s %j is answered %s %i', async (method, path, body, status) => {
    expect((await rig.ask(method, `${call}${path}`, body)).statusCode).toBe(status);
    expect((await rig.ask('GET', `${call}/routing`)).json()).toEqual({ audiences: [], pairs: [] });
  });
});
