import { describe, expect, it } from 'vitest';
import { PeerDialog, peerSdp } from '../support/sip-peer.js';
import { ScriptedGateway } from '../support/scripted-gateway.js';
import { rfc4475Messages, rfc5118Messages } from './sip-torture/table.js';

describe('The torture messages of RFC 4475 and RFC 5118 against the whole gateway', () => {
  it.each([...rfc4475Messages, ...rfc5118Messages])(
    '$name ($section): the answer counts as right, a call in progress and OPTIONS go on',
    async ({ bytes, whole }) => {
      const server = await ScriptedGateway.open();
      const call = new PeerDialog(server.peer('10.0.0.3:5060'));
      call.send('INVITE', { body: peerSdp() });
      server.take();

      server.receive(bytes, '10.0.0.2:5060');
      const finals = server.take().filter(({ status }) => status !== 100);
      if (whole === 'none') expect(finals).toEqual([]);
      else if (whole === 'application') expect([server.invites.length, finals]).toEqual([2, []]);
      else {
        expect(finals).toHaveLength(1);
        expect(whole).toContain(finals[0]?.status);
      }

      server.invites[0]?.progress(180);
      expect(server.takeKinds()).toEqual(['180 INVITE']);
      new PeerDialog(server.peer()).send('OPTIONS');
      expect(server.takeKinds()).toEqual(['200 OPTIONS']);
      expect(server.thrown).toEqual([]);
    },
  );

  it('leave nothing behind', async () => {
    const server = await ScriptedGateway.open();
    for (const { bytes } of [...rfc4475Messages, ...rfc5118Messages]) server.receive(bytes, '10.0.0.2:5060');
    for (const invite of server.invites) invite.reject(486);
    await server.clock.advance(40_000);
    expect(server.gateway.counters()).toMatchObject({ dialogs: 0, transactions: 0 });
    expect(server.clock.pending).toBe(0);
  });
});
