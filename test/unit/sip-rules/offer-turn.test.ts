import { describe, expect, it } from 'vitest';
import { OfferTurn } from '../../../src/sip/rules/offer-turn.js';

/** A turn, and who has got theirs. */
function waitingFor(turn: OfferTurn, count: number): number[] {
  const served: number[] = [];
  for (let index = 0; index < count; index++) void turn.whenFree().then(() => served.push(index));
  return served;
}

/** Lets everything run that waits for nothing but promises. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('The turn to offer', () => {
  it('is ours at once when nothing is under way', async () => {
    const served = waitingFor(new OfferTurn({ local: 'none', remote: 'none' }), 1);
    await settled();
    expect(served).toEqual([0]);
  });

  it.each([
    ['the peer', (turn: OfferTurn) => turn.theirs('none'), { local: 'none', remote: 'deciding' }],
    ['an INVITE of ours', (turn: OfferTurn) => turn.ours('none'), { local: 'invite', remote: 'none' }],
  ] as const)('comes when %s is through, for all who wait', async (_, free, exchange) => {
    const turn = new OfferTurn(exchange);
    const served = waitingFor(turn, 2);
    await settled();
    expect(served).toEqual([]);
    free(turn);
    await settled();
    expect(served).toEqual([0, 1]);
  });

  it('does not come when the peer begins anew in the moment it ends, as with ACK and INVITE in one segment', async () => {
    const turn = new OfferTurn({ local: 'none', remote: 'unconfirmed' });
    const served = waitingFor(turn, 1);
    await settled();
    turn.theirs('none');
    turn.theirs('deciding');
    await settled();
    expect(served).toEqual([]);
    turn.theirs('none');
    await settled();
    expect(served).toEqual([0]);
  });

  it('is waited for no longer than the dialog lives', async () => {
    const turn = new OfferTurn({ local: 'invite', remote: 'deciding' });
    const served = waitingFor(turn, 1);
    await settled();
    turn.end();
    await settled();
    expect(served).toEqual([0]);
    await expect(turn.whenFree()).resolves.toBeUndefined();
  });
});
