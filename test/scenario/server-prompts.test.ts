/** What prompts may be made of, on a server with live calls; and what becomes of URLs that mean harm: nothing. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, aroundAll, beforeAll, describe, expect, it } from 'vitest';
import { speak, type Voice } from '../../demo/phone/voice.js';
import { writeWav } from '../../demo/phone/wav.js';
import { Bystanders } from '../support/live/bystanders.js';
import { conversation, hears, hearsNot } from '../support/live/hearing.js';
import { HostileWeb, WEB_HOST } from '../support/live/hostile-web.js';
import { LiveInteraction } from '../support/live/interactions.js';
import type { LivePhone } from '../support/live/live-phone.js';
import { LiveServer } from '../support/live/live-server.js';
import { type ProblemSeen, RestClient } from '../support/live/rest-client.js';
import { soon } from '../support/live/soon.js';
import { aheadOfOthers } from '../support/real-time.js';

const RATE_HZ = 8_000;
/** What is in every audio file here, for 2 s. */
const tune: Voice = { name: 'tune', frequenciesHz: [1_540], peakDbfs: -16 };
/** Stands in URLs as a secret would. */
const SECRET = 'hunter2hunter2';

const home = mkdtempSync(join(tmpdir(), 'mixminus-prompts-'));
let server: LiveServer;
let api: RestClient;
let web: HostileWeb;
let wav: Buffer<ArrayBuffer>;
aroundAll((run) => aheadOfOthers(run));
beforeAll(async () => {
  const samples = new Int16Array(2 * RATE_HZ);
  speak(tune, 0, samples);
  mkdirSync(join(home, 'prompts', 'en'), { recursive: true });
  const file = join(home, 'prompts', 'en', 'tune.wav');
  writeWav(file, samples);
  wav = readFileSync(file);
  web = await HostileWeb.open(wav);
  const url = { allowHttp: true, allowNetworks: [`${WEB_HOST}/32`] };
  const promptNetwork = { totalMs: 5_000, idleMs: 2_000 };
  server = await LiveServer.open('embedded', { dataDir: home, prompts: { url } }, { promptNetwork });
  api = new RestClient(server.http);
});
afterEach(() => server.hangUpAll());
afterAll(async () => {
  await server.stop();
  await web.close();
  rmSync(home, { recursive: true });
  expect(server.log).toEqual([]);
});

describe('a leg hears', () => {
  const sounds = (phone: LivePhone): LivePhone => ({ ...phone, voice: tune }) as LivePhone;
  const cases: [string, () => Promise<object> | object][] = [
    ['a file of the prompt directory', () => ({ type: 'file', name: 'en/tune.wav' })],
    ['what was uploaded', async () => ({ type: 'asset', assetId: await upload() })],
    ['what a URL leads to', () => ({ type: 'url', url: web.url('/tone.wav') })],
  ];
  it.each(cases)('%s, in lists and over again, and the others do not', async (_what, item) => {
    const phones = await server.gather('prompted', 2);
    const [asked, other] = phones as [LivePhone, LivePhone];
    const [leg] = await api.legs('prompted');
    const prompt = [{ type: 'silence', durationMs: 60 }, await item()];
    const interaction = await LiveInteraction.start(api, leg?.path ?? '', { prompt, plays: 0 });
    await Promise.all([hears(asked, sounds(asked)), hearsNot(other, sounds(asked)), hearsNot(asked, other)]);
    await interaction.cancel();
    await conversation(phones);
  });

  it('nothing of an asset that was deleted', async () => {
    await server.gather('prompted', 2);
    const [leg] = await api.legs('prompted');
    const assetId = await upload();
    expect((await api.ask('DELETE', `/v1/assets/${assetId}`)).status).toBe(204);
    const refused = await api.ask('POST', `${leg?.path ?? ''}/interactions`, { prompt: [{ type: 'asset', assetId }] });
    expect(refused.body).toMatchObject({ code: 'assetNotFound', status: 404 });
  });

  it.each(['en/../../secret.wav', '/etc/passwd', 'en/%2e%2e/tune.wav', '.hidden.wav', 'en\\tune.wav'])(
    'nothing of %s',
    async (name) => {
      await server.gather('prompted', 2);
      const [leg] = await api.legs('prompted');
      const refused = await api.ask('POST', `${leg?.path ?? ''}/interactions`, { prompt: [{ type: 'file', name }] });
      expect(refused.body).toMatchObject({ code: 'invalidRequest', status: 400 });
    },
  );
});

describe('a URL that means harm', () => {
  const quick: [string, () => string, string][] = [
    ['leads to this machine', () => web.inside('127.0.0.1'), 'promptRefused'],
    ['leads there by name', () => web.inside('localhost'), 'promptRefused'],
    ['writes the address as a number', () => web.inside('2130706433'), 'promptRefused'],
    ['writes it in octal', () => web.inside('0177.0.0.1'), 'promptRefused'],
    ['writes it short', () => web.inside('127.1'), 'promptRefused'],
    ['writes it as IPv6', () => web.inside('[::ffff:127.0.0.1]'), 'promptRefused'],
    ['says anywhere and means here', () => web.inside('0.0.0.0'), 'promptRefused'],
    ['asks the cloud for keys', () => 'http://169.254.169.254/latest/meta-data/', 'promptRefused'],
    ['leads into the private network', () => 'https://10.0.0.1/prompt.wav', 'promptRefused'],
    ['has a name for who allowed it', () => web.url('/tone.wav').replace('//', '//127.0.0.1@'), 'promptRefused'],
    ['redirects to this machine', () => web.url('/to-the-inside'), 'promptRefused'],
    ['redirects in circles', () => web.url('/in-circles'), 'promptFetchFailed'],
    ['announces a gigabyte', () => web.url('/a-gigabyte'), 'promptInvalid'],
    ['never ends', () => web.url('/endless'), 'promptInvalid'],
    ['is a page', () => web.url('/page'), 'promptInvalid'],
    ['is no audio, whatever it says', () => web.url('/noise.wav'), 'promptInvalid'],
    ['is not there', () => web.url(`/nothing?token=${SECRET}`), 'promptFetchFailed'],
  ];
  const slow: [string, () => string, string][] = [
    ['comes in drops', () => web.url('/in-drops'), 'promptFetchFailed'],
    ['never comes', () => web.url('/never'), 'promptFetchFailed'],
  ];

  it('is refused or cut with a code, and no call notices: neither the one it was for nor any other', async () => {
    const others = await Bystanders.gather(server);
    const phones = await server.gather('prompted', 3);
    const legs = await api.legs('prompted');
    const events = await api.events('?types=interaction.*');
    const ask = async (leg: number, url: string) => {
      const path = `${legs[leg]?.path ?? ''}/interactions`;
      return (await api.ask<ProblemSeen>('POST', path, { prompt: [{ type: 'url', url }] })).body;
    };
    // Those that take their time wait for legs of their own.
    const waiting = slow.map(async ([what, url], index) => [what, (await ask(1 + index, url())).code]);
    for (const [what, url, code] of quick) {
      const problem = await ask(0, url());
      expect([what, problem.code]).toEqual([what, code]);
      expect(JSON.stringify(problem), what).not.toMatch(/127\.0|169\.254|tone\.wav/);
      expect(JSON.stringify(problem), what).not.toContain(SECRET);
    }
    expect(await Promise.all(waiting)).toEqual(slow.map(([what, , code]) => [what, code]));

    expect(web.insideConnections).toBe(0);
    await soon(() => expect(web.endlessSent).toBeDefined());
    expect(web.endlessSent).toBeLessThan(40_000_000);
    await soon(() => expect(events.seen).toHaveLength(quick.length + slow.length));
    expect(new Set(events.seen.map(({ type }) => type))).toEqual(new Set(['interaction.failed']));
    events.close();
    await conversation(phones);
    await others.verify();
    const [leg] = legs;
    const records = await api.demand<{ items: object[] }>(200, 'GET', `${leg?.path ?? ''}/interactions`);
    expect(records.items).toHaveLength(quick.length);
    expect(JSON.stringify(records)).not.toContain(SECRET);
  });
});

/** @returns the id of the asset */
async function upload(): Promise<string> {
  const answer = await fetch(`${server.http}/v1/assets?name=Tune`, {
    method: 'POST',
    headers: { 'content-type': 'audio/wav' },
    body: wav,
  });
  expect(answer.status).toBe(201);
  const asset = (await answer.json()) as { id: string; durationMs: number; name: string };
  expect(asset).toMatchObject({ durationMs: 2_000, name: 'Tune', sizeBytes: wav.length });
  return asset.id;
}
