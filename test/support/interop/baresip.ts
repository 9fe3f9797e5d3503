/** baresip without sound hardware: a file is its microphone, a bridge to nowhere its loudspeaker. */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';
import { ChildProgram } from './child-program.js';
import type { HangingUpPeer, PeerPlan } from './peer.js';
import { writeChordWav } from './chord.js';

/** What it speaks. */
interface Tongue {
  readonly codec: string;
  /** Rate of its microphone. */
  readonly rateHz: number;
  /** Further lines of its configuration. */
  readonly lines: readonly string[];
}

/** Starts it with G.711 and lets it dial. */
export async function startBaresip(plan: PeerPlan): Promise<HangingUpPeer> {
  return start(plan, { codec: plan.law, rateHz: 8000, lines: ['module g711.so'] });
}

/**
 * The same with Opus alone, whatever the plan's law, sending FEC as if a tenth got lost. What it plays, as its libopus decoded
 * it, is a WAV file in its folder ({@link heardByBaresip}).
 */
export async function startOpusBaresip(plan: PeerPlan): Promise<HangingUpPeer> {
  return start(plan, {
    codec: 'opus/48000/2',
    rateHz: 48_000,
    lines: [
      `snd_path ${plan.home}`,
      'opus_stereo no',
      'opus_sprop_stereo no',
      'opus_bitrate 24000',
      'opus_application voip',
      'opus_inbandfec yes',
      'opus_packet_loss 10',
      'module opus.so',
      'module sndfile.so',
    ],
  });
}

/** Why {@link startOpusBaresip} cannot be had, where it cannot. */
export function missingForOpusBaresip(): string[] {
  const folder = moduleFolder();
  return ['opus.so', 'sndfile.so']
    .filter((file) => folder === undefined || !existsSync(join(folder, file)))
    .map((file) => `baresip has no module ${file}`);
}

/** The path of what {@link startOpusBaresip} played. */
export function heardByBaresip(home: string): string {
  const file = readdirSync(home).find((name) => /^dump-.*-dec\.wav$/.test(name));
  if (file === undefined) throw new Error(`baresip has written nothing: ${readdirSync(home).join(', ')}`);
  return join(home, file);
}

async function start(plan: PeerPlan, tongue: Tongue): Promise<HangingUpPeer> {
  const { name, room, voice, tap, home } = plan;
  const file = join(home, 'voice.wav');
  writeChordWav(file, voice, tongue.rateHz);
  writeFileSync(join(home, 'accounts'), `<sip:${name}@127.0.0.1>;regint=0;audio_codecs=${tongue.codec}\n`);
  writeFileSync(join(home, 'contacts'), '');
  writeFileSync(join(home, 'config'), configuration(file, tongue));
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

function moduleFolder(): string | undefined {
  return MODULE_FOLDERS.find((folder) => existsSync(folder));
}

function configuration(microphone: string, { rateHz, lines }: Tongue): string {
  return `${[
    'sip_listen 127.0.0.1:0',
    'net_interface 127.0.0.1',
    'rtp_ports 24000-26000',
    `audio_source aufile,${microphone}`,
    'audio_player aubridge,nowhere',
    'audio_alert aubridge,nowhere',
    `ausrc_srate ${rateHz}`,
    `auplay_srate ${rateHz}`,
    'ausrc_channels 1',
    'auplay_channels 1',
    'rtcp_mux no',
    `module_path ${moduleFolder() ?? ''}`,
    ...lines,
    'module aufile.so',
    'module aubridge.so',
    'module_tmp account.so',
    'module_app menu.so',
  ].join('\n')}\n`;
}
