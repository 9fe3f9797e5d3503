import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { configFileVariable, environmentKeys } from '../../../src/config/environment.js';
import { loadConfig } from '../../../src/config/load.js';
import type { Yaml } from './yaml.js';
import { readYaml } from './yaml.js';

const root = new URL('../../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');

/** What a person would export before `docker compose up`. */
const exported: Readonly<Record<string, string>> = {
  EXTERNAL_IP: '192.0.2.10',
  DRACHTIO_SECRET: 'a-secret-of-ours',
  SIP_ALLOW: '192.0.2.0/24',
  API_KEYS: 'a-key-of-16-chars',
};

interface Service {
  readonly environment: Readonly<Record<string, string>>;
  readonly ports: readonly string[];
  readonly command: readonly string[];
  readonly volumes: readonly string[];
  readonly image: string;
  readonly networkMode: string | undefined;
}

function services(path: string, variables: Readonly<Record<string, string>> = exported) {
  const document = readYaml(read(path)) as { services: Record<string, Record<string, Yaml>> };
  const of = (name: string): Service => {
    const service = document.services[name] ?? {};
    const list = (key: string) => ((service[key] ?? []) as string[]).map((text) => substitute(text, variables));
    const environment = Object.entries((service.environment ?? {}) as Record<string, string>);
    return {
      environment: Object.fromEntries(environment.map(([name, text]) => [name, substitute(text, variables)])),
      ports: list('ports'),
      command: list('command'),
      volumes: list('volumes'),
      image: service.image as string,
      networkMode: service.network_mode as string | undefined,
    };
  };
  return { drachtio: of('drachtio'), mixminus: of('mixminus') };
}

/** `${NAME}`, `${NAME:-default}`, `${NAME:?message}` as compose fills them in. */
function substitute(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_, name: string, kind?: string, rest = '') => {
    const value = variables[name];
    if (value !== undefined && value !== '') return value;
    if (kind === '-') return rest as string;
    throw new Error(`${name}: ${rest as string}`);
  });
}

function load(environment: Readonly<Record<string, string>>) {
  return loadConfig(environment, () => {
    throw new Error('no file');
  });
}

describe.each(['docker-compose.yml', 'docker/compose.mapped.yml'])('%s', (path) => {
  it('names only variables this server reads', () => {
    const known = [...environmentKeys.map(({ name }) => name), configFileVariable];
    const named = Object.keys(services(path).mixminus.environment);
    expect(named.filter((name) => !known.includes(name))).toEqual([]);
    expect(named.length).toBeGreaterThan(8);
  });

  it('amounts to a configuration that loads, with drachtio in front', () => {
    const config = load(services(path).mixminus.environment);
    expect(config).toMatchObject({
      mediaAddress: exported.EXTERNAL_IP,
      drachtio: { secret: exported.DRACHTIO_SECRET, port: 9022 },
      sip: { allow: ['192.0.2.0/24'] },
    });
  });

  it.each(['EXTERNAL_IP', 'DRACHTIO_SECRET'])('does not start without %s', (name) => {
    expect(() => services(path, { ...exported, [name]: '' })).toThrow(name);
  });

  it('holds no secret itself', () => {
    expect(read(path)).not.toMatch(/cymru|SECRET: *"?[a-z0-9]|API_KEYS: *"?[a-z0-9]/i);
  });

  it('gives drachtio the same secret and address, and a configuration file that exists', () => {
    const { drachtio, mixminus } = services(path);
    expect(drachtio.environment.DRACHTIO_SECRET).toBe(mixminus.environment.DRACHTIO_SECRET);
    expect(drachtio.command).toEqual([
      'drachtio',
      '--contact',
      'sip:*;transport=udp,tcp',
      '--external-ip',
      '192.0.2.10',
    ]);
    expect(drachtio.volumes).toEqual(['./docker/drachtio.conf.xml:/etc/drachtio.conf.xml:ro']);
    expect(drachtio.image).toMatch(/^drachtio\/drachtio-server:0\.(9|\d\d)\.\d+$/);
  });

  it('connects to the admin port drachtio listens on', () => {
    const port = /<admin port="(\d+)">([\d.]+)<\/admin>/.exec(read('docker/drachtio.conf.xml'));
    const { drachtio, mixminus } = services(path);
    expect(mixminus.environment.DRACHTIO_PORT).toBe(port?.[1]);
    const address = drachtio.environment.DRACHTIO_ADMIN_ADDRESS ?? port?.[2];
    const onHost = mixminus.networkMode === 'host';
    expect([mixminus.environment.DRACHTIO_HOST, address]).toEqual(
      onHost ? ['127.0.0.1', '127.0.0.1'] : ['drachtio', '0.0.0.0'],
    );
    expect(drachtio.networkMode).toBe(mixminus.networkMode);
  });
});

describe('on the host’s network', () => {
  it('no port is mapped, the API stays on loopback, and without SIP_ALLOW so do callers', () => {
    const { drachtio, mixminus } = services('docker-compose.yml', { ...exported, SIP_ALLOW: '', API_KEYS: '' });
    expect([mixminus.networkMode, drachtio.networkMode]).toEqual(['host', 'host']);
    expect([...mixminus.ports, ...drachtio.ports]).toEqual([]);
    const config = load(mixminus.environment);
    expect([config.http.host, config.sip.allow]).toEqual(['127.0.0.1', ['127.0.0.0/8', '::1/128']]);
  });
});

describe('with mapped ports', () => {
  it('exactly the configured ports are published, the API on the host’s loopback only, and drachtio’s admin port not', () => {
    const { drachtio, mixminus } = services('docker/compose.mapped.yml');
    const { rtp, http } = load(mixminus.environment);
    const range = `${rtp.portMin}-${rtp.portMax}`;
    expect(mixminus.ports).toEqual([`127.0.0.1:${http.port}:${http.port}/tcp`, `${range}:${range}/udp`]);
    expect(drachtio.ports).toEqual(['5060:5060/udp', '5060:5060/tcp']);
  });

  it('nothing starts without a key for the API and a list of callers', () => {
    for (const name of ['API_KEYS', 'SIP_ALLOW']) {
      expect(() => services('docker/compose.mapped.yml', { ...exported, [name]: '' })).toThrow(name);
    }
  });
});
