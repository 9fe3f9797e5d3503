import { describe, expect, it } from 'vitest';
import { MediaEngine } from '../../../src/media/engine.js';
import type { CallMediaEvent } from '../../../src/media/plane.js';
import type { LegOpening, MediaCommand, MediaEvent, MediaResult } from '../../../src/media/protocol.js';
import type { WorkerLink } from '../../../src/media/worker-link.js';

/** A worker that answers as told. */
class FakeWorker implements WorkerLink {
  readonly commands: MediaCommand[] = [];
  terminated = false;
  answer: (command: MediaCommand) => MediaResult | undefined = (command) => {
    if (command.type === 'openLeg') return { type: 'legOpened' };
    if (command.type === 'closeLeg') return { type: 'legClosed', tick: 7, statistics: undefined };
    if (command.type === 'closeCall') return { type: 'callClosed', tick: 9 };
    return undefined;
  };
  #emit: (event: MediaEvent) => void = () => undefined;
  #crash: (reason: string) => void = () => undefined;

  post(command: MediaCommand): void {
    this.commands.push(command);
    const result = this.answer(command);
    if (result && 'requestId' in command) this.emit({ type: 'result', requestId: command.requestId, result });
  }
  onEvent(listener: (event: MediaEvent) => void): void {
    this.#emit = listener;
    queueMicrotask(() => listener({ type: 'ready' }));
  }
  onCrash(listener: (reason: string) => void): void {
    this.#crash = listener;
  }
  async terminate(): Promise<void> {
    this.terminated = true;
  }
  emit(event: MediaEvent): void {
    this.#emit(event);
  }
  crash(): void {
    this.#crash('broken by the test');
  }
  types(): string[] {
    return this.commands.map(({ type }) => type);
  }
}

const opening = (legId: string): LegOpening => ({
  legId,
  latching: 'off',
  rtpTimeoutMs: 0,
  rtpHoldTimeoutMs: 0,
  controls: { muted: false, deaf: false, gainDb: 0 },
});

async function engineWith(workers: number, ports = { min: 20_000, max: 20_007, quarantineMs: 5000 }) {
  const spawned: FakeWorker[] = [];
  const events: CallMediaEvent[] = [];
  const crashes: string[] = [];
  const clock = { nowMs: 0 };
  const engine = new MediaEngine({
    workers,
    host: '127.0.0.1',
    ports,
    spawn: () => {
      const worker = new FakeWorker();
      spawned.push(worker);
      return worker;
    },
    nowMs: () => clock.nowMs,
    random: () => 0.5,
    onCrash: (reason) => crashes.push(reason),
  });
  engine.onEvent((event) => events.push(event));
  await engine.start();
  return { engine, spawned, events, crashes, clock };
}

describe('the media engine', () => {
  it('puts each new call on the worker with the least to do', async () => {
    const { engine, spawned } = await engineWith(2);
    const first = engine.openCall('a');
    await first.openLeg(opening('a1'));
    await first.openLeg(opening('a2'));
    engine.openCall('b');
    engine.openCall('c');
    expect(spawned[0]?.types()).toEqual(['openCall', 'openLeg', 'openLeg']);
    expect(spawned[1]?.types()).toEqual(['openCall', 'openCall']);
  });

  it('gives each leg an even port, an RTCP port next to it, and gives them back after quarantine', async () => {
    const { engine, clock } = await engineWith(1);
    expect(engine.freePorts()).toBe(8);
    const call = engine.openCall('a');
    const { rtpPort, rtcpPort } = await call.openLeg(opening('a1'));
    expect([rtpPort % 2, rtcpPort - rtpPort]).toEqual([0, 1]);
    expect(engine.freePorts()).toBe(6);
    expect(await call.closeLeg('a1')).toEqual({ tick: 7, statistics: undefined });
    expect(engine.freePorts()).toBe(6);
    clock.nowMs = 5000;
    expect(engine.freePorts()).toBe(8);
  });

  it('tries other ports when another program holds one, and says portsExhausted when all are held', async () => {
    const { engine, spawned } = await engineWith(1);
    const [worker] = spawned;
    const call = engine.openCall('a');
    let busy = 2;
    if (!worker) throw new Error('no worker');
    worker.answer = (command) => {
      if (command.type !== 'openLeg') return undefined;
      if (busy-- <= 0) return { type: 'legOpened' };
      return { type: 'failed', code: 'mediaFailed', detail: 'in use', portBusy: true };
    };
    await call.openLeg(opening('a1'));
    expect(worker.types().filter((type) => type === 'openLeg')).toHaveLength(3);
    busy = Infinity;
    await expect(call.openLeg(opening('a2'))).rejects.toMatchObject({ code: 'portsExhausted' });
  });

  it('lets a leg that was opening when its call closed end with callEnded, its ports given back', async () => {
    const { engine, spawned, clock } = await engineWith(1);
    const [worker] = spawned;
    if (!worker) throw new Error('no worker');
    const call = engine.openCall('a');
    const held: MediaCommand[] = [];
    worker.answer = (command) => {
      if (command.type === 'openLeg') held.push(command);
      return command.type === 'closeCall' ? { type: 'callClosed', tick: 3 } : undefined;
    };
    const leg = call.openLeg(opening('late'));
    expect(await call.close()).toEqual({ tick: 3 });
    for (const command of held) {
      if ('requestId' in command) {
        worker.emit({ type: 'result', requestId: command.requestId, result: { type: 'legOpened' } });
      }
    }
    await expect(leg).rejects.toMatchObject({ code: 'callEnded' });
    await expect(call.openLeg(opening('later'))).rejects.toMatchObject({ code: 'callEnded' });
    clock.nowMs = 5000;
    expect(engine.freePorts()).toBe(8);
  });

  it('replaces a worker that crashes: its calls fail, the others go on, new calls work', async () => {
    const { engine, spawned, events, crashes, clock } = await engineWith(2);
    const lost = engine.openCall('lost');
    const safe = engine.openCall('safe');
    await lost.openLeg(opening('l1'));
    await safe.openLeg(opening('s1'));
    const [first, second] = spawned;
    if (!first || !second) throw new Error('no workers');
    first.answer = () => undefined;
    const pending = lost.snapshot();
    first.crash();
    await expect(pending).rejects.toMatchObject({ code: 'mediaFailed' });
    expect(crashes).toEqual(['broken by the test']);
    expect(events).toEqual([{ type: 'callFailed', callId: 'lost', tick: 0, detail: 'The media worker crashed.' }]);
    expect(spawned).toHaveLength(3);
    expect(await safe.closeLeg('s1')).toMatchObject({ tick: 7 });
    expect(await lost.close()).toEqual({ tick: 0 });
    clock.nowMs = 5000;
    expect(engine.freePorts()).toBe(8);
    const again = engine.openCall('lost');
    await again.openLeg(opening('l2'));
    expect(spawned[2]?.types()).toEqual(['openCall', 'openLeg']);
  });

  it('does not start, nor try for ever, when a worker dies before it is ready', async () => {
    const spawned: FakeWorker[] = [];
    const engine = new MediaEngine({
      workers: 1,
      host: '127.0.0.1',
      ports: { min: 20_000, max: 20_007, quarantineMs: 5000 },
      spawn: () => {
        const worker = new FakeWorker();
        spawned.push(worker);
        queueMicrotask(() => worker.crash());
        return worker;
      },
      nowMs: () => 0,
      random: () => 0.5,
    });
    // It would say ready in the microtask after.
    await expect(engine.start()).rejects.toMatchObject({ code: 'mediaFailed' });
    expect(spawned).toHaveLength(1);
  });

  it('closes calls and ends workers', async () => {
    const { engine, spawned } = await engineWith(1);
    engine.openCall('a');
    await engine.close();
    expect(spawned[0]?.types()).toEqual(['openCall', 'closeCall']);
    expect(spawned[0]?.terminated).toBe(true);
    expect(() => engine.openCall('b')).toThrow();
  });
});
