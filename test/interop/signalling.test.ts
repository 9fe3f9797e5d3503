/** SIPp as an exacting user agent: what it does not get as RFC 3261 and RFC 3264 promise ends its run with an error. */
import { randomUUID } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { EventSeen } from '../support/interop/api-client.js';
import type { Peer, PeerPlan } from '../support/interop/peer.js';
import type { ChildProgram } from '../support/interop/child-program.js';
import { describeWith } from '../support/interop/programs.js';
import { startSipp } from '../support/interop/sipp.js';
import { SippScript } from '../support/interop/sipp-script.js';
import { type Switchboard, switchboardHere } from '../support/interop/switchboard.js';

const PCMU = { formats: '0 101' };
/** Runs of one scenario at most. */
const ATTEMPTS = 3;
/** Answers come at once; scanners retransmit after half a second and get nothing then either. */
const PROBE_PATIENCE_MS = 1500;

const PCMA = { formats: '8 101' };

interface Scenario {
  readonly title: string;
  readonly script: SippScript;
  readonly transport?: 'tcp';
  readonly calls?: number;
  /** What the events of it have to tell; tried until it holds. */
  readonly check?: (events: readonly EventSeen[]) => void;
}

const basic = () => new SippScript('basic').invite(PCMU).allow(100).expect(200).ack().pause(300).bye().expect(200);

const scenarios: readonly Scenario[] = [
  { title: 'fifty calls, ten a second', script: basic(), calls: 50 },
  { title: 'ten calls over TCP', script: basic(), calls: 10, transport: 'tcp' },
  {
    title: 'CANCELs that race with the answer',
    script: new SippScript('cancel').inviteAndCancel(PCMU),
    calls: 10,
    // Who wins is the machine's business; every leg ends once, either way.
    check: (events) => {
      const canceled = fieldsOf(events, 'leg.failed', 'reason');
      expect(new Set([...canceled, 'canceled'])).toEqual(new Set(['canceled']));
      expect(canceled.length + fieldsOf(events, 'leg.left', 'reason').length).toBe(10);
    },
  },
  {
    title: 'CANCELs right behind their INVITEs, which no answer can outrun',
    script: new SippScript('outrun').inviteWithCancelBehind(),
    calls: 10,
    transport: 'tcp',
    check: (events) => {
      expect(fieldsOf(events, 'leg.failed', 'reason')).toEqual(new Array<string>(10).fill('canceled'));
      expect(fieldsOf(events, 'leg.joined', 'id')).toEqual([]);
      expect(fieldsOf(events, 'leg.left', 'reason')).toEqual([]);
    },
  },
  {
    title: 'hold and retrieve by direction',
    script: new SippScript('hold')
      .invite(PCMU)
      .allow(100)
      .expect(200, 'a=sendrecv')
      .ack()
      .pause(200)
      .invite({ ...PCMU, direction: 'sendonly' })
      .allow(100)
      .expect(200, 'a=recvonly', 'm=audio [1-9]')
      .ack()
      .pause(200)
      .invite({ ...PCMU, direction: 'inactive' })
      .allow(100)
      .expect(200, 'a=inactive')
      .ack()
      .pause(200)
      .invite(PCMU)
      .allow(100)
      .expect(200, 'a=sendrecv')
      .ack()
      .pause(200)
      .bye()
      .expect(200),
    check: (events) => expect(fieldsOf(events, 'leg.updated', 'held')).toEqual([true, false]),
  },
  {
    title: 'hold and retrieve by address, the old way',
    script: new SippScript('oldhold')
      .invite(PCMU)
      .allow(100)
      .expect(200)
      .ack()
      .pause(200)
      .invite({ ...PCMU, address: '0.0.0.0' })
      .allow(100)
      .expect(200)
      .ack()
      .pause(200)
      .invite(PCMU)
      .allow(100)
      .expect(200, 'a=sendrecv')
      .ack()
      .pause(200)
      .bye()
      .expect(200),
    check: (events) => expect(fieldsOf(events, 'leg.updated', 'held')).toEqual([true, false]),
  },
  {
    title: 'a change from PCMU to PCMA within the call',
    script: new SippScript('recode')
      .invite(PCMU)
      .allow(100)
      .expect(200, 'RTP/AVP 0')
      .ack()
      .pause(200)
      .invite(PCMA)
      .allow(100)
      .expect(200, 'RTP/AVP 8')
      .ack()
      .pause(200)
      .bye()
      .expect(200),
    check: (events) => expect(fieldsOf(events, 'leg.updated', 'codec')).toEqual(['PCMA']),
  },
  {
    title: 'offers left to the server, at first and within the call',
    script: new SippScript('delayed')
      .invite()
      .allow(100)
      .expect(200, 'm=audio [1-9][0-9]* RTP/AVP', 'telephone-event/8000')
      .ack(PCMA)
      .pause(200)
      .invite()
      .allow(100)
      .expect(200, 'm=audio [1-9][0-9]* RTP/AVP')
      .ack(PCMA)
      .pause(200)
      .bye()
      .expect(200),
    check: (events) => expect(fieldsOf(events, 'leg.joined', 'codec')).toEqual(['PCMA']),
  },
  {
    title: 'a refused change of codec, after which the call goes on',
    script: new SippScript('refused')
      .invite(PCMU)
      .allow(100)
      .expect(200)
      .ack()
      .pause(200)
      .invite({ formats: '18' })
      .allow(100)
      .expect(488)
      .ackRefusal()
      .pause(200)
      .invite(PCMU)
      .allow(100)
      .expect(200, 'RTP/AVP 0')
      .ack()
      .bye()
      .expect(200),
  },
  {
    title: 'a codec nobody has',
    script: new SippScript('g729').invite({ formats: '18' }).allow(100).expect(488).ackRefusal(),
  },
  {
    title: 'OPTIONS',
    script: new SippScript('options').options().expect(200, 'Allow:.*INVITE', 'Accept:.*application/sdp'),
    calls: 10,
  },
];

const switchboard = switchboardHere();

describeWith(['sipp'], 'sipp goes through', () => {
  afterEach(async () => {
    await vi.waitFor(async () => {
      expect(await switchboard().api.calls()).toEqual(new Map());
      for (const metric of ['mixminus_calls', 'mixminus_legs']) expect(await switchboard().api.metric(metric)).toBe(0);
    }, 5000);
  });

  for (const scenario of scenarios) {
    it(scenario.title, { timeout: 150_000 }, async () => {
      const { program, events } = await play(switchboard(), scenario);
      expect(await program.exited, program.output.slice(-3000)).toBe(0);
      await vi.waitFor(() => scenario.check?.(events), 5000);
    });
  }

  it('a change of codec that the media follow', async () => {
    const peer = await switchboard().connect(startRecodingSipp, {
      name: 'recode',
      room: 'lobby',
      law: 'PCMU',
      voice: { frequenciesHz: [437.31], peakDbfs: -20 },
    });
    expect(await peer.program.exited, peer.program.output.slice(-3000)).toBe(0);
    expect(peer.tap.typesHeard).toEqual([0, 8]);
  });
});

describe('A scanner', () => {
  it.each(['OPTIONS', 'INVITE', 'REGISTER'])('gets no answer to %s, while others do', async (method) => {
    const { sip } = switchboard().server;
    const [scanner, honest] = await Promise.all([
      probe(sip, method, 'friendly-scanner'),
      probe(sip, method, 'honest-telephone'),
    ]);
    expect(honest).toMatch(/^SIP\/2\.0 \d{3}/);
    expect(scanner).toBe('');
  });
});

/** Lets SIPp play a scenario; once more when the server had refused for lack of capacity, as a busy machine makes it do. */
async function play(
  { api, server, folder }: Switchboard,
  { script, transport, calls = 1 }: Scenario,
): Promise<{ program: ChildProgram; events: readonly EventSeen[] }> {
  for (let attempt = 1; ; attempt++) {
    await api.ready();
    const refusedBefore = await api.refusals(503);
    const feed = await api.events('leg.*');
    const program = startSipp({
      script,
      server: transport === 'tcp' ? server.sipTcp : server.sip,
      room: 'lobby',
      home: folder('sipp'),
      calls,
      ...(transport && { transport }),
    });
    const isThrough = (await program.exited) === 0;
    if (isThrough || attempt === ATTEMPTS || (await api.refusals(503)) === refusedBefore) {
      return { program, events: feed.seen };
    }
    feed.close();
  }
}

/** SIPp as a telephone that goes over to PCMA after half a second. */
async function startRecodingSipp({ name, room, tap, home }: PeerPlan): Promise<Peer> {
  const script = new SippScript(name).invite(PCMU).allow(100).expect(200).ack().pause(500);
  script.invite(PCMA).allow(100).expect(200).ack().pause(500).bye().expect(200);
  return { program: startSipp({ script, server: tap.address, room, home }) };
}

/** Sends one request and gives the first answer, or nothing when none comes for a while. */
async function probe(server: string, method: string, userAgent: string): Promise<string> {
  const [host = '', port] = server.split(':');
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const id = randomUUID();
  const request = [
    `${method} sip:100@${server} SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.1:${socket.address().port};branch=z9hG4bK${id};rport`,
    `From: "probe" <sip:100@${host}>;tag=${id}`,
    `To: <sip:100@${host}>`,
    `Call-ID: ${id}`,
    `CSeq: 1 ${method}`,
    `Contact: <sip:100@127.0.0.1:${socket.address().port}>`,
    `User-Agent: ${userAgent}`,
    'Max-Forwards: 70',
    // No call may come of it.
    'Require: something-unheard-of',
    'Content-Length: 0',
    '\r\n',
  ].join('\r\n');
  const answer = once(socket, 'message').then(([bytes]) => (bytes as Buffer).toString());
  socket.send(request, Number(port), host);
  const first = await Promise.race([answer, sleep(PROBE_PATIENCE_MS, '')]);
  socket.close();
  return first;
}

/** One field of all events of a type, in order. */
function fieldsOf(events: readonly EventSeen[], type: string, field: string): unknown[] {
  return events.filter((event) => event.type === type).map(({ data }) => data[field]);
}
