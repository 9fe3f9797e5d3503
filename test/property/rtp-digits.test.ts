import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DigitReceiver } from '../../src/media/rtp/digit-receiver.js';
import { createRtpPacket } from '../../src/media/rtp/packet.js';
import { ReceiveStream } from '../../src/media/rtp/receive-stream.js';
import { SeededRandom } from '../../src/media/rtp/seeded-random.js';
import { digitOfEvent } from '../../src/media/rtp/telephone-event.js';
import { type Habit, type Wire, isSubsequence, phone, pressed, randomPresses, travel } from '../support/digit-phone.js';

/**
 * A phone, a network and the receive side: what the receiver tells is compared with what was pressed. SAFETY M7: no press
 * told twice at any loss, and at least 99.9 % told exactly once at 10 % loss.
 */

/** What the receive side tells, as digits; it ticks every 20 ms. */
function listen(arrived: readonly Wire[]): string {
  let told = '';
  let open = 0;
  let mostOpen = 0;
  const stream = new ReceiveStream();
  const digits = new DigitReceiver({
    pressBegan: () => {
      open += 1;
      mostOpen = Math.max(mostOpen, open);
    },
    pressEnded: (event) => {
      open -= 1;
      told += digitOfEvent(event);
    },
  });
  const packet = createRtpPacket();
  let tickMs = 0;
  for (const wire of arrived) {
    for (; tickMs < wire.atMs; tickMs += 20) digits.advance(tickMs);
    packet.ssrc = 1;
    packet.sequence = wire.sequence;
    packet.timestampRtp = wire.timestamp;
    packet.marker = wire.marker;
    const verdict = stream.receive(packet, 8000, wire.event < 0);
    if (wire.event < 0 || verdict === 'duplicate' || verdict === 'probation') continue;
    const event = { event: wire.event, end: wire.end, volume: 10, durationRtp: wire.duration };
    digits.receive(packet, event, 8000, wire.atMs);
  }
  digits.advance(tickMs + 1000);
  expect(mostOpen).toBeLessThanOrEqual(1);
  expect(open).toBe(0);
  return told;
}

const someHabit = fc.constantFrom<Habit>('right', 'spoiltEnds', 'moving', 'pegged');
const somePresses = fc.array(
  fc.record({
    event: fc.integer({ min: 0, max: 2 }),
    ticks: fc.integer({ min: 2, max: 15 }),
    pauseTicks: fc.integer({ min: 3, max: 10 }),
  }),
  { minLength: 1, maxLength: 12 },
);

describe('digits through a network', () => {
  it('are all told exactly once, in order, when nothing is lost, whatever the phone does with timestamps', () => {
    fc.assert(
      fc.property(somePresses, someHabit, fc.boolean(), fc.integer(), (presses, habit, dtx, seed) => {
        const random = new SeededRandom(seed);
        const network = { loss: 0, duplication: 0.2, jitterMs: 15 };
        expect(listen(travel(phone(presses, habit, dtx, random), network, random))).toBe(pressed(presses));
      }),
      { numRuns: 400 },
    );
  });

  it('are all told exactly once, in order, through duplication and reordering by up to three packets', () => {
    fc.assert(
      fc.property(somePresses, fc.boolean(), fc.integer(), (presses, dtx, seed) => {
        const random = new SeededRandom(seed);
        const network = { loss: 0, duplication: 0.5, jitterMs: 60 };
        expect(listen(travel(phone(presses, 'right', dtx, random), network, random))).toBe(pressed(presses));
      }),
      { numRuns: 400 },
    );
  });

  it('are never doubled, invented or swapped at any loss, duplication and reordering', () => {
    const someNetwork = fc.record({
      loss: fc.double({ min: 0, max: 0.95, noNaN: true }),
      duplication: fc.double({ min: 0, max: 1, noNaN: true }),
      jitterMs: fc.integer({ min: 0, max: 80 }),
    });
    fc.assert(
      fc.property(
        somePresses,
        someHabit,
        fc.boolean(),
        someNetwork,
        fc.integer(),
        (presses, habit, dtx, network, seed) => {
          const random = new SeededRandom(seed);
          const told = listen(travel(phone(presses, habit, dtx, random), network, random));
          expect(isSubsequence(told, pressed(presses)), `${told} of ${pressed(presses)}`).toBe(true);
        },
      ),
      { numRuns: 800 },
    );
  });

  it.each<[string, Habit, number]>([
    ['right', 'right', 2],
    ['new for each repeated end', 'spoiltEnds', 2],
    ['new for each packet', 'moving', 2],
    ['always the same', 'pegged', 6],
    ['right, and ends that never come', 'endless', 2],
  ])(
    'at a tenth lost, of 10 000 presses with timestamps that are %s none is doubled and at most 10 are missed',
    (_name, habit, least) => {
      let missed = 0;
      for (let call = 0; call < 100; call++) {
        const random = new SeededRandom(call * 7919);
        const presses = randomPresses(100, least, random);
        const network = { loss: 0.1, duplication: 0.05, jitterMs: 25 };
        const told = listen(travel(phone(presses, habit, call % 2 === 0, random), network, random));
        expect(isSubsequence(told, pressed(presses)), `call ${call}: ${told} of ${pressed(presses)}`).toBe(true);
        missed += presses.length - told.length;
      }
      expect(missed).toBeLessThanOrEqual(10);
    },
  );
});
