/** SIPp: scenarios of SIP messages written as XML, with files played as RTP. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ChildProgram } from './child-program.js';
import type { Peer, PeerPlan } from './peer.js';
import { writeChordRaw } from './chord.js';

const SCENARIOS = new URL('../../interop/scenarios/', import.meta.url);

/** How to run a scenario. */
export interface SippPlan {
  /** File in `test/interop/scenarios/`, without its ending. */
  readonly scenario: string;
  /** `host:port` that gets the requests. */
  readonly server: string;
  readonly room: string;
  readonly home: string;
  /** Values for `{{name}}` in the scenario, in places where SIPp knows no keywords. */
  readonly values?: Readonly<Record<string, string>>;
  readonly calls?: number;
  readonly callsPerSecond?: number;
}

/** Starts a scenario; it exits with 0 when every call went by the script. */
export function startSipp(plan: SippPlan): ChildProgram {
  const { scenario, server, room, home, values = {}, calls = 1, callsPerSecond = 10 } = plan;
  const script = readFileSync(new URL(`${scenario}.xml`, SCENARIOS), 'utf8');
  const path = join(home, `${scenario}.xml`);
  writeFileSync(
    path,
    script.replace(/\{\{(\w+)\}\}/g, (_, name: string) => values[name] ?? ''),
  );
  const words = ['-sf', path, '-s', room, '-m', String(calls), '-r', String(callsPerSecond), '-nostdin', '-trace_err'];
  return new ChildProgram('sipp', [...words, '-i', '127.0.0.1', '-mi', '127.0.0.1', server], home);
}

/** SIPp as a telephone that plays its chord until the server hangs up. */
export async function startTalkingSipp({ name, room, law, voice, tap, home }: PeerPlan): Promise<Peer> {
  const file = join(home, 'voice.raw');
  writeChordRaw(file, voice, law);
  const program = startSipp({
    scenario: 'talk',
    server: tap.address,
    room,
    home,
    values: { name, file, payloadType: law === 'PCMU' ? '0' : '8' },
  });
  return {
    program,
    hangUp: () => program.stop(),
    goneAfterBye: async () => {
      const code = await program.exited;
      if (code !== 0) throw new Error(`sipp ended with ${code ?? 'a signal'}.`);
    },
  };
}
