import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CodedError } from '../../src/errors.js';
import { consentRoom } from '../support/consent-room.js';
import { settle } from '../support/fake-clock.js';
import type { FakeInvite } from '../support/fake-gateway.js';

const kinds = [
  ...(['come', 'leave', 'askAll', 'askLeg', 'askLeg', 'give', 'withdraw', 'press', 'step', 'step', 'step'] as const),
  ...(['yes', 'yes', 'no', 'silence', 'mediaFails', 'apiCancels', 'otherInteraction', 'wait'] as const),
  ...(['policyOff', 'policyOn', 'promptReady', 'promptFails', 'record'] as const),
];
type Move = readonly [kind: (typeof kinds)[number], pick: number];
const moves: fc.Arbitrary<Move[]> = fc.array(fc.tuple(fc.constantFrom(...kinds), fc.nat(1_000)), {
  minLength: 15,
  maxLength: 60,
});
const occasions = fc.constantFrom('onDemand' as const, 'beforeRecording' as const, 'onJoin' as const);
const consequences = fc.constantFrom('joinUnrecorded' as const, 'stayIsolated' as const, 'hangUp' as const);

type Room = Awaited<ReturnType<typeof consentRoom>>;

/** A call in which everything happens at any time, and the bit of every leg as the mixer was told it. */
class World {
  /** Whether tools get a leg's audio. */
  readonly #bits = new Map<string, boolean>();
  readonly #phones = new Map<string, FakeInvite>();
  readonly #waiting: Promise<unknown>[] = [];

  constructor(
    private readonly room: Room,
    private readonly policy: object,
  ) {
    const { mediaCall } = room;
    const tell = mediaCall.setConsent.bind(mediaCall);
    mediaCall.setConsent = (legId, consented) => {
      this.#bits.set(legId, consented);
      if (consented) expect(this.#isBeingAsked(legId), `${legId} while it was being asked`).toBe(false);
      tell(legId, consented);
    };
  }

  async move([kind, pick]: Move): Promise<void> {
    const { room } = this;
    const legId = [...this.#phones.keys()][pick % Math.max(1, this.#phones.size)] ?? 'nobody';
    const order = room.mediaCall.interactions.get(legId);
    switch (kind) {
      case 'come':
        await this.#come();
        break;
      case 'leave':
        this.#phones.get(legId)?.dialog?.hangUp();
        break;
      case 'askAll':
        this.#try(() => room.consent.askAll(room.callId));
        break;
      case 'askLeg':
        this.#try(() => room.consent.askLeg(room.callId, legId));
        break;
      case 'give':
        this.#wait(room.consent.give(room.callId, legId, 'note'));
        break;
      case 'withdraw':
        this.#wait(room.consent.withdraw(room.callId, legId, { note: undefined, purge: pick % 2 === 0 }));
        break;
      case 'press':
        if (this.#phones.has(legId)) await room.presses(legId, '*9');
        break;
      case 'yes':
      case 'no':
        if (order) room.mediaCall.endInteraction(legId, { result: 'digits', digits: kind === 'yes' ? '1' : '2' });
        break;
      case 'silence':
        if (order) room.mediaCall.endInteraction(legId, { result: 'timeout' });
        break;
      case 'mediaFails':
        if (order) room.mediaCall.endInteraction(legId, { result: 'cancelled', cancelledBy: 'mediaFailed' });
        break;
      case 'apiCancels':
        if (order) this.#try(() => room.service.interactions.cancel(room.callId, legId, order.interactionId));
        break;
      case 'otherInteraction':
        this.#wait(
          room.service.interactions.start(room.callId, legId, { prompt: [{ type: 'silence', durationMs: 20 }] }),
        );
        break;
      case 'policyOff':
        room.service.updateCall(room.callId, { consent: null });
        break;
      case 'policyOn':
        room.service.updateCall(room.callId, { consent: this.policy as never });
        break;
      case 'promptReady':
        room.prompts.waiting.shift()?.ready();
        break;
      case 'promptFails':
        room.prompts.waiting.shift()?.fail(new CodedError('promptFetchFailed'));
        break;
      case 'record':
        this.#wait(room.service.recordings.start(room.callId));
        break;
      case 'step':
        room.media.steps.shift()?.();
        break;
      case 'wait':
        await room.clock.advance(pick * 3);
        break;
    }
    await settle();
    this.judge();
  }

  /** Of a leg that has not said yes nothing goes to tools, at any moment. */
  judge(): void {
    for (const legId of this.#phones.keys()) {
      // Of one that is gone for the call a media plane that does not answer may still have something.
      if (this.room.events.some((event) => event.type === 'leg.left' && event.legId === legId)) continue;
      const media = this.room.mediaCall.legs.get(legId);
      if (media === undefined || !(this.#bits.get(legId) ?? media.opening.consented)) continue;
      const state = this.room.state(legId);
      const allowed = this.#hasPolicy ? ['given', 'asking'] : ['given', 'asking', 'notAsked'];
      expect(allowed, `${legId} is heard by tools`).toContain(state);
    }
  }

  /** Lets everything come to its end. */
  async settleAll(): Promise<void> {
    const { room } = this;
    room.media.manual = false;
    room.prompts.manual = false;
    for (let round = 0; round < 6; round++) {
      for (const step of room.media.steps.splice(0)) step();
      for (const prompt of room.prompts.waiting.splice(0)) prompt.ready();
      await settle();
      for (const legId of [...room.mediaCall.interactions.keys()]) {
        room.mediaCall.endInteraction(legId, { result: 'timeout' });
      }
      await room.clock.advance(3_000);
    }
    await Promise.all(this.#waiting);
    await settle();
    for (const { id, consent } of await room.service.listLegs(room.callId)) {
      const bit = this.#bits.get(id) ?? room.mediaCall.legs.get(id)?.opening.consented ?? false;
      expect(consent, `${id} is not asked any more`).not.toBe('asking');
      if (this.#hasPolicy) expect(bit, `${id} is ${consent}`).toBe(consent === 'given');
      if (consent === 'given')
        expect(room.told(id).findLast((told) => told.startsWith('isolate'))).not.toBe('isolateLeg true');
      expect(consent === 'given').toBe(lastAnswer(room, id) === 'consent.given');
    }
    this.judge();
    for (const legId of this.#phones.keys()) expectAnswered(room, legId);
    expect(room.faults).toEqual([]);
  }

  get #hasPolicy(): boolean {
    return this.room.service.getCall(this.room.callId).consent !== undefined;
  }

  #isBeingAsked(legId: string): boolean {
    const interactionId = this.room.mediaCall.interactions.get(legId)?.interactionId;
    return this.room
      .ledger(legId)
      .some((entry) => entry.type === 'consent.asked' && entry.interactionId === interactionId);
  }

  async #come(): Promise<void> {
    const { room } = this;
    if (this.#phones.size >= 4) return;
    // Others may be slow; this one is not what is tested.
    const { manual } = room.media;
    room.media.manual = false;
    const { legId, phone } = await room.comes(`guest-${this.#phones.size}`);
    room.media.manual = manual;
    if (legId !== '') this.#phones.set(legId, phone);
  }

  #try(action: () => unknown): void {
    try {
      action();
    } catch (thrown) {
      if (!(thrown instanceof CodedError)) throw thrown;
    }
  }

  #wait(work: Promise<unknown>): void {
    const refused = (thrown: unknown) => {
      if (!(thrown instanceof CodedError) || thrown.code === 'internal') throw thrown;
    };
    this.#waiting.push(work.catch(refused));
  }
}

const ends = ['consent.given', 'consent.refused', 'consent.unanswered', 'consent.withdrawn'];

/** Between two questions there is an end of the first. */
function expectAnswered(room: Room, legId: string): void {
  const types = room.ledger(legId).map(({ type }) => type as string);
  let open = false;
  for (const type of types) {
    if (type === 'consent.asked') expect(open, types.join(' ')).toBe(false);
    if (type === 'consent.asked') open = true;
    else if (ends.includes(type)) open = false;
  }
  expect(open, types.join(' ')).toBe(false);
}

/** The last thing that decided about a leg. */
function lastAnswer(room: Room, legId: string): string | undefined {
  const decisive = ['consent.given', 'consent.refused', 'consent.withdrawn'];
  return room.ledger(legId).findLast(({ type }) => decisive.includes(type))?.type;
}

it('whatever happens in whatever order, tools hear nobody who has not said yes, and every question has one end', async () => {
  const property = fc.asyncProperty(
    occasions,
    consequences,
    consequences,
    moves,
    async (ask, onRefusal, onSilence, script) => {
      const policy = {
        ask,
        onRefusal,
        onSilence,
        withdrawKey: '*9',
        prompt: [{ type: 'silence', durationMs: 20 }],
      } as const;
      const room = await consentRoom(policy);
      const world = new World(room, policy);
      room.media.manual = true;
      room.prompts.manual = true;
      await world.move(['come', 0]);
      for (const move of script) await world.move(move);
      await world.settleAll();
    },
  );
  await fc.assert(property, { numRuns: 250 });
});
