/** Whatever people, telephones and the API do in a conference with every habit there is, in whatever order. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { CallPolicyRequest } from '../../src/call/policy.js';
import type { LegRole } from '../../src/call/role.js';
import { CodedError } from '../../src/errors.js';
import type { InteractionResult } from '../../src/media/protocol.js';
import { type CallRig, callRig } from '../support/call-rig.js';
import { tone } from '../support/conference.js';
import { settle } from '../support/fake-clock.js';
import { phoneSdp } from '../support/sdp-text.js';

const pin = '582931';
const moderatorPin = '774466';
const missing = [{ type: 'file', name: 'missing' }] as const;

const policies: fc.Arbitrary<CallPolicyRequest> = fc.record(
  {
    pin: fc.constant(pin),
    moderatorPin: fc.constant(moderatorPin),
    pinTries: fc.constantFrom(1, 2),
    startOnModerator: fc.boolean(),
    endOnModeratorExit: fc.constant({ graceMs: 400 }),
    maxDurationMs: fc.constantFrom(2_000, 60_000),
    entryAnnouncement: fc.constantFrom(tone(800), missing),
    exitAnnouncement: fc.constant(tone(400)),
    waitingMusic: fc.constantFrom(tone(300), missing),
    aloneMusic: fc.constantFrom(tone(200), missing),
    holdMusic: fc.constant(tone(250)),
    menus: fc.constant({
      participant: { '*6': 'toggleMute', '*60': 'hangUp', '*9': 'withdrawConsent' },
      moderator: { '*5': 'muteAll', '*7': 'toggleLock', '*8': 'endCall' },
      listener: { '*3': 'announceCount' },
    } as const),
    consent: fc.record({
      ask: fc.constant('onJoin' as const),
      prompt: fc.constantFrom(tone(700), missing),
      onRefusal: fc.constantFrom('joinUnrecorded', 'stayIsolated', 'hangUp'),
      onSilence: fc.constantFrom('joinUnrecorded', 'stayIsolated', 'hangUp'),
    }),
    prompts: fc.constantFrom({ pin: tone(100), goodbye: missing }, { pin: missing }),
  },
  { requiredKeys: [] },
);

const moveNames = [
  'come',
  'dial',
  'answer',
  'press',
  'leave',
  'hold',
  'role',
  'whisper',
  'policy',
  'wait',
  'ask',
] as const;
type Move = readonly [name: (typeof moveNames)[number], pick: number];
const moves = fc.array(fc.tuple(fc.constantFrom(...moveNames), fc.nat(999)), { minLength: 1, maxLength: 40 });

class World {
  readonly callId: string;

  constructor(
    readonly rig: CallRig,
    policy: CallPolicyRequest,
  ) {
    this.callId = rig.service.createCall({ name: 'room', endWhenEmpty: false, ...policy }).id;
  }

  get media() {
    return this.rig.media.calls.get(this.callId);
  }

  leg(pick: number): string {
    const legIds = [...(this.media?.legs.keys() ?? [])];
    return legIds[pick % Math.max(1, legIds.length)] ?? 'leg_none';
  }

  async act([name, pick]: Move): Promise<void> {
    const { service, gateway, clock } = this.rig;
    const legId = this.leg(pick);
    const coded = (thrown: unknown) => {
      if (!(thrown instanceof CodedError) || thrown.code === 'internal') throw thrown;
    };
    try {
      switch (name) {
        case 'come':
          gateway.invite({ to: 'room', offer: phoneSdp() });
          await settle();
          for (const invite of gateway.invites) invite.ack();
          break;
        case 'dial':
          this.#dial(pick);
          await settle();
          for (const attempt of gateway.attempts) attempt.answer(phoneSdp());
          break;
        case 'answer':
          this.#answer(legId, pick);
          break;
        case 'press':
          await this.#press(legId, pick);
          break;
        case 'leave':
          [...gateway.dialogs][pick % Math.max(1, gateway.dialogs.size)]?.hangUp();
          break;
        case 'hold':
          service.updateLeg(this.callId, legId, { isolated: pick % 2 === 0 }).catch(coded);
          break;
        case 'role':
          service
            .updateLeg(this.callId, legId, { role: pickOf(['moderator', 'participant', 'listener'], pick) })
            .catch(coded);
          break;
        case 'whisper':
          service.audiences.setAudience(this.callId, legId, { heardBy: [this.leg(pick + 1)], hears: 'all' });
          break;
        case 'policy':
          service.updateCall(this.callId, pick % 2 === 0 ? { startOnModerator: null } : { aloneMusic: tone(210) });
          break;
        case 'ask':
          service.interactions.start(this.callId, legId, { prompt: tone(600), gather: { maxDigits: 1 } }).catch(coded);
          break;
        case 'wait':
          await clock.advance(pick * 2);
          break;
      }
    } catch (thrown) {
      coded(thrown);
    }
    if (pick % 3 > 0) await settle();
  }

  #dial(pick: number): void {
    const controls = { muted: false, deaf: false, gainDb: 0 };
    const role = pickOf<LegRole | undefined>(['moderator', 'participant', 'listener', undefined], pick);
    const request = { to: 'bob', trunk: undefined, callerName: undefined, ringTimeoutMs: 1_000, controls, role };
    this.rig.service.dial(this.callId, request);
  }

  #answer(legId: string, pick: number): void {
    const order = this.media?.interactions.get(legId);
    if (order === undefined || this.media === undefined) return;
    this.media.tick += 60;
    const asksPin = (order.gather?.maxDigits ?? 0) >= pin.length;
    const results: [InteractionResult, string][] = [
      ['digits', asksPin ? pin : '1'],
      ['digits', asksPin ? moderatorPin : '1'],
      ['digits', '1'],
      ['digits', '2'],
      ['timeout', ''],
      ['played', ''],
    ];
    const [result, digits] = pickOf(results, pick);
    this.media.endInteraction(legId, { result, digits, promptCompleted: true, endedTick: this.media.tick });
  }

  async #press(legId: string, pick: number): Promise<void> {
    for (const digit of pickOf(['*6', '*60', '*5', '*7', '*8', '*9', '*3', '*'], pick)) {
      if (this.media === undefined) return;
      this.media.tick += 10;
      const head = { callId: this.callId, legId, tick: this.media.tick };
      this.rig.media.emit({ type: 'digit', ...head, digit, durationMs: 60, source: 'rfc4733' });
      await settle();
    }
  }

  /** Who has not come in is out of the mix; who has is in it unless somebody keeps it out. */
  async expectGuarded(): Promise<void> {
    await settle();
    if (this.media === undefined) return;
    for (const { id, admission, status } of await this.rig.service.listLegs(this.callId)) {
      const isolated = this.media.legs.get(id)?.isolated;
      if (status !== 'in-progress' || isolated === undefined) continue;
      if (admission !== 'admitted') expect([id, admission, isolated]).toEqual([id, admission, true]);
    }
  }
}

function pickOf<Item>(items: readonly Item[], pick: number): Item {
  return items[pick % items.length] as Item;
}

it('nobody is in who should not be, nothing is held in the end, and PINs are never told', async () => {
  await fc.assert(
    fc.asyncProperty(policies, moves, async (policy, sequence) => {
      const rig = await callRig();
      const world = new World(rig, policy);
      for (const move of sequence) {
        await world.act(move);
        await world.expectGuarded();
      }
      rig.service.endAll('ended');
      for (let round = 0; round < 3; round++) await settle();
      await rig.clock.advance(3_000);
      rig.service.stop();
      expect(rig.service.counters()).toMatchObject({ calls: 0, legs: 0 });
      expect([rig.media.forgottenLegs, rig.clock.pending, rig.faults]).toEqual([0, 0, []]);
      const told = JSON.stringify(rig.events);
      expect(told.includes(pin) || told.includes(moderatorPin)).toBe(false);
      const own = rig.events.filter(({ callId }) => callId === world.callId);
      expect(own.at(-1)?.type).toBe('call.ended');
      expect(own.map(({ sequence: number }) => number)).toEqual(own.map((_, index) => index + 1));
      for (const id of new Set(rig.events.flatMap(({ legId }) => legId ?? []))) {
        const last = rig.events.findLast(({ legId, type }) => legId === id && type.startsWith('leg.'))?.type;
        expect(['leg.left', 'leg.failed']).toContain(last);
      }
    }),
    { numRuns: 400 },
  );
});
