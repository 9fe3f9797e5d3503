import type { ConsentPolicyRequest } from '../../src/call/consent/policy.js';
import { callRig } from './call-rig.js';
import { settle } from './fake-clock.js';
import type { FakeInvite } from './fake-gateway.js';

/** Press 1 for yes, 2 for no. */
const prompt = [{ type: 'speech', text: 'May we record you? 1 or 2.' }] as const;

/** A call `room` with a consent policy, and how to answer for its legs. */
export async function consentRoom(policy: Partial<ConsentPolicyRequest> | null = {}) {
  const rig = await callRig();
  const consent = policy === null ? undefined : { ask: 'onDemand' as const, prompt, ...policy };
  const { id: callId } = rig.service.createCall({ name: 'room', endWhenEmpty: false, consent });
  const mediaCall = rig.media.call(callId);
  const legIds: string[] = [];
  return {
    ...rig,
    callId,
    mediaCall,
    consent: rig.service.consent,
    /** Somebody comes; its id, and what the phone may do. */
    async comes(from = 'alice'): Promise<{ legId: string; phone: FakeInvite }> {
      const phone = await rig.join({ to: 'room', from });
      const live = (await rig.service.listLegs(callId)).map(({ id }) => id);
      const legId = live.find((id) => !legIds.includes(id)) ?? '';
      legIds.push(legId);
      return { legId, phone };
    },
    /** The leg presses, or not, at a tick. */
    async answers(legId: string, digits: string | undefined, tick = mediaCall.tick + 50): Promise<void> {
      const startedTick = mediaCall.tick;
      mediaCall.tick = tick;
      const result = digits === undefined ? ('timeout' as const) : ('digits' as const);
      const told = { result, digits: digits ?? '', startedTick, endedTick: tick, promptCompleted: true };
      mediaCall.endInteraction(legId, told);
      await settle();
    },
    async presses(legId: string, digits: string, tick = mediaCall.tick): Promise<void> {
      for (const digit of digits) {
        rig.media.emit({ type: 'digit', callId, legId, tick, digit, durationMs: 100, source: 'rfc4733' });
      }
      await settle();
    },
    state: (legId: string) => rig.service.consent.viewLeg(callId, legId).state,
    ledger: (legId: string) => rig.service.consent.viewLeg(callId, legId).ledger,
    /** What the mixer was told about consent, and about keeping legs out. */
    told: (legId: string) =>
      rig.media.commands
        .filter((command) => command.endsWith(` ${legId}`) && /^(setConsent|isolateLeg)/.test(command))
        .map((command) => command.slice(0, -legId.length - 1)),
    /** Names of what happened about consent. */
    story: () => rig.names().filter((name) => name.startsWith('consent.')),
  };
}
