import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asCodedError } from '../../../src/errors.js';
import { AddressPolicy } from '../../../src/speech/url/address-policy.js';
import { fetchAudio } from '../../../src/speech/url/https-fetch.js';
import { Listener } from '../../support/speech/listener.js';
import { audio, publicAddress, UrlStage } from '../../support/speech/url-stage.js';

let stage: UrlStage;

beforeEach(async () => {
  stage = await UrlStage.open();
});
afterEach(() => stage.close());

describe('a prompt from a URL', () => {
  it('is fetched once for all who want it at the same time', async () => {
    const prepared = await Promise.all(Array.from({ length: 20 }, () => stage.rig.prepare([stage.at('outside.test')])));
    expect(new Set(prepared.map(({ clips }) => clips[0])).size).toBe(1);
    expect(prepared[0]!.clips[0]!.length).toBe(4800);
    expect(stage.outside.requests).toEqual(['/a.wav']);
    expect(stage.rig.decoder.decoded).toBe(1);
  });

  it('is used again while it is fresh, and asked for by its ETag after that', async () => {
    const asked: (string | undefined)[] = [];
    let etag = '"1"';
    stage.answer = (request, response) => {
      asked.push(request.headers['if-none-match']);
      const same = request.headers['if-none-match'] === etag;
      response.writeHead(same ? 304 : 200, { etag, 'cache-control': 'max-age=30', 'content-type': 'audio/wav' });
      response.end(same ? undefined : audio);
    };
    const first = await stage.rig.prepare([stage.at('outside.test')]);
    stage.rig.nowMs += 29_000;
    await stage.rig.prepare([stage.at('outside.test')]);
    stage.rig.nowMs += 2000;
    const third = await stage.rig.prepare([stage.at('outside.test')]);
    expect(third.clips[0]).toBe(first.clips[0]);
    stage.rig.nowMs += 29_000;
    await stage.rig.prepare([stage.at('outside.test')]);
    etag = '"2"';
    stage.rig.nowMs += 2000;
    await stage.rig.prepare([stage.at('outside.test')]);
    expect(asked).toEqual([undefined, '"1"', '"1"']);
  });

  it('is not kept when its server forbids that', async () => {
    stage.answer = (_, response) =>
      response.writeHead(200, { 'cache-control': 'no-store', 'content-type': 'audio/wav' }).end(audio);
    await stage.rig.prepare([stage.at('outside.test')]);
    await stage.rig.prepare([stage.at('outside.test')]);
    expect(stage.outside.requests).toHaveLength(2);
  });

  it('may be redirected three times, relatively too', async () => {
    stage.answer = (request, response) => {
      const hop = Number((request.url ?? '').slice(2));
      if (hop < 3) response.writeHead(301, { location: `h${hop + 1}` }).end();
      else response.setHeader('content-type', 'audio/x-wav').end(audio);
    };
    expect(await stage.problem('outside.test', '/h0')).toBe('played');
    expect(stage.outside.requests).toEqual(['/h0', '/h1', '/h2', '/h3']);
    expect(await stage.problem('outside.test', '/h-1')).toMatch(/^promptFetchFailed: .*more than 3/);
  });

  it('tries the next address where one does not answer', async () => {
    await stage.outside.close();
    stage.names['both.test'] = [publicAddress, '127.0.0.3'];
    await stage.restart({ allowNetworks: ['127.0.0.2/31'] });
    const second = await Listener.open((request, response) => stage.answer(request, response), {
      host: '127.0.0.3',
      port: stage.internal.port,
    });
    expect(await stage.problem('both.test')).toBe('played');
    await second.close();
  });

  it('tells nobody about its address', async () => {
    const problems = await Promise.all([
      stage.problem('outside.test', '/a?token=s3cret'),
      stage.problem('user:s3cret@outside.test'),
      stage.problem('nowhere.test', '/?s3cret'),
    ]);
    expect([...problems, ...stage.rig.log].join('\n')).not.toContain('s3cret');
  });
});

describe('over TLS', () => {
  const hasOpenssl = (() => {
    try {
      execFileSync('openssl', ['version']);
      return true;
    } catch {
      console.log('skipped: openssl is not installed, so there is no certificate to test with');
      return false;
    }
  })();

  it.runIf(hasOpenssl)('the certificate has to be that of the name, although the address is connected to', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'mixminus-tls-'));
    const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
    const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    const about = [
      '-subj',
      '/CN=secure.test',
      '-addext',
      'subjectAltName=DNS:secure.test',
      '-keyout',
      key,
      '-out',
      cert,
    ];
    execFileSync('openssl', [...request, ...about], { stdio: 'ignore' });
    const tls = { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
    rmSync(directory, { recursive: true });
    const secure = await Listener.open((_, response) => response.setHeader('content-type', 'audio/wav').end(audio), {
      tls,
    });
    const options = {
      allowHttp: false,
      allowHosts: [],
      addresses: new AddressPolicy(['127.0.0.1']),
      resolve: async () => ['127.0.0.1'],
      certificateAuthority: tls.cert,
    };
    const fetch = (host: string, more = {}) => fetchAudio(`https://${host}:${secure.port}/`, { ...options, ...more });
    expect((await fetch('secure.test')).bytes).toEqual(audio);
    const requests = secure.requests.length;
    for (const attempt of [
      () => fetch('other.test'),
      () => fetch('127.0.0.1'),
      () => fetch('secure.test', { certificateAuthority: undefined }),
    ]) {
      expect(asCodedError(await attempt().catch((error: unknown) => error)).code).toBe('promptFetchFailed');
    }
    expect(secure.requests).toHaveLength(requests);
    await secure.close();
  });
});
