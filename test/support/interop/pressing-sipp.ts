/** SIPp as a telephone that talks and presses keys by the clock. */
import { join } from 'node:path';
import type { Peer, PeerPlan } from './peer.js';
import { SippScript } from './sipp-script.js';
import { startSipp } from './sipp.js';
import { type Talk, writeTalkingCapture } from './talking-capture.js';

/** What it does from the answer on. */
export interface Behaviour extends Pick<Talk, 'durationMs' | 'presses'> {
  /** It hangs up then, even if it still talks. */
  readonly hangsUpAfterMs: number;
}

/** Starts it and lets it dial. */
export async function startPressingSipp(plan: PeerPlan, behaviour: Behaviour): Promise<Peer> {
  const { name, room, law, voice, tap, home } = plan;
  const { durationMs, presses, hangsUpAfterMs } = behaviour;
  const capture = join(home, 'talk.pcap');
  writeTalkingCapture(capture, { law, voice, durationMs, presses });
  const formats = law === 'PCMU' ? '0 101' : '8 101';
  const script = new SippScript(name).invite({ formats }).allow(100).expect(200).ack().playCapture(capture);
  script.pause(hangsUpAfterMs).bye().expect(200);
  return { program: startSipp({ script, server: tap.address, room, home }) };
}
