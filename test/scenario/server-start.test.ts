/** The server as a process: what it says, answers and refuses from its start to its end. */
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, aroundAll, beforeAll, describe, expect, it } from 'vitest';
import { PhoneClock } from '../../demo/phone/phone-clock.js';
import { createApp } from '../../src/app.js';
import { loadConfig } from '../../src/config/load.js';
import { conversation, ENOUGH_PACKETS, expectUndisturbed, listen, packetsCome } from '../support/live/hearing.js';
import { LivePhone } from '../support/live/live-phone.js';
import { freePort, T1_MS, voiceOf } from '../support/live/live-server.js';
import { RestClient } from '../support/live/rest-client.js';
import { soon } from '../support/live/soon.js';
import { aheadOfOthers } from '../support/real-time.js';
import { type ServerProcess, startServer } from '../support/server-process.js';
import { PeerDialog, type SipAddress, SipPeer } from '../support/sip-peer.js';

const main = new URL('../../dist/main.js', import.meta.url).pathname;
const EX_CONFIG = 78;

let folder: string;
aroundAll((run) => aheadOfOthers(run));
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mixminus-start-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('a server that was started', () => {
  let server: ServerProcess;
  let api: RestClient;
  beforeAll(async () => {
    server = await startServer();
    api = new RestClient(server.http);
  });
  afterAll(() => server.stop());

  it('answers OPTIONS with what it can', async () => {
    const peer = await SipPeer.open(sipOf(server));
    new PeerDialog(peer).send('OPTIONS');
    const answer = await peer.receive('200 OPTIONS');
    expect(answer.header('Allow')).toMatch(/INVITE.*BYE/);
    expect(answer.header('Accept')).toContain('application/sdp');
    await peer.close();
  });

  it('has documentation to look at, made of its OpenAPI', async () => {
    const docs = await api.ask<string>('GET', '/docs');
    expect([docs.status, docs.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')]);
    const [script = ''] = /[^"]*swagger-ui-bundle\.js/.exec(docs.body) ?? [];
    expect((await fetch(new URL(script, `${server.http}/docs/`))).status).toBe(200);
    const { body } = await api.ask<{ openapi: string; paths: object }>('GET', '/openapi.json');
    expect(body.openapi).toMatch(/^3\.1/);
    expect(Object.keys(body.paths)).toContain('/v1/calls/{callId}/legs');
  });

  it('is alive, ready and measured', async () => {
    expect((await api.ask('GET', '/livez')).status).toBe(200);
    await soon(async () => expect((await api.ask('GET', '/readyz')).body).toMatchObject({ ready: true }));
    await soon(async () => {
      const { body } = await api.ask<string>('GET', '/metrics');
      expect(body).toMatch(/^mixminus_calls 0$/m);
      expect(body).toMatch(/^mixminus_media_ticks_total\{worker="0"\} [1-9]/m);
    });
  });
});

it('says where to call and where the documentation is', async () => {
  const { child, output } = run({ SIP_LISTEN: 'udp:127.0.0.1:0,tcp:127.0.0.1:0', HTTP_PORT: '0' });
  await soon(() => expect(output()).toContain('/docs'));
  expect(output()).toMatch(/sip:room@127\.0\.0\.1:\d+;transport=udp/);
  expect(output()).toMatch(/sip:room@127\.0\.0\.1:\d+;transport=tcp/);
  expect(output()).toMatch(/http:\/\/127\.0\.0\.1:\d+\/docs/);
  child.kill('SIGTERM');
  expect(await ended(child)).toBe(0);
});

describe('a server that is told to end', () => {
  const clock = new PhoneClock();
  let phones: LivePhone[] = [];
  afterEach(async () => {
    clock.stop();
    await Promise.all(phones.map((phone) => phone.close()));
  });

  it('takes nothing new, lets calls go on until the deadline, then hangs up, and ends well', async () => {
    const server = await startServer({ CONFIG_FILE: configFile({ drainTimeoutMs: 4000 }) }, { realTime: true });
    const api = new RestClient(server.http);
    phones = await talking(server, clock, 2);
    const [one, other] = phones as [LivePhone, LivePhone];
    const undisturbed = listen(one, other);
    const exit = server.stop();

    await soon(async () => expect((await api.ask('GET', '/readyz')).status).toBe(503));
    const newcomer = await LivePhone.open(sipOf(server), { voice: voiceOf(2) });
    newcomer.invite('drained');
    const refusal = await newcomer.final();
    expect(refusal.status).toBe(503);
    expect(Number(refusal.header('Retry-After'))).toBeGreaterThan(0);
    const created = await api.ask('POST', '/v1/calls', { name: 'new' });
    expect([created.status, created.body.code]).toEqual([503, 'draining']);
    expect(Number(created.headers.get('retry-after'))).toBeGreaterThan(0);
    // What is in a dialog goes on as ever.
    await other.change({});
    await packetsCome(one, ENOUGH_PACKETS);
    expectUndisturbed(undisturbed());

    const byes = await Promise.all(phones.map((phone) => phone.hungUp()));
    for (const bye of byes) expect(bye.header('Reason')).toMatch(/^Q\.850;cause=41/);
    expect(await exit).toBe(0);
    phones.push(newcomer);
  });

  it('does not wait for the deadline when the last call ends before', async () => {
    const server = await startServer({ CONFIG_FILE: configFile({ drainTimeoutMs: 3_600_000 }) });
    phones = await talking(server, clock, 1);
    const exit = server.stop();
    await soon(async () => expect((await new RestClient(server.http).ask('GET', '/readyz')).status).toBe(503));
    await Promise.all(phones.map((phone) => phone.hangUp()));
    expect(await exit).toBe(0);
  });

  it('and told again, ends at once', async () => {
    const server = await startServer({ CONFIG_FILE: configFile({ drainTimeoutMs: 3_600_000 }) });
    phones = await talking(server, clock, 1);
    const exit = server.stop();
    await soon(async () => expect((await new RestClient(server.http).ask('GET', '/readyz')).status).toBe(503));
    process.kill(server.pid, 'SIGTERM');
    expect(await exit).toBe(1);
  });
});

describe('a server that cannot start', () => {
  it('names everything that is wrong with its configuration, and no secret', async () => {
    const routes = [{ number: '*', call: 'a name with blanks' }];
    const { child, output } = run({
      SIP_LISTEN: 'udp:127.0.0.1:0,sctp:127.0.0.1:5060',
      SIP_ALLOW: '10.0.0.0/99',
      RTP_PORT_MIN: '10001',
      HTTP_PORT: '99999',
      MEDIA_WORKERS: 'many',
      API_KEYS: 'swordfish',
      CONFIG_FILE: configFile({ routes, rtpTimoutMs: 1 }),
    });
    expect(await ended(child)).toBe(EX_CONFIG);
    const named = output()
      .trim()
      .split('\n')
      .map((line) => line.split(' ')[0]);
    const wrong = ['SIP_LISTEN[1]', 'SIP_ALLOW[0]', 'RTP_PORT_MIN', 'HTTP_PORT', 'MEDIA_WORKERS', 'API_KEYS[0]'];
    expect(named.sort()).toEqual([...wrong, 'routes[0].call', 'rtpTimoutMs'].sort());
    expect(output()).not.toContain('swordfish');
  });

  it('asks for keys when its API is to be reached from elsewhere', async () => {
    const { child, output } = run({ HTTP_HOST: '0.0.0.0' });
    expect(await ended(child)).toBe(EX_CONFIG);
    expect(output()).toContain('API_KEYS');
  });

  it('says which SIP port is taken', async () => {
    const holder = createSocket('udp4').bind(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address();
    const { child, output } = run({ SIP_LISTEN: `udp:127.0.0.1:${port}`, HTTP_PORT: '0' });
    expect(await ended(child)).toBe(1);
    expect(output()).toMatch(new RegExp(`could not start.*udp:127\\.0\\.0\\.1:${port}.*EADDRINUSE`));
    holder.close();
  });

  it('says which HTTP port is taken, and gives back what it had', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const address = holder.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const { child, output } = run({ SIP_LISTEN: 'udp:127.0.0.1:0', HTTP_PORT: String(port) });
    expect(await ended(child)).toBe(1);
    expect(output()).toMatch(new RegExp(`could not start.*EADDRINUSE.*127\\.0\\.0\\.1:${port}`));

    const sipPort = await freePort();
    const environment = { SIP_LISTEN: `udp:127.0.0.1:${sipPort}`, HTTP_PORT: String(port), LOG_LEVEL: 'silent' };
    const app = createApp(
      loadConfig(environment, () => ''),
      { workerEntry: new URL('../../dist/media/worker.js', import.meta.url) },
    );
    await expect(app.start()).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await app.stop(0);
    const next = createSocket('udp4').bind(sipPort, '127.0.0.1');
    await once(next, 'listening');
    next.close();
    holder.close();
  });
});

/** Telephones in one call, talking. */
async function talking(server: ServerProcess, clock: PhoneClock, count: number): Promise<LivePhone[]> {
  const phones: LivePhone[] = [];
  for (let index = 0; index < count; index++) {
    const phone = await LivePhone.open(sipOf(server), { voice: voiceOf(index) });
    await phone.call('drained');
    clock.add(phone);
    phones.push(phone);
  }
  await conversation(phones);
  return phones;
}

function sipOf(server: ServerProcess): SipAddress {
  const [host = '', port] = server.sip.split(':');
  return { transport: 'udp', host, port: Number(port) };
}

function configFile(settings: object): string {
  const path = join(folder, 'config.json');
  const timers = { t1Ms: T1_MS, t2Ms: 8 * T1_MS, t4Ms: 10 * T1_MS };
  writeFileSync(path, JSON.stringify({ sip: { timers }, ...settings }));
  return path;
}

/** Starts the server; what it says is kept. */
function run(env: Record<string, string>) {
  const child = spawn(process.execPath, [main], { env: { PATH: process.env.PATH, LOG_LEVEL: 'warn', ...env } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => (output += bytes.toString()));
  return { child, output: () => output };
}

async function ended(child: ReturnType<typeof run>['child']): Promise<number | null> {
  const [code] = (await once(child, 'close')) as [number | null];
  return code;
}
