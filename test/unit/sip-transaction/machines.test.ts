import { describe, expect, it } from 'vitest';
import { startInviteClient, stepInviteClient } from '../../../src/sip/embedded/transaction/invite-client.js';
import { startInviteServer, stepInviteServer } from '../../../src/sip/embedded/transaction/invite-server.js';
import {
  nextDeadline,
  rfcTimers,
  type MachineContext,
  type MachineState,
  type Step,
} from '../../../src/sip/embedded/transaction/machine.js';
import { startNonInviteClient, stepNonInviteClient } from '../../../src/sip/embedded/transaction/non-invite-client.js';
import { startNonInviteServer, stepNonInviteServer } from '../../../src/sip/embedded/transaction/non-invite-server.js';

/** `A` is that timer firing, `183` a response that comes in, `>486` one that goes out; the others name their events. */
type Input = string;

interface Case {
  readonly name: string;
  readonly inputs: readonly Input[];
  /** Of every input: state after it, then effects, then timers running, e.g. `completed ack,deliver [D]`. */
  readonly trace: readonly string[];
}

function eventOf(input: Input): { kind: string; status?: number; letter?: string } {
  if (/^[A-M]$/.test(input)) return { kind: 'timer', letter: input };
  if (/^\d+$/.test(input)) return { kind: 'response', status: Number(input) };
  if (input.startsWith('>')) return { kind: 'respond', status: Number(input.slice(1)) };
  return { kind: input };
}

function told(step: Step<string>): string {
  const timers = Object.keys(step.state.deadlines).join('');
  return [step.state.name, step.effects.join(','), timers === '' ? '' : `[${timers}]`].filter(Boolean).join(' ');
}

/** Runs a machine; time moves only to a timer that fires. */
function trace(
  first: Step<string>,
  step: (state: never, event: never, context: MachineContext) => Step<string>,
  inputs: readonly Input[],
  reliable: boolean,
): string[] {
  let nowMs = 0;
  const lines = [told(first)];
  let state: MachineState<string> = first.state;
  for (const input of inputs) {
    const event = eventOf(input);
    const deadline = Object.entries(state.deadlines).find(([letter]) => letter === event.letter)?.[1];
    nowMs = deadline ?? nowMs;
    const result = step(state as never, event as never, { nowMs, timers: rfcTimers, reliable });
    lines.push(told(result));
    state = result.state;
  }
  return lines;
}

const udp: MachineContext = { nowMs: 0, timers: rfcTimers, reliable: false };
const tcp: MachineContext = { ...udp, reliable: true };

const inviteClient: readonly (Case & { reliable?: boolean })[] = [
  {
    name: 'retransmits by A and gives up by B',
    inputs: ['A', 'A', 'B', 'A'],
    trace: ['calling send [AB]', 'calling send [AB]', 'calling send [AB]', 'terminated timeout', 'terminated'],
  },
  {
    name: 'stops retransmitting on a provisional',
    inputs: ['100', '180', 'A', 'B'],
    trace: ['calling send [AB]', 'proceeding deliver', 'proceeding deliver', 'proceeding', 'proceeding'],
  },
  {
    name: 'acknowledges a refusal, and again whenever it is repeated, until D',
    inputs: ['486', '486', '600', '200', 'D'],
    trace: [
      'calling send [AB]',
      'completed ack,deliver [D]',
      'completed ack [D]',
      'completed ack [D]',
      'completed [D]',
      'terminated',
    ],
  },
  {
    name: 'passes on every 2xx until M, and nothing else (RFC 6026)',
    inputs: ['180', '200', '200', '180', '486', 'M'],
    trace: [
      'calling send [AB]',
      'proceeding deliver',
      'accepted deliver [M]',
      'accepted deliver [M]',
      'accepted [M]',
      'accepted [M]',
      'terminated',
    ],
  },
  {
    name: 'ends on a transport error',
    inputs: ['transportError'],
    trace: ['calling send [AB]', 'terminated transportError'],
  },
  {
    name: 'can be abandoned once a provisional has come, not before',
    inputs: ['abandon', '100', 'abandon'],
    trace: ['calling send [AB]', 'calling [AB]', 'proceeding deliver', 'terminated'],
  },
  {
    name: 'has no A and no D over TCP',
    reliable: true,
    inputs: ['486'],
    trace: ['calling send [B]', 'terminated ack,deliver'],
  },
  {
    name: 'still lingers after a 2xx over TCP',
    reliable: true,
    inputs: ['200', 'M'],
    trace: ['calling send [B]', 'accepted deliver [M]', 'terminated'],
  },
  {
    name: 'ends when the ACK of a refusal cannot be sent',
    inputs: ['486', 'transportError'],
    trace: ['calling send [AB]', 'completed ack,deliver [D]', 'terminated transportError'],
  },
];

const inviteServer: readonly (Case & { reliable?: boolean })[] = [
  {
    name: 'repeats its last provisional for a repeated INVITE',
    inputs: ['>100', 'request', '>180', 'request'],
    trace: ['proceeding', 'proceeding send', 'proceeding send', 'proceeding send', 'proceeding send'],
  },
  {
    name: 'retransmits a refusal by G until the ACK, then absorbs ACKs until I',
    inputs: ['>486', 'G', 'request', 'G', 'ack', 'ack', 'request', 'I'],
    trace: [
      'proceeding',
      'completed send [GH]',
      'completed send [GH]',
      'completed send [GH]',
      'completed send [GH]',
      'confirmed [I]',
      'confirmed [I]',
      'confirmed [I]',
      'terminated',
    ],
  },
  {
    name: 'tells the TU when no ACK comes until H',
    inputs: ['>486', 'H'],
    trace: ['proceeding', 'completed send [GH]', 'terminated timeout'],
  },
  {
    name: 'absorbs a repeated INVITE after a 2xx and lets the TU retransmit (RFC 6026)',
    inputs: ['>200', 'request', '>200', '>486', 'ack', 'L'],
    trace: [
      'proceeding',
      'accepted send [L]',
      'accepted [L]',
      'accepted send [L]',
      'accepted [L]',
      'accepted deliver [L]',
      'terminated',
    ],
  },
  {
    name: 'ignores a second final response',
    inputs: ['>486', '>200', '>500'],
    trace: ['proceeding', 'completed send [GH]', 'completed [GH]', 'completed [GH]'],
  },
  {
    name: 'has no G and no I over TCP',
    reliable: true,
    inputs: ['>486', 'ack'],
    trace: ['proceeding', 'completed send [H]', 'terminated'],
  },
  {
    name: 'tells of a transport error and goes on',
    inputs: ['>486', 'transportError', 'ack'],
    trace: ['proceeding', 'completed send [GH]', 'completed transportError [GH]', 'confirmed [I]'],
  },
];

const nonInviteClient: readonly (Case & { reliable?: boolean })[] = [
  {
    name: 'retransmits by E and gives up by F',
    inputs: ['E', 'E', 'F', 'E'],
    trace: ['trying send [EF]', 'trying send [EF]', 'trying send [EF]', 'terminated timeout', 'terminated'],
  },
  {
    name: 'goes on retransmitting after a provisional',
    inputs: ['100', 'E', '200', '200', 'K'],
    trace: [
      'trying send [EF]',
      'proceeding deliver [EF]',
      'proceeding send [EF]',
      'completed deliver [K]',
      'completed [K]',
      'terminated',
    ],
  },
  {
    name: 'gives up by F after a provisional too',
    inputs: ['100', 'F'],
    trace: ['trying send [EF]', 'proceeding deliver [EF]', 'terminated timeout'],
  },
  {
    name: 'ends on a transport error',
    inputs: ['transportError'],
    trace: ['trying send [EF]', 'terminated transportError'],
  },
  {
    name: 'has no E and no K over TCP',
    reliable: true,
    inputs: ['404'],
    trace: ['trying send [F]', 'terminated deliver'],
  },
];

const nonInviteServer: readonly (Case & { reliable?: boolean })[] = [
  {
    name: 'absorbs a repeated request while there is no response, then repeats the response until J',
    inputs: ['request', '>200', 'request', '>500', 'J'],
    trace: ['trying', 'trying', 'completed send [J]', 'completed send [J]', 'completed [J]', 'terminated'],
  },
  {
    name: 'repeats a provisional',
    inputs: ['>100', 'request', '>183', '>200', 'request'],
    trace: [
      'trying',
      'proceeding send',
      'proceeding send',
      'proceeding send',
      'completed send [J]',
      'completed send [J]',
    ],
  },
  {
    name: 'is over at once over TCP',
    reliable: true,
    inputs: ['>200', 'request'],
    trace: ['trying', 'terminated send', 'terminated'],
  },
  {
    name: 'tells of a transport error and lives on until J',
    inputs: ['>200', 'transportError', 'J'],
    trace: ['trying', 'completed send [J]', 'completed transportError [J]', 'terminated'],
  },
];

describe('the INVITE client transaction', () => {
  it.each(inviteClient)('$name', ({ inputs, trace: expected, reliable = false }) => {
    const first = startInviteClient(reliable ? tcp : udp);
    expect(trace(first, stepInviteClient, inputs, reliable)).toEqual(expected);
  });
});

describe('the INVITE server transaction', () => {
  it.each(inviteServer)('$name', ({ inputs, trace: expected, reliable = false }) => {
    expect(trace({ state: startInviteServer(), effects: [] }, stepInviteServer, inputs, reliable)).toEqual(expected);
  });
});

describe('the non-INVITE client transaction', () => {
  it.each(nonInviteClient)('$name', ({ inputs, trace: expected, reliable = false }) => {
    const first = startNonInviteClient(reliable ? tcp : udp);
    expect(trace(first, stepNonInviteClient, inputs, reliable)).toEqual(expected);
  });
});

describe('the non-INVITE server transaction', () => {
  it.each(nonInviteServer)('$name', ({ inputs, trace: expected, reliable = false }) => {
    const first = { state: startNonInviteServer(), effects: [] };
    expect(trace(first, stepNonInviteServer, inputs, reliable)).toEqual(expected);
  });
});

/** Times at which a machine sends until it ends by itself. */
function sendTimes<Name extends string>(
  first: Step<Name>,
  step: (state: MachineState<Name>, event: never, context: MachineContext) => Step<Name>,
): { sentAtMs: number[]; endedAtMs: number } {
  const sentAtMs = first.effects.includes('send') ? [0] : [];
  let { state } = first;
  let nowMs = 0;
  for (let next = nextDeadline(state); next !== undefined; next = nextDeadline(state)) {
    nowMs = next.atMs;
    const result = step(state, { kind: 'timer', letter: next.letter } as never, { ...udp, nowMs });
    if (result.effects.includes('send')) sentAtMs.push(nowMs);
    state = result.state;
  }
  return { sentAtMs, endedAtMs: nowMs };
}

describe('the timers of RFC 3261 table 4', () => {
  it('doubles A from T1: 0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5 s, and B ends it at 32 s', () => {
    expect(sendTimes(startInviteClient(udp), stepInviteClient)).toEqual({
      sentAtMs: [0, 500, 1500, 3500, 7500, 15_500, 31_500],
      endedAtMs: 32_000,
    });
  });

  it('doubles E from T1 up to T2, and F ends it at 32 s', () => {
    expect(sendTimes(startNonInviteClient(udp), stepNonInviteClient)).toEqual({
      sentAtMs: [0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500],
      endedAtMs: 32_000,
    });
  });

  it('doubles G from T1 up to T2, and H ends it at 32 s', () => {
    const refused = stepInviteServer(startInviteServer(), { kind: 'respond', status: 486 }, udp);
    expect(sendTimes(refused, stepInviteServer)).toEqual({
      sentAtMs: [0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500],
      endedAtMs: 32_000,
    });
  });

  it('lingers by D 32 s, I and K T4, J, L and M 64·T1', () => {
    const lingering = [
      stepInviteClient(startInviteClient(udp).state, { kind: 'response', status: 486 }, udp),
      stepInviteClient(startInviteClient(udp).state, { kind: 'response', status: 200 }, udp),
      stepNonInviteClient(startNonInviteClient(udp).state, { kind: 'response', status: 200 }, udp),
      stepNonInviteServer(startNonInviteServer(), { kind: 'respond', status: 200 }, udp),
      stepInviteServer(startInviteServer(), { kind: 'respond', status: 200 }, udp),
      stepInviteServer(
        stepInviteServer(startInviteServer(), { kind: 'respond', status: 486 }, udp).state,
        { kind: 'ack' },
        udp,
      ),
    ];
    expect(lingering.map(({ state }) => nextDeadline(state))).toEqual([
      { letter: 'D', atMs: 32_000 },
      { letter: 'M', atMs: 32_000 },
      { letter: 'K', atMs: 5000 },
      { letter: 'J', atMs: 32_000 },
      { letter: 'L', atMs: 32_000 },
      { letter: 'I', atMs: 5000 },
    ]);
  });
});
