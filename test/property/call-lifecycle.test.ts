import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CodedError } from '../../src/errors.js';
import type { CallEvent } from '../../src/call/event.js';
import { type CallRig, callRig } from '../support/call-rig.js';
import { settle } from '../support/fake-clock.js';
import type { FakeInvite } from '../support/fake-gateway.js';
import { phoneSdp } from '../support/sdp-text.js';

/** What the world may do; numbers pick one of what is there. */
type Move = readonly [kind: (typeof kinds)[number], pick: number];

const kinds = [
  'invite',
  'inviteWithoutOffer',
  'create',
  'dial',
  'step',
  'step',
  'step',
  'ack',
  'loseAck',
  'cancel',
  'remoteBye',
  'reinvite',
  'reinviteWithoutOffer',
  'answerReinvite',
  'ring',
  'answer',
  'badAnswer',
  'fail',
  'legFails',
  'callFails',
  'portFails',
  'mute',
  'hangUpLeg',
  'endCall',
  'ask',
  'announce',
  'promptReady',
  'promptFails',
  'cancelAsked',
  'mediaEndsAsked',
  'wait',
] as const;

const moves: fc.Arbitrary<Move[]> = fc.array(fc.tuple(fc.constantFrom(...kinds), fc.nat(1_000)), {
  minLength: 1,
  maxLength: 80,
});

const names = ['room', 'other', 'third'];
const tone = [{ type: 'silence', durationMs: 20 }] as const;
const nobody = { muted: false, deaf: false, gainDb: 0 };

/** The world: peers and API users who act at random, and remembers whom it has seen. */
class World {
  readonly #invites: FakeInvite[] = [];
  /** What API users wait for; all of it comes, or is refused with a code. */
  readonly #asked: Promise<unknown>[] = [];
  #waitedMs = 0;

  constructor(private readonly rig: CallRig) {}

  /** Some are there already: a call is more than its beginning. */
  async gather(count: number): Promise<void> {
    for (let n = 0; n < count; n++) this.#invites.push(await this.rig.join({ to: one(names, 0) ?? 'room' }));
  }

  async act([kind, pick]: Move): Promise<void> {
    this.#do(kind, pick);
    // Half of the time the next thing happens before promises had a chance to settle.
    if (pick % 2 === 0) await settle();
  }

  /** Everything that has begun comes to its end, each in the way that leaves most to others. */
  async finish(): Promise<void> {
    const { media, gateway, service, clock } = this.rig;
    service.endAll('ended');
    media.manual = false;
    for (let round = 0; round < 5; round++) {
      for (const step of media.steps.splice(0)) step();
      await settle();
      for (const invite of gateway.invites) invite.ack(phoneSdp());
      for (const attempt of gateway.attempts) {
        // What was cancelled must be: nothing else would ever end it.
        expect(attempt.canceled).toBe(true);
        if (round % 2 === 0) attempt.fail(487);
        else attempt.answer(phoneSdp());
      }
      await settle();
    }
    await clock.advance(12_000);
    await Promise.all(this.#asked);
    // Nothing is made any more that nobody will hear.
    expect(this.rig.prompts.waiting.every(({ signal }) => signal?.aborted)).toBe(true);
  }

  #do(kind: Move[0], pick: number): void {
    const { rig } = this;
    switch (kind) {
      case 'invite':
        this.#invites.push(rig.gateway.invite({ to: one(names, pick) ?? 'room', offer: phoneSdp() }));
        break;
      case 'inviteWithoutOffer':
        this.#invites.push(rig.gateway.invite({ to: one(names, pick) ?? 'room' }));
        break;
      case 'create':
      case 'dial':
      case 'mute':
      case 'hangUpLeg':
      case 'endCall':
        this.#asApiUser(kind, pick);
        break;
      case 'ask':
      case 'announce':
      case 'promptReady':
      case 'promptFails':
      case 'cancelAsked':
      case 'mediaEndsAsked':
        this.#asAsker(kind, pick);
        break;
      case 'step':
        if (rig.media.steps.length > 0) rig.media.steps.splice(pick % rig.media.steps.length, 1)[0]?.();
        break;
      case 'wait':
        this.#wait(pick * 4);
        break;
      case 'legFails':
      case 'callFails':
      case 'portFails':
        this.#asMedia(kind, pick);
        break;
      default:
        this.#asPeer(kind, pick);
    }
  }

  /** Less than the media plane is given to answer: what it leaves open after that is its own fault, not ours. */
  #wait(ms: number): void {
    const mayMs = Math.min(ms, 4_000 - this.#waitedMs);
    this.#waitedMs += mayMs;
    void this.rig.clock.advance(mayMs);
  }

  #asPeer(kind: Move[0], pick: number): void {
    const invite = one(this.#invites, pick);
    const attempt = one([...this.rig.gateway.attempts], pick);
    const dialog = one([...this.rig.gateway.dialogs], pick);
    if (kind === 'ack') invite?.ack(pick % 3 === 0 ? undefined : phoneSdp());
    if (kind === 'loseAck') invite?.loseAck();
    if (kind === 'cancel') invite?.cancel();
    if (kind === 'remoteBye') dialog?.hangUp();
    if (kind === 'reinvite') void dialog?.handlers.onOffer(phoneSdp({ direction: pick % 2 ? 'sendonly' : 'sendrecv' }));
    if (kind === 'reinviteWithoutOffer') void dialog?.handlers.onOffer(undefined);
    if (kind === 'answerReinvite') dialog?.handlers.onAnswer(phoneSdp({ payloadTypes: pick % 2 ? [8] : [3] }));
    if (kind === 'ring') attempt?.ring();
    if (kind === 'answer') attempt?.answer(phoneSdp());
    if (kind === 'badAnswer') attempt?.answer(phoneSdp({ payloadTypes: [3] }));
    if (kind === 'fail') attempt?.fail(one([302, 404, 486, 503], pick) ?? 500);
  }

  #asMedia(kind: 'legFails' | 'callFails' | 'portFails', pick: number): void {
    const call = one([...this.rig.media.calls.values()], pick);
    if (call === undefined) return;
    const { callId } = call;
    const legId = one([...call.legs.keys()], pick);
    if (kind === 'portFails') call.failOpening = new CodedError('portsExhausted');
    else if (kind === 'callFails') this.rig.media.emit({ type: 'callFailed', callId, tick: pick, detail: 'x' });
    else if (legId !== undefined) {
      this.rig.media.emit({ type: 'legFailed', callId, legId, tick: pick, code: 'rtpTimeout', detail: 'x' });
    }
  }

  #asAsker(
    kind: 'ask' | 'announce' | 'promptReady' | 'promptFails' | 'cancelAsked' | 'mediaEndsAsked',
    pick: number,
  ): void {
    const { service, events, media, prompts } = this.rig;
    const { callId = 'call_none', legId = 'leg_none' } = one(events, pick) ?? {};
    const asked = one([...(media.calls.get(callId)?.interactions ?? [])], pick);
    const prompt = one(prompts.waiting, pick);
    if (kind === 'ask') this.#expectCoded(service.interactions.start(callId, legId, { prompt: tone, gather: {} }));
    if (kind === 'announce') this.#expectCoded(service.playbacks.create(callId, { prompt: tone, plays: pick % 2 }));
    if (kind === 'promptReady') prompt?.ready(pick % 2 === 0);
    if (kind === 'promptFails') prompt?.fail(new CodedError('promptFetchFailed'));
    if (asked === undefined) return;
    const [of, { interactionId }] = asked;
    if (kind === 'cancelAsked') service.interactions.cancel(callId, of, interactionId);
    if (kind === 'mediaEndsAsked') media.call(callId).endInteraction(of, { result: 'digits', digits: '1' });
  }

  #expectCoded(answer: Promise<unknown>): void {
    this.#asked.push(
      answer.catch((thrown: unknown) => {
        if (!(thrown instanceof CodedError)) throw thrown;
      }),
    );
  }

  /** API users may ask for what is not possible any more; they get a coded error, never another one. */
  #asApiUser(kind: 'create' | 'dial' | 'mute' | 'hangUpLeg' | 'endCall', pick: number): void {
    const { service, events } = this.rig;
    const callId = one(service.listCalls({ after: 0, limit: 100, name: undefined }).items, pick)?.id ?? 'call_none';
    const legId = one(
      events.flatMap((event) => event.legId ?? []),
      pick,
    );
    const coded = (thrown: unknown) => {
      if (!(thrown instanceof CodedError)) throw thrown;
    };
    try {
      if (kind === 'create') {
        service.createCall({
          name: one(names, pick),
          maxLegs: undefined,
          muteOnEntry: undefined,
          endWhenEmpty: pick % 2 === 0,
          idleTimeoutMs: 1_500,
          codecs: undefined,
        });
      }
      if (kind === 'dial') {
        const to = '49301';
        service.dial(callId, { to, trunk: undefined, callerName: undefined, ringTimeoutMs: 1_000, controls: nobody });
      }
      if (kind === 'mute') service.updateLeg(callId, legId ?? 'leg_none', { muted: true }).catch(coded);
      if (kind === 'hangUpLeg') service.hangUpLeg(callId, legId ?? 'leg_none');
      if (kind === 'endCall') service.endCall(callId);
    } catch (thrown) {
      coded(thrown);
    }
  }
}

/** Each interaction and playback ends once, whether it had begun or not, and nothing of it comes after that. */
function expectEnds(events: readonly CallEvent[], what: 'interaction' | 'playback'): void {
  const histories = new Map<string, string[]>();
  for (const { type, data } of events) {
    const id = (data as Record<string, unknown>)[`${what}Id`];
    if (typeof id === 'string') histories.set(id, [...(histories.get(id) ?? []), type]);
  }
  for (const types of histories.values()) {
    expect([[`${what}.started`, `${what}.ended`], [`${what}.ended`], [`${what}.failed`]]).toContainEqual(types);
  }
}

function one<Item>(items: readonly Item[], pick: number): Item | undefined {
  return items[pick % Math.max(1, items.length)];
}

/** Each call: numbered without a gap, begins and ends once; each leg: one last event, after which nothing follows. */
function expectOrderly(events: readonly CallEvent[]): void {
  const calls = new Map<string, CallEvent[]>();
  for (const event of events) calls.set(event.callId, [...(calls.get(event.callId) ?? []), event]);
  for (const history of calls.values()) {
    expect(history.map(({ sequence }) => sequence)).toEqual(history.map((_, index) => index + 1));
    expect(history[0]?.type).toBe('call.started');
    expect(history.at(-1)?.type).toBe('call.ended');
    expect(history.filter(({ type }) => type === 'call.ended')).toHaveLength(1);
    const legs = new Map<string, string[]>();
    for (const { legId, type } of history) if (legId !== undefined) legs.set(legId, [...(legs.get(legId) ?? []), type]);
    for (const types of legs.values()) {
      const joined = types.includes('leg.joined');
      expect(types.at(-1)).toBe(joined ? 'leg.left' : 'leg.failed');
      expect(types.filter((type) => type === 'leg.left' || type === 'leg.failed')).toHaveLength(1);
      expect(types.filter((type) => type === 'leg.joined').length).toBeLessThanOrEqual(1);
    }
  }
}

it('holds nothing and has told everything in order after any sequence of what can happen', async () => {
  await fc.assert(
    fc.asyncProperty(moves, async (sequence) => {
      const rig = await callRig();
      const world = new World(rig);
      await world.gather(sequence.length % 3);
      rig.media.manual = true;
      rig.prompts.manual = true;
      for (const move of sequence) await world.act(move);
      await world.finish();
      rig.service.stop();
      expect(rig.service.counters()).toMatchObject({ calls: 0, legs: 0 });
      expect(rig.media.calls.size).toBe(0);
      expect(rig.media.forgottenLegs).toBe(0);
      expect(rig.gateway.counters()).toMatchObject({ dialogs: 0, transactions: 0 });
      expect(rig.clock.pending).toBe(0);
      expect(rig.faults).toEqual([]);
      expectOrderly(rig.events);
      expectEnds(rig.events, 'interaction');
      expectEnds(rig.events, 'playback');
    }),
    { numRuns: 1_000 },
  );
});
