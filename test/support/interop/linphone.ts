/** linphonec without sound hardware: it plays a file in place of a microphone and listens to nothing. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';
import { ChildProgram } from './child-program.js';
import { freePort, type HangingUpPeer, type PeerPlan } from './peer.js';
import { writeChordWav } from './chord.js';

/** Starts it and lets it dial. */
export async function startLinphone(plan: PeerPlan): Promise<HangingUpPeer> {
  const { name, room, law, voice, tap, home } = plan;
  const file = join(home, 'voice.wav');
  writeChordWav(file, voice);
  // It keeps a database there and complains when it cannot.
  mkdirSync(join(home, '.local/share/linphone'), { recursive: true });
  mkdirSync(join(home, '.config/linphone'), { recursive: true });
  const settings = join(home, 'linphonerc');
  writeFileSync(settings, configuration(name, law, await freePort(), await freePort()));
  const program = new ChildProgram('linphonec', ['-c', settings], home);
  program.type('soundcard use files');
  program.type(`play ${file}`);
  program.type(`call sip:${room}@${tap.address} --audio-only`);
  const quit = async (): Promise<void> => {
    program.type('quit');
    await vi.waitFor(() => {
      if (!program.output.includes('Terminating')) throw new Error('linphonec does not quit.');
    }, 5000);
    await program.stop();
  };
  return {
    program,
    hangUp: async () => {
      program.type('terminate');
      await quit();
    },
    goneAfterBye: async () => {
      await vi.waitFor(() => {
        if (!/Call 1 with .* ended/.test(program.output)) throw new Error('linphonec saw no BYE.');
      }, 5000);
      await quit();
    },
  };
}

function configuration(name: string, law: string, sipPort: number, rtpPort: number): string {
  return `${[
    '[sip]',
    `sip_port=${sipPort}`,
    'sip_tcp_port=-2',
    'sip_tls_port=-2',
    'use_ipv6=0',
    'guess_hostname=0',
    `contact=sip:${name}@127.0.0.1`,
    'register_only_when_network_is_up=0',
    '[rtp]',
    'bind_address=127.0.0.1',
    `audio_rtp_port=${rtpPort}`,
    '[misc]',
    'add_missing_audio_codecs=0',
    '[audio_codec_0]',
    `mime=${law}`,
    'rate=8000',
    'channels=1',
    'enabled=1',
    '[sound]',
    'echocancellation=0',
  ].join('\n')}\n`;
}
