/**
 * Many calls come and go, with real sockets and in every way a call can end, and leave nothing behind.
 *
 * `CHURN_CALLS=10000 npx vitest run --project system test/scenario/server-churn.test.ts` is the long run.
 */
import { afterAll, aroundAll, beforeAll, expect, it } from 'vitest';
import { HandleWatch, openFiles, reachableBytes } from '../support/live/live-objects.js';
import { LivePhone } from '../support/live/live-phone.js';
import { LiveServer, voiceOf } from '../support/live/live-server.js';
import { until } from '../support/live/soon.js';
import { aheadOfOthers } from '../support/real-time.js';
import { type PeerMessage, randomId } from '../support/sip-peer.js';

const CALLS = Number(process.env.CHURN_CALLS ?? 400);
/** Fills what may be filled: history of events, pools, code made fast. */
const WARM_UP_CALLS = Math.min(1000, CALLS);
const AT_ONCE = 16;
const CALLS_PER_SECOND = 50;
/** As long as SIP transactions do. */
const PORTS_REST_MS = 1_600;
const SETTLED_WITHIN_MS = 20_000;
/** The test runner has timers and handles of its own that come and go. */
const HANDLE_TOLERANCE = 8;
const HEAP_TOLERANCE_BYTES = 3 * 2 ** 20;

/** How a call may go. */
type Course = (server: LiveServer, phone: LivePhone, room: string) => Promise<void>;

const talkAndHangUp: Course = async (_server, phone, room) => {
  phone.invite(room);
  phone.confirm(await answerOf(phone, 200));
  await exchangeAudio(phone);
  await phone.hangUp();
};

const talkAndBeHungUpOn: Course = async ({ app }, phone, room) => {
  phone.invite(room);
  phone.confirm(await answerOf(phone, 200));
  await exchangeAudio(phone);
  const [call] = app.service.listCalls({ after: 0, limit: 1, name: room }).items;
  app.service.endCall(call?.id ?? '');
  await phone.hungUp();
};

const giveUp: Course = async (_server, phone, room) => {
  const branch = `z9hG4bK${randomId()}`;
  phone.invite(room, phone.sdp(), branch);
  phone.dialog.send('CANCEL', { cseq: 1, branch });
  await answerOf(phone, 487);
};

const speakNothingKnown: Course = async (_server, phone, room) => {
  phone.invite(room, phone.sdp({ payloadTypes: [9], telephoneEvent: false }));
  await answerOf(phone, 488);
};

/** Most calls are ordinary. */
const courses = [
  talkAndHangUp,
  talkAndHangUp,
  talkAndBeHungUpOn,
  talkAndHangUp,
  giveUp,
  talkAndHangUp,
  speakNothingKnown,
];

let server: LiveServer;
let watch: HandleWatch;
let connected = 0;
let refused = 0;
aroundAll((run) => aheadOfOthers(run));
beforeAll(async () => {
  watch = new HandleWatch();
  server = await LiveServer.open('embedded', {}, { portQuarantineMs: PORTS_REST_MS });
});
afterAll(async () => {
  await server.stop();
  watch.stop();
});

const timeout = 60_000 + ((WARM_UP_CALLS + CALLS) / CALLS_PER_SECOND) * 1000;
it(`${CALLS} calls leave nothing behind`, { timeout }, async () => {
  const freePorts = server.app.engine.freePorts();
  await churn(WARM_UP_CALLS);
  await until(() => server.app.engine.freePorts() === freePorts, SETTLED_WITHIN_MS);
  await quiet();
  const before = holdings();
  connected = 0;
  await churn(CALLS);
  await until(() => server.app.engine.freePorts() === freePorts, SETTLED_WITHIN_MS);
  await quiet();
  const after = holdings();
  console.log(`${CALLS} calls, ${connected} of them with audio, ${refused} refused for want of time`);
  print(before, after);

  expect(connected).toBeGreaterThan(CALLS / 2);
  expect(after.counted).toEqual(before.counted);
  for (const [kind, count] of Object.entries(after.handles)) {
    expect(count, kind).toBeLessThanOrEqual((before.handles[kind] ?? 0) + HANDLE_TOLERANCE);
  }
  expect(after.heapBytes).toBeLessThan(before.heapBytes + HEAP_TOLERANCE_BYTES);
  expect(server.log).toEqual([]);
});

/** Runs so many calls, some at once. */
async function churn(calls: number): Promise<void> {
  let begun = 0;
  const line = async (): Promise<void> => {
    while (begun < calls) {
      const index = begun++;
      while (!(await isTaken(index))) refused++;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, line));
}

/** One call. @returns false when the server was too busy to take it */
async function isTaken(index: number): Promise<boolean> {
  await server.ready();
  const phone = await LivePhone.open(server.sip, { voice: voiceOf(0) });
  try {
    await courses[index % courses.length]?.(server, phone, `churn${index}`);
    return true;
  } catch (thrown) {
    if (thrown instanceof TooBusy) return false;
    throw thrown;
  } finally {
    await phone.close();
  }
}

/** The server refuses calls while its ticks are late, which on a busy machine is no fault of this test. */
class TooBusy extends Error {}

/** The final answer to a telephone's INVITE. */
async function answerOf(phone: LivePhone, status: number): Promise<PeerMessage> {
  const answer = await phone.final();
  if (answer.status === 503) throw new TooBusy();
  expect(answer.status).toBe(status);
  return answer;
}

/** Media goes both ways before the call ends. */
async function exchangeAudio(phone: LivePhone): Promise<void> {
  for (let frame = 0; frame < 3; frame++) phone.sendFrame();
  await until(() => phone.ear.verdict().packets >= 2);
  connected++;
}

/** Waits for a report of the media worker made after the last call was gone, and for the last SIP timer. */
async function quiet(): Promise<void> {
  const isQuiet = () => server.app.engine.metrics().every(({ calls, legs, sockets }) => calls + legs + sockets === 0);
  await until(isQuiet, SETTLED_WITHIN_MS);
  await until(() => server.app.gateway.counters().transactions === 0, SETTLED_WITHIN_MS);
}

/** What is held. */
interface Holdings {
  /** Has to be exactly as it was. */
  readonly counted: Readonly<Record<string, number>>;
  /** Of the test and its runner, too. */
  readonly handles: Readonly<Record<string, number>>;
  readonly heapBytes: number;
  /** Not collected when it is read: for people only. */
  readonly workerHeapBytes: number;
  readonly residentBytes: number;
}

function holdings(): Holdings {
  const { service, gateway, engine } = server.app;
  const { calls, legs, levelSubscriptions } = service.counters();
  const { dialogs, transactions, connections } = gateway.counters();
  const [worker] = engine.metrics();
  if (!worker) throw new Error('The media worker does not report.');
  return {
    counted: {
      calls,
      legs,
      levelSubscriptions,
      dialogs,
      transactions,
      connections,
      'calls on the worker': worker.calls,
      'legs on the worker': worker.legs,
      'sockets of the worker': worker.sockets,
      'wasm bytes of the worker': worker.wasmBytes,
      'free ports': engine.freePorts(),
      'open files': openFiles(),
    },
    handles: watch.counts(),
    heapBytes: reachableBytes(),
    workerHeapBytes: worker.heapUsedBytes,
    residentBytes: process.memoryUsage.rss(),
  };
}

function print(before: Holdings, after: Holdings): void {
  const then = numbersOf(before);
  const lines = Object.entries(numbersOf(after)).map(
    ([kind, count]) => `${kind.padEnd(26)}${String(then[kind]).padStart(12)}${String(count).padStart(12)}`,
  );
  console.log(lines.join('\n'));
}

function numbersOf({ counted, handles, ...sizes }: Holdings): Record<string, number> {
  return { ...counted, ...handles, ...sizes };
}
