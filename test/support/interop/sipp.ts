/** Runs SIPp. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ChildProgram } from './child-program.js';
import { writeChordRaw } from './chord.js';
import type { PatientPeer, PeerPlan } from './peer.js';
import { SippScript } from './sipp-script.js';

/** How to run a scenario. */
export interface SippPlan {
  readonly script: SippScript;
  /** `host:port` that gets the requests. */
  readonly server: string;
  readonly room: string;
  /** An empty folder of its own. */
  readonly home: string;
  readonly transport?: 'udp' | 'tcp';
  readonly calls?: number;
  readonly callsPerSecond?: number;
}

/** Starts a scenario; it exits with 0 when every call went by the script. */
export function startSipp(plan: SippPlan): ChildProgram {
  const { script, server, room, home, transport = 'udp', calls = 1, callsPerSecond = 10 } = plan;
  const path = join(home, 'scenario.xml');
  writeFileSync(path, script.toXml());
  const load = ['-m', String(calls), '-r', String(callsPerSecond), '-t', transport === 'udp' ? 'u1' : 't1'];
  const limits = ['-recv_timeout', '10000', '-timeout', '150', '-timeout_error'];
  const words = ['-sf', path, '-s', room, '-nostdin', '-trace_err', '-error_file', join(home, 'errors.log')];
  return new ChildProgram('sipp', [...words, ...load, ...limits, '-i', '127.0.0.1', '-mi', '127.0.0.1', server], home);
}

/** SIPp as a telephone that plays its chord until the server hangs up. */
export async function startTalkingSipp({ name, room, law, voice, tap, home }: PeerPlan): Promise<PatientPeer> {
  const file = join(home, 'voice.raw');
  writeChordRaw(file, voice, law);
  const payloadType = law === 'PCMU' ? 0 : 8;
  const script = new SippScript(name)
    .invite({ formats: `${payloadType} 101`, port: '[rtpstream_audio_port]' })
    .allow(100)
    .expect(200)
    .ack()
    .play(file, payloadType)
    .awaitBye();
  const program = startSipp({ script, server: tap.address, room, home });
  return {
    program,
    goneAfterBye: async () => {
      const code = await program.exited;
      if (code !== 0) throw new Error(`sipp ended with ${code ?? 'a signal'}.`);
    },
  };
}
