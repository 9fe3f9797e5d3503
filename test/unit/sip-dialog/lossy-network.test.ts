import { describe, expect, it } from 'vitest';
import { Admission } from '../../../src/sip/admission/admission.js';
import { EmbeddedGateway } from '../../../src/sip/embedded/gateway.js';
import type { DialogHandlers, InboundInvite, SipDialog } from '../../../src/sip/gateway.js';
import { TimerQueue } from '../../../src/sip/embedded/transaction/scheduler.js';
import { FakeClock } from '../../support/fake-clock.js';
import { MemorySipNetwork, type SipNetworkConditions } from '../../support/memory-sip-network.js';

const sdp = 'v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\nm=audio 30000 RTP/AVP 0\r\n';

/** Two gateways that call each other, and what their owners count. */
class Simulation {
  readonly clock = new FakeClock(0);
  /** Of the network and the people who call; its heap spares the clock from searching through all they plan. */
  readonly #world = new TimerQueue(this.clock);
  readonly network: MemorySipNetwork;
  readonly caller: EmbeddedGateway;
  readonly callee: EmbeddedGateway;
  readonly thrown: unknown[] = [];
  /** Dialogs that were handed to an owner and have not ended. */
  open = 0;
  /** Promises given to owners that have not settled. */
  unsettled = 0;
  established = 0;
  ended = 0;
  refused = 0;

  constructor(conditions: SipNetworkConditions) {
    this.network = new MemorySipNetwork(this.#world, conditions);
    this.caller = this.#gateway('10.0.0.1');
    this.callee = this.#gateway('10.0.0.2');
  }

  async start(): Promise<void> {
    const onReadiness = (): void => undefined;
    await this.caller.start({ onInvite: (invite) => invite.reject(404), onReadiness });
    await this.callee.start({ onInvite: (invite) => this.#answer(invite), onReadiness });
  }

  schedule(afterMs: number, run: () => void): void {
    this.#world.at(this.clock.nowMs() + afterMs, run);
  }

  /** One call, whose course is chosen at random. */
  call(): void {
    const cancelled = this.network.random() < 0.15;
    const outgoing = this.caller.call(
      { uri: 'sip:room@10.0.0.2:5060', from: { uri: 'sip:me@10.0.0.1' }, sdp, timeoutMs: 20_000 },
      this.#handlers(),
    );
    if (cancelled) this.schedule(this.network.random() * 3000, () => outgoing.cancel());
    void this.#track(
      outgoing.outcome.then((outcome) => {
        if (outcome.ok) this.#live(outcome.dialog);
        else this.refused++;
      }),
    );
  }

  get leftovers(): Record<string, number> {
    const [a, b] = [this.caller.counters(), this.callee.counters()];
    return {
      dialogs: a.dialogs + b.dialogs,
      transactions: a.transactions + b.transactions,
      open: this.open,
      unsettled: this.unsettled,
      timers: this.clock.pending,
    };
  }

  #gateway(host: string): EmbeddedGateway {
    return new EmbeddedGateway({
      listen: [],
      admission: new Admission({
        trunks: [{ name: 'all', allow: ['10.0.0.0/8'], latching: 'off' }],
        limits: { perAddressPerS: 0, newCallsPerS: 0 },
        now: () => this.clock.nowMs(),
      }),
      transport: this.network.host(host),
      host: this.clock,
      random: () => this.network.random(),
      onThrow: (thrown) => this.thrown.push(thrown),
    });
  }

  #answer(invite: InboundInvite): void {
    invite.progress(180);
    this.schedule(this.network.random() * 2000, () => {
      if (this.network.random() < 0.15) return invite.reject(486);
      void this.#track(invite.accept(sdp, this.#handlers()).then((dialog) => this.#live(dialog)));
    });
  }

  /** A dialog an owner got: some re-INVITEs and INFOs from both sides, then BYE from either. */
  #live(dialog: SipDialog): void {
    this.established++;
    this.open++;
    const later = (run: () => Promise<unknown>): void => {
      this.schedule(this.network.random() * 8000, () => void this.#track(run()));
    };
    if (this.network.random() < 0.6) later(() => dialog.reinvite(sdp));
    if (this.network.random() < 0.3) later(() => dialog.reinvite(sdp));
    if (this.network.random() < 0.3) later(() => dialog.info('application/dtmf-relay', 'Signal=1'));
    later(() => dialog.bye({ q850Cause: 16, text: 'Done' }));
  }

  #handlers(): DialogHandlers {
    return {
      onOffer: () => {
        if (this.network.random() < 0.1) throw new Error('broken on purpose');
        return this.network.random() < 0.2 ? { ok: false, status: 488 } : { ok: true, sdp };
      },
      onAnswer: () => undefined,
      onInfo: () => undefined,
      onEnd: () => {
        this.open--;
        this.ended++;
      },
    };
  }

  async #track(promise: Promise<unknown>): Promise<void> {
    this.unsettled++;
    await promise.catch(() => undefined);
    this.unsettled--;
  }
}

describe('a thousand calls over a bad network', () => {
  it.each([
    { name: '10 % loss', seed: 1, lossRatio: 0.1, duplicateRatio: 0, delayMs: 20 },
    {
      name: '10 % loss, 10 % duplication, delays longer than T1',
      seed: 2,
      lossRatio: 0.1,
      duplicateRatio: 0.1,
      delayMs: 400,
    },
  ])('leave nothing behind: $name', async (conditions) => {
    const simulation = new Simulation(conditions);
    await simulation.start();
    const calls = 500;
    for (let count = 0; count < calls; count++) {
      simulation.schedule(simulation.network.random() * 30_000, () => simulation.call());
    }
    // 30 s of calls, ringing and talking 10 s each, then 64·T1 three times over: re-INVITE, BYE, their transactions.
    await simulation.clock.advance(30_000 + 10_000 + 3 * 32_000 + 8000);
    expect(simulation.leftovers).toEqual({ dialogs: 0, transactions: 0, open: 0, unsettled: 0, timers: 0 });
    expect(simulation.established).toBeGreaterThan(calls);
    expect(simulation.ended).toBe(simulation.established);
    expect(simulation.refused).toBeGreaterThan(calls / 10);
    expect(simulation.thrown.every((thrown) => thrown instanceof Error && thrown.message === 'broken on purpose')).toBe(
      true,
    );
  });

  it('leave nothing behind when the other side dies in the middle', async () => {
    const simulation = new Simulation({ seed: 3, delayMs: 20 });
    await simulation.start();
    for (let count = 0; count < 100; count++) {
      simulation.schedule(simulation.network.random() * 10_000, () => simulation.call());
    }
    await simulation.clock.advance(7000);
    expect(simulation.caller.counters().dialogs).toBeGreaterThan(10);
    const stopped = simulation.callee.stop();
    await simulation.clock.advance(3000);
    await stopped;
    await simulation.clock.advance(30_000 + 10_000 + 3 * 32_000);
    expect(simulation.leftovers).toEqual({ dialogs: 0, transactions: 0, open: 0, unsettled: 0, timers: 0 });
    expect(simulation.ended).toBe(simulation.established);
  });
});
