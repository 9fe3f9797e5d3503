/** baresip without sound hardware: a file is its microphone, a bridge to nowhere its loudspeaker. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';
import { ChildProgram } from './child-program.js';
import type { HangingUpPeer, PeerPlan } from './peer.js';
import { writeChordWav } from './chord.js';

/** Starts it and lets it dial. */
export async function startBaresip(plan: PeerPlan): Promise<HangingUpPeer> {
  const { name, room, law, voice, tap, home } = plan;
  const file = join(home, 'voice.wav');
  writeChordWav(file, voice);
  writeFileSync(join(home, 'accounts'), `<sip:${name}@127.0.0.1>;regint=0;audio_codecs=${law}\n`);
  writeFileSync(join(home, 'contacts'), '');
  writeFileSync(join(home, 'config'), configuration(file));
  const program = new ChildProgram('baresip', ['-f', home, '-e', `/dial sip:${room}@${tap.address}`], home);
  return {
    program,
    hangUp: () => program.stop(),
    goneAfterBye: async () => {
      await vi.waitFor(() => {
        if (!/session closed|terminated/.test(program.output)) throw new Error('baresip saw no BYE.');
      }, 5000);
      await program.stop();
    },
  };
}

/** Where distributions put its modules; it has no default of its own. */
const MODULE_FOLDERS = ['/usr/lib/baresip/modules', '/usr/lib64/baresip/modules', '/usr/local/lib/baresip/modules'];

function configuration(microphone: string): string {
  return `${[
    'sip_listen 127.0.0.1:0',
    'net_interface 127.0.0.1',
    'rtp_ports 24000-26000',
    `audio_source aufile,${microphone}`,
    'audio_player aubridge,nowhere',
    'audio_alert aubridge,nowhere',
    'ausrc_srate 8000',
    'auplay_srate 8000',
    'rtcp_mux no',
    `module_path ${MODULE_FOLDERS.find((folder) => existsSync(folder)) ?? ''}`,
    'module g711.so',
    'module aufile.so',
    'module aubridge.so',
    'module_tmp account.so',
    'module_app menu.so',
  ].join('\n')}\n`;
}
