import type { CallEvent, CallEventData, CallEventType } from '../../src/call/event.js';
import type { CallLog } from '../../src/call/log.js';
import { defaultRoutes } from '../../src/call/routing-policy.js';
import { type CallService, createCallService } from '../../src/call/service.js';
import type { CallSettings } from '../../src/call/settings.js';
import type { Trunk } from '../../src/sip/trunk.js';
import { FakeClock, settle } from './fake-clock.js';
import { FakeGateway, type FakeInvite, type InviteShape } from './fake-gateway.js';
import { FakeMediaPlane } from './fake-media-plane.js';
import { FakePrompts } from './fake-prompts.js';
import { FakeCallRecord, FakeRecorder } from './fake-recorder.js';
import { phoneSdp } from './sdp-text.js';

/** The trunk INVITEs come from unless a test says otherwise. */
export const inboundTrunk: Trunk = { name: 'default', allow: ['127.0.0.0/8'], latching: 'off' };

/** A trunk that dials out, to `4930…` and `bob` only. */
export const outboundTrunk: Trunk = {
  name: 'carrier',
  allow: ['10.0.0.5/32'],
  latching: 'sdp-ip',
  outbound: {
    proxy: 'sip:10.0.0.5:5070;transport=tcp',
    fromUri: 'sip:bridge@example.org',
    credentials: { username: 'bridge', password: 'secret', realm: 'carrier' },
    allowDestinations: ['4930*', 'bob'],
    maxLegs: 2,
  },
};

/** A call service between fakes, and all it said. */
export interface CallRig {
  readonly service: CallService;
  readonly media: FakeMediaPlane;
  readonly gateway: FakeGateway;
  readonly prompts: FakePrompts;
  readonly recorder: FakeRecorder;
  readonly record: FakeCallRecord;
  readonly clock: FakeClock;
  readonly events: CallEvent[];
  /** Messages logged as errors: broken invariants. */
  readonly faults: string[];
  /** Everything logged, at whatever level, as JSON. */
  readonly logged: string[];
  /** Calls and lets everything settle that waits only for promises. */
  readonly invite: (shape?: InviteShape) => Promise<FakeInvite>;
  /** Calls, is answered and acknowledges: a leg in the mix. */
  readonly join: (shape?: InviteShape) => Promise<FakeInvite>;
  /** Data of all events of a type, oldest first. */
  readonly of: <Type extends CallEventType>(type: Type) => CallEventData[Type][];
  /** Names of all events so far. */
  readonly names: () => string[];
}

/** Builds a started {@link CallRig}; ids count up. */
export async function callRig(change: Partial<CallSettings> = {}): Promise<CallRig> {
  const media = new FakeMediaPlane();
  const gateway = new FakeGateway();
  const prompts = new FakePrompts();
  const recorder = new FakeRecorder();
  const record = new FakeCallRecord();
  const clock = new FakeClock();
  const faults: string[] = [];
  const logged: string[] = [];
  const settings: CallSettings = {
    trunks: [inboundTrunk, outboundTrunk],
    routes: defaultRoutes,
    limits: { maxCalls: 100, maxLegs: 100, maxLegsPerCall: 10 },
    media: { address: '127.0.0.1', codecs: [{ encoding: 'PCMU' }, { encoding: 'PCMA' }] },
    rtpTimeoutMs: 60_000,
    rtpHoldTimeoutMs: 3_600_000,
    denoise: 'auto',
    idleTimeoutMs: 300_000,
    ...change,
  };
  const service = createCallService({
    settings,
    media,
    gateway,
    prompts,
    recorder,
    record,
    clock,
    ids: countingIds(),
    randomOctets: countingOctets(),
    log: logInto(faults, logged),
  });
  const events: CallEvent[] = [];
  service.subscribe((event) => events.push(event));
  await service.start();
  const invite = async (shape: InviteShape = {}) => {
    const made = gateway.invite({ offer: phoneSdp(), ...shape });
    await settle();
    return made;
  };
  return {
    service,
    media,
    gateway,
    prompts,
    recorder,
    record,
    clock,
    events,
    faults,
    logged,
    invite,
    async join(shape) {
      const made = await invite(shape);
      made.ack();
      await settle();
      return made;
    },
    of: (type) => events.filter((event) => event.type === type).map((event) => event.data) as never,
    names: () => events.map((event) => event.type),
  };
}

function countingIds() {
  let made = 0;
  const next = (prefix: string) => {
    made += 1;
    return `${prefix}_${made}`;
  };
  return { next };
}

/** Octets that can be foreseen: all 1 the first time, all 2 the second. */
function countingOctets() {
  let asked = 0;
  return (count: number) => {
    asked += 1;
    return new Uint8Array(count).fill(asked);
  };
}

function logInto(faults: string[], logged: string[]): CallLog {
  const note = (fields: object, message: string) => {
    const detail = 'err' in fields ? String(fields.err) : '';
    logged.push(`${message} ${detail} ${JSON.stringify(fields)}`);
    return `${message} ${detail}`;
  };
  return { debug: note, info: note, warn: note, error: (fields, message) => faults.push(note(fields, message)) };
}
