/** Twelve key presses captured from a real telephone, played by SIPp: each is one event, and the others get it too. */
import { existsSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import { startBaresip } from '../support/interop/baresip.js';
import { maySendRaw } from '../support/interop/capability.js';
import { startLinphone } from '../support/interop/linphone.js';
import type { Peer, PeerPlan } from '../support/interop/peer.js';
import { describeWith } from '../support/interop/programs.js';
import { SippScript } from '../support/interop/sipp-script.js';
import { startSipp } from '../support/interop/sipp.js';
import { switchboardHere } from '../support/interop/switchboard.js';
import { aheadOfOthers } from '../support/real-time.js';

/** Where distributions put SIPp's captures. */
const captures = ['/usr/share/sip-tester', '/usr/share/sipp/pcap', '/usr/local/share/sipp/pcap'].find((folder) =>
  existsSync(`${folder}/dtmf_2833_1.pcap`),
);
const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'];
/** Files are named by the key, except these. */
const FILES: Readonly<Record<string, string>> = { '*': 'star', '#': 'pound' };
const EVENT_CODES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0, 11];
/** A digit that came twice would have come by then. */
const AFTERMATH_MS = 1500;

describeWith(
  ['sipp', 'baresip', 'linphonec'],
  'twelve captured digits',
  () => {
    const switchboard = switchboardHere();

    it('are twelve events, and telephone-events to the other participants only', { timeout: 120_000 }, () =>
      aheadOfOthers(async () => {
        const events = await switchboard().api.events('digit.received');
        const guest = (name: string, room: string, law: 'PCMU' | 'PCMA') => ({
          name,
          room,
          law,
          voice: { frequenciesHz: [611.7], peakDbfs: -20 },
        });
        const others = [
          await switchboard().connect(startBaresip, guest('baresip', 'menu', 'PCMA')),
          await switchboard().connect(startLinphone, guest('linphone', 'menu', 'PCMU')),
        ];
        const stranger = await switchboard().connect(startBaresip, guest('stranger', 'elsewhere', 'PCMU'));
        const presser = await switchboard().connect(startKeypadSipp, guest('digits', 'menu', 'PCMU'));
        expect(await presser.program.exited, presser.program.output.slice(-3000)).toBe(0);
        await new Promise((resolve) => setTimeout(resolve, AFTERMATH_MS));

        expect(events.seen.map(({ data }) => data.digit)).toEqual(KEYS);
        expect(new Set(events.seen.map(({ data }) => data.source))).toEqual(new Set(['rfc4733']));
        expect(new Set(events.seen.map(({ data }) => data.legId)).size).toBe(1);
        for (const { name, tap } of others) expect(tap.heard.digits, `what ${name} hears`).toEqual(EVENT_CODES);
        expect(presser.tap.said.digits, 'what was pressed').toEqual(EVENT_CODES);
        expect(presser.tap.heard.digits, 'what comes back').toEqual([]);
        expect(stranger.tap.heard.digits, 'what another call hears').toEqual([]);

        await Promise.all([...others, stranger].map((peer) => peer.hangUp()));
        await vi.waitFor(async () => expect(await switchboard().api.metric('mixminus_legs')).toBe(0), 5000);
        events.close();
      }),
    );
  },
  [
    ...(captures === undefined ? ['the captures of SIPp are not there'] : []),
    ...(maySendRaw() ? [] : ['SIPp may not open raw sockets here']),
  ],
);

async function startKeypadSipp({ name, room, tap, home }: PeerPlan): Promise<Peer> {
  const script = new SippScript(name).invite({ formats: '0 101' }).allow(100).expect(200).ack().pause(1000);
  for (const key of KEYS) script.playCapture(`${captures ?? ''}/dtmf_2833_${FILES[key] ?? key}.pcap`).pause(500);
  return { program: startSipp({ script: script.bye().expect(200), server: tap.address, room, home }) };
}
