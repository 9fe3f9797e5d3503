import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load.js';

const root = new URL('../../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');

interface Instruction {
  readonly name: string;
  readonly value: string;
}

/** Instructions of the Dockerfile by stage, continuation lines joined. */
function stages(): Instruction[][] {
  const lines = read('Dockerfile')
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const all: Instruction[][] = [];
  for (const line of lines) {
    const [name = '', ...rest] = line.split(' ');
    if (name === 'FROM') all.push([]);
    all.at(-1)?.push({ name, value: rest.join(' ') });
  }
  return all;
}

const [build = [], final = []] = stages();
const values = (stage: readonly Instruction[], name: string) =>
  stage.filter((instruction) => instruction.name === name).map(({ value }) => value);

describe('the Dockerfile', () => {
  it('builds on Node 24, which has a compiler, and runs on its slim image', () => {
    expect(stages()).toHaveLength(2);
    expect(values(build, 'FROM')).toEqual(['node:24 AS build']);
    expect(values(final, 'FROM')).toEqual(['node:24-slim']);
    const [, least] = /"node": ">=(\d+)/.exec(read('package.json')) ?? [];
    expect(24).toBeGreaterThanOrEqual(Number(least));
  });

  it('installs by the lock file before it copies sources, and leaves out what only development needs', () => {
    const steps = build.map(({ name, value }) => `${name} ${value}`);
    expect(steps.indexOf('RUN npm ci')).toBeLessThan(steps.findIndex((step) => step.startsWith('COPY src')));
    expect(steps.at(-1)).toBe('RUN npm run build && npm ci --omit=dev');
  });

  it('copies into the build only what is there', () => {
    for (const source of values(build, 'COPY').flatMap((value) => value.split(' ').slice(0, -1))) {
      expect(`${source} ${existsSync(new URL(source, root))}`).toBe(`${source} true`);
    }
  });

  it('takes only what runs into the image', () => {
    const copies = values(final, 'COPY').map((value) => value.split(' ').slice(0, -1).join(' '));
    expect(copies).toEqual([
      '--from=build /app/package.json',
      '--from=build /app/node_modules',
      '--from=build /app/wasm/build',
      '--from=build /app/native/build',
      '--from=build /app/dist',
      'docker/healthcheck.mjs',
    ]);
  });

  it('does not run as root, and may write to its data directory alone', () => {
    const order = final.map(({ name }) => name);
    expect(values(final, 'USER')).toEqual(['node']);
    expect(order.indexOf('USER')).toBeLessThan(order.indexOf('CMD'));
    expect(values(final, 'VOLUME')).toEqual(['/data']);
    expect(values(final, 'ENV')[0]).toContain('DATA_DIR=/data');
  });

  it('checks its health with Node alone, and starts what npm start starts', () => {
    expect(values(final, 'HEALTHCHECK')[0]).toMatch(/CMD \["node", "docker\/healthcheck\.mjs"\]$/);
    expect(values(final, 'CMD')).toEqual(['["node", "--enable-source-maps", "dist/main.js"]']);
    expect(read('package.json')).toContain('node --enable-source-maps dist/main.js');
    expect(read('Dockerfile')).not.toMatch(/curl|wget/);
  });

  it('installs what speaks and decodes prompts, and nothing else', () => {
    expect(values(final, 'RUN').filter((command) => command.includes('apt-get'))).toEqual([
      'apt-get update && apt-get install -y --no-install-recommends espeak-ng ffmpeg && rm -rf /var/lib/apt/lists/*',
    ]);
    expect(values(build, 'RUN').join()).not.toContain('apt-get');
  });

  it('exposes the default ports', () => {
    const { http, rtp, sip } = loadConfig({}, () => '');
    const expected = [
      `${http.port}/tcp`,
      ...sip.listen.map(({ port, transport }) => `${port}/${transport}`),
      `${rtp.portMin}-${rtp.portMax}/udp`,
    ];
    expect(values(final, 'EXPOSE')).toEqual([expected.join(' ')]);
  });

  it('finds everything it copies past .dockerignore', () => {
    const allowed = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    const copied = [...values(build, 'COPY'), 'docker/healthcheck.mjs .'].flatMap((value) =>
      value.split(' ').slice(0, -1),
    );
    expect(allowed.sort()).toEqual(copied.map((path) => path.replace(/^\.\//, '')).sort());
  });
});

describe('drachtio’s configuration', () => {
  const xml = read('docker/drachtio.conf.xml');

  it('is well-formed', () => {
    const open: string[] = [];
    for (const [, closing, name = '', selfClosing] of xml
      .replaceAll(/<!--[^]*?-->|<\?.*?\?>/g, '')
      .matchAll(/<(\/?)([\w-]+)(?:\s+[\w-]+="[^"<>&]*")*\s*(\/?)>/g)) {
      if (closing === '/') expect(open.pop()).toBe(name);
      else if (selfClosing !== '/') open.push(name);
    }
    expect(open).toEqual([]);
    expect(xml.match(/[<>]/g)?.length).toBeGreaterThan(50);
  });

  it('takes long messages over UDP, discards scanners and holds no secret', () => {
    expect(xml).toContain('<udp-mtu>4096</udp-mtu>');
    expect(xml).toContain('<spammers action="discard" tcp-action="discard">');
    expect(xml).not.toMatch(/secret="|cymru/);
  });

  it('has the timers this server has by default', () => {
    const { timers } = loadConfig({}, () => '').sip;
    expect(xml).toContain(`<t1>${timers.t1Ms}</t1>`);
    expect(xml).toContain(`<t2>${timers.t2Ms}</t2>`);
    expect(xml).toContain(`<t4>${timers.t4Ms}</t4>`);
    expect(xml).toContain(`<t1x64>${timers.t1Ms * 64}</t1x64>`);
  });
});
