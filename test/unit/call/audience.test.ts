import { describe, expect, it } from 'vitest';
import type { AudienceDesk } from '../../../src/call/audience/desk.js';
import { conference } from '../../support/conference.js';
import { settle } from '../../support/fake-clock.js';
import { phoneSdp } from '../../support/sdp-text.js';

/** A call with a coach, an agent and a customer, and what the media plane is told of who hears whom. */
async function counselling() {
  const room = await conference({ endWhenEmpty: false });
  const [coach, agent, customer] = [await room.come(), await room.come(), await room.come()];
  const { audiences } = room.service;
  return {
    ...room,
    coach,
    agent,
    customer,
    audiences,
    whisper: () => audiences.setAudience(room.callId, coach.legId, { heardBy: [agent.legId], hears: 'all' }),
    told: () => room.media.commands.filter((command) => /^(setAudience|routeLeg)/.test(command)),
  };
}

describe('a whisper', () => {
  it('reaches the media plane as one pair and one audience, the pair first', async () => {
    const { whisper, told, coach, agent, ...room } = await counselling();
    expect(whisper()).toEqual({ heardBy: [agent.legId], hears: 'all' });
    expect(told()).toEqual([`routeLeg ${coach.legId} 1 ${agent.legId}`, `setAudience pairs all ${coach.legId}`]);
    const view = { audiences: [{ legId: coach.legId, heardBy: [agent.legId], hears: 'all' }], pairs: [] };
    expect(room.of('routing.changed')).toEqual([view]);
    expect(room.audiences.routing(room.callId)).toEqual(view);
    expect(room.audiences.audience(room.callId, agent.legId)).toEqual({ heardBy: 'all', hears: 'all' });
  });

  it('needs nothing more when somebody joins', async () => {
    const { whisper, told, ...room } = await counselling();
    whisper();
    const before = told().length;
    await room.come();
    expect(told()).toHaveLength(before);
  });

  it('is taken back, the audience first', async () => {
    const { whisper, told, audiences, coach, agent, ...room } = await counselling();
    whisper();
    audiences.setAudience(room.callId, coach.legId, { heardBy: 'all', hears: 'all' });
    expect(told().slice(2)).toEqual([
      `setAudience all all ${coach.legId}`,
      `routeLeg ${coach.legId} default ${agent.legId}`,
    ]);
    expect(audiences.routing(room.callId)).toEqual({ audiences: [], pairs: [] });
  });

  it('is for nobody when who heard it has left, and the media plane is not told of who is gone', async () => {
    const { whisper, told, audiences, coach, agent, ...room } = await counselling();
    whisper();
    const before = told().length;
    await room.leave(agent);
    expect(told()).toHaveLength(before);
    expect(audiences.audience(room.callId, coach.legId)).toEqual({ heardBy: [], hears: 'all' });
    expect(room.of('routing.changed').at(-1)).toEqual({
      audiences: [{ legId: coach.legId, heardBy: [], hears: 'all' }],
      pairs: [],
    });
    await room.leave(coach);
    expect(audiences.routing(room.callId)).toEqual({ audiences: [], pairs: [] });
    const changes = room.of('routing.changed').length;
    await room.come();
    await room.leave(room.customer);
    expect(room.of('routing.changed')).toHaveLength(changes);
  });

  it('of somebody who is still being dialled is known to the media plane before it is connected', async () => {
    const { audiences, agent, ...room } = await counselling();
    room.media.manual = true;
    const controls = { muted: false, deaf: false, gainDb: 0 };
    const request = { to: 'bob', trunk: undefined, callerName: undefined, ringTimeoutMs: 9_000, controls };
    const { id } = room.service.dial(room.callId, request);
    audiences.setAudience(room.callId, id, { heardBy: [], hears: 'all' });
    audiences.setAudience(room.callId, id, { heardBy: [agent.legId], hears: 'all' });
    expect(room.commands(id)).toEqual([]);
    room.media.manual = false;
    for (const step of room.media.steps.splice(0)) step();
    await settle();
    room.gateway.attempt.answer(phoneSdp());
    await settle();
    expect(room.commands(id).at(-1)).toBe(`connectLeg ${id}`);
    expect(new Set(room.commands(id).slice(0, -1))).toEqual(new Set([`setAudience pairs all ${id}`]));
    expect(room.commands(agent.legId)).toContain(`routeLeg ${id} 1 ${agent.legId}`);
  });

  it('of somebody who never answers is forgotten', async () => {
    const { audiences, ...room } = await counselling();
    const controls = { muted: false, deaf: false, gainDb: 0 };
    const request = { to: 'bob', trunk: undefined, callerName: undefined, ringTimeoutMs: 9_000, controls };
    const { id } = room.service.dial(room.callId, request);
    audiences.setAudience(room.callId, id, { heardBy: [], hears: [] });
    await settle();
    room.gateway.attempt.fail(486);
    await settle();
    expect(audiences.routing(room.callId)).toEqual({ audiences: [], pairs: [] });
  });
});

describe('a side talk', () => {
  it('of two is set up in one go', async () => {
    const { audiences, told, coach, agent, customer, ...room } = await counselling();
    const talk = [
      { legId: coach.legId, heardBy: [agent.legId], hears: [agent.legId] },
      { legId: agent.legId, heardBy: [coach.legId], hears: [coach.legId] },
    ];
    audiences.setRouting(room.callId, { audiences: talk, pairs: [] });
    expect(told()).toEqual([
      `routeLeg ${coach.legId} 1 ${agent.legId}`,
      `routeLeg ${agent.legId} 1 ${coach.legId}`,
      `setAudience pairs pairs ${coach.legId}`,
      `setAudience pairs pairs ${agent.legId}`,
    ]);
    expect(room.commands(customer.legId).some((command) => /Audience|route/.test(command))).toBe(false);
    expect(room.of('routing.changed')).toHaveLength(1);
    audiences.setRouting(room.callId, { audiences: [], pairs: [] });
    expect(told().slice(4).sort()).toEqual(
      [
        `setAudience all all ${coach.legId}`,
        `setAudience all all ${agent.legId}`,
        `routeLeg ${coach.legId} default ${agent.legId}`,
        `routeLeg ${agent.legId} default ${coach.legId}`,
      ].sort(),
    );
  });
});

describe('the gain of a pair', () => {
  it('is linear on the media plane, off is 0, and reset makes it as it was', async () => {
    const { audiences, told, coach, agent, ...room } = await counselling();
    const set = (gainDb: Parameters<AudienceDesk['setPair']>[3]) => {
      audiences.setPair(room.callId, agent.legId, coach.legId, gainDb);
      return told().at(-1);
    };
    const pair = (gain: number | string) => `routeLeg ${coach.legId} ${gain} ${agent.legId}`;
    expect(set(20)).toBe(pair(10));
    expect(set('off')).toBe(pair(0));
    expect(set(0)).toBe(pair(1));
    expect(set(undefined)).toBe(pair('default'));
    expect(audiences.routing(room.callId).pairs).toEqual([]);
  });

  it('counts whatever the audiences are, and is left when they change', async () => {
    const { audiences, told, whisper, coach, agent, customer, ...room } = await counselling();
    audiences.setPair(room.callId, customer.legId, coach.legId, -20);
    whisper();
    expect(told()).toEqual([
      `routeLeg ${coach.legId} 0.1 ${customer.legId}`,
      `routeLeg ${coach.legId} 1 ${agent.legId}`,
      `setAudience pairs all ${coach.legId}`,
    ]);
    audiences.setPair(room.callId, agent.legId, coach.legId, -20);
    audiences.setPair(room.callId, agent.legId, coach.legId, undefined);
    expect(told().slice(3)).toEqual([
      `routeLeg ${coach.legId} 0.1 ${agent.legId}`,
      `routeLeg ${coach.legId} 1 ${agent.legId}`,
    ]);
  });
});

describe('refused is', () => {
  it('whoever is not there, is over, or is the same leg', async () => {
    const { audiences, coach, agent, whisper, ...room } = await counselling();
    const audience = (legId: string, heardBy: readonly string[]) => () =>
      audiences.setAudience(room.callId, legId, { heardBy, hears: 'all' });
    expect(audience('leg_x', [])).toThrow('There is no such leg in this call.');
    expect(audience(coach.legId, ['leg_x'])).toThrow('There is no such leg in this call.');
    expect(() => {
      audiences.setPair(room.callId, agent.legId, agent.legId, 0);
    }).toThrow('A leg never hears itself.');
    expect(() => audiences.routing('call_x')).toThrow('There is no such call.');
    await room.leave(agent);
    expect(audience(agent.legId, [])).toThrow('The leg has ended.');
    expect(audience(coach.legId, [agent.legId])).toThrow('The leg has ended.');
    expect(audiences.routing(room.callId)).toEqual({ audiences: [], pairs: [] });
    expect(whisper).toThrow('The leg has ended.');
  });

  it('not a change for others while a leg is leaving', async () => {
    const { audiences, coach, agent, customer, whisper, ...room } = await counselling();
    whisper();
    room.media.manual = true;
    agent.invite.dialog?.hangUp();
    await settle();
    audiences.setAudience(room.callId, customer.legId, { heardBy: 'all', hears: [coach.legId] });
    expect(audiences.routing(room.callId)).toEqual({
      audiences: [
        { legId: coach.legId, heardBy: [], hears: 'all' },
        { legId: customer.legId, heardBy: 'all', hears: [coach.legId] },
      ],
      pairs: [],
    });
  });

  it('everything in a call that is ending', async () => {
    const { audiences, ...room } = await counselling();
    room.media.manual = true;
    room.service.endCall(room.callId);
    expect(() => audiences.setRouting(room.callId, { audiences: [], pairs: [] })).toThrow('The call has ended.');
  });
});
