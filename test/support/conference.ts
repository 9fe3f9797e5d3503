import type { CallPolicyRequest } from '../../src/call/policy.js';
import type { InteractionResult } from '../../src/media/protocol.js';
import type { PromptItem } from '../../src/speech/port.js';
import { type CallRig, callRig } from './call-rig.js';
import { settle } from './fake-clock.js';
import type { FakeInvite, InviteShape } from './fake-gateway.js';

/** A leg in a {@link conference}, and its peer. */
export interface Member {
  readonly legId: string;
  readonly invite: FakeInvite;
}

/** A call with a policy, and what people do in it. */
export interface Conference extends CallRig {
  readonly callId: string;
  readonly mediaCall: ReturnType<CallRig['media']['call']>;
  /** Calls in, is answered and acknowledges; whether it is let in is another matter. */
  readonly come: (shape?: InviteShape) => Promise<Member>;
  /** Somebody the API dials answers. */
  readonly dial: (role?: 'moderator' | 'participant' | 'listener') => Promise<string>;
  /** Presses keys, 100 ms each and one every 200 ms, from the call's tick on. */
  readonly press: (legId: string, digits: string) => Promise<void>;
  /** Ends the interaction a leg is in. */
  readonly answer: (legId: string, digits: string, result?: InteractionResult) => Promise<void>;
  /** The leg as the API shows it. */
  readonly leg: (legId: string) => ReturnType<CallRig['service']['getLeg']>;
  /** Hangs up. */
  readonly leave: (member: Member) => Promise<void>;
  /** What the media plane was told about a leg, oldest first. */
  readonly commands: (legId: string) => readonly string[];
  /** Words of prompts asked for since the last look. */
  readonly words: () => readonly string[];
  /** Events as `type legId`, without those of digits. */
  readonly story: () => readonly string[];
}

/** A tone that stands for something. */
export function tone(frequencyHz: number): readonly PromptItem[] {
  return [{ type: 'tone', frequenciesHz: [frequencyHz], cadenceMs: [100] }];
}

/** Builds a {@link Conference} named `room`, created ahead of time. */
export async function conference(
  policy: CallPolicyRequest = {},
  settings: Parameters<typeof callRig>[0] = {},
): Promise<Conference> {
  const rig = await callRig(settings);
  const { id: callId } = rig.service.createCall({ name: 'room', ...policy });
  const mediaCall = rig.media.call(callId);
  let heard = 0;
  return {
    ...rig,
    callId,
    mediaCall,
    async come(shape) {
      const before = new Set(mediaCall.legs.keys());
      const invite = await rig.join(shape);
      const legId = [...mediaCall.legs.keys()].find((id) => !before.has(id)) ?? 'none';
      return { legId, invite };
    },
    async dial(role) {
      const controls = { muted: false, deaf: false, gainDb: 0 };
      const request = { to: 'bob', trunk: undefined, callerName: undefined, ringTimeoutMs: 1_000, controls, role };
      const { id } = rig.service.dial(callId, request);
      await settle();
      for (const attempt of rig.gateway.attempts) attempt.answer(answerSdp);
      await settle();
      return id;
    },
    async press(legId, digits) {
      for (const digit of digits) {
        mediaCall.tick += 10;
        const head = { callId, legId, tick: mediaCall.tick };
        rig.media.emit({ type: 'digit', ...head, digit, durationMs: 100, source: 'rfc4733' });
        await rig.clock.advance(200);
      }
    },
    async answer(legId, digits, result = 'digits') {
      mediaCall.tick += 50;
      mediaCall.endInteraction(legId, { result, digits, endedTick: mediaCall.tick });
      await settle();
    },
    leg: (legId) => rig.service.getLeg(callId, legId),
    async leave({ invite }) {
      invite.dialog?.hangUp();
      await settle();
    },
    commands: (legId) => rig.media.commands.filter((command) => command.endsWith(` ${legId}`)),
    words() {
      const asked = rig.prompts.asked.slice(heard);
      heard += asked.length;
      return asked.map((items) => items.map(wordOf).join(' '));
    },
    story: () =>
      rig.events
        .filter(({ type }) => !type.startsWith('digit'))
        .map(({ type, legId }) => (legId === undefined ? type : `${type} ${legId}`)),
  };
}

const answerSdp = [
  'v=0',
  'o=- 1 1 IN IP4 127.0.0.1',
  's=-',
  'c=IN IP4 127.0.0.1',
  't=0 0',
  'm=audio 4000 RTP/AVP 0',
  '',
].join('\r\n');

function wordOf(item: PromptItem): string {
  if (item.type === 'speech') return item.text;
  return item.type === 'tone' ? `${item.frequenciesHz.join()} Hz` : item.type;
}
