import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const script = new URL('../../../docker/healthcheck.mjs', import.meta.url).pathname;

let server: Server;
let port: number;
let status = 200;
let directory: string;
const asked: string[] = [];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'healthcheck-'));
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});

afterAll(async () => {
  rmSync(directory, { recursive: true });
  await new Promise((resolve) => server.close(resolve));
});

function check(environment: Readonly<Record<string, string>>): Promise<number | null> {
  return new Promise((resolve) => {
    spawn(process.execPath, [script], { env: environment, stdio: 'ignore' }).on('exit', resolve);
  });
}

describe('the health check', () => {
  it('succeeds when /livez answers 200, also where the server listens on every address', async () => {
    expect(await check({ HTTP_PORT: String(port) })).toBe(0);
    expect(await check({ HTTP_PORT: String(port), HTTP_HOST: '0.0.0.0' })).toBe(0);
    expect(asked).toEqual(['/livez', '/livez']);
  });

  it('finds the API where the config file says, unless the environment says otherwise', async () => {
    const file = join(directory, 'config.json');
    writeFileSync(file, JSON.stringify({ http: { port } }));
    expect(await check({ CONFIG_FILE: file, HTTP_PORT: '' })).toBe(0);
    expect(await check({ CONFIG_FILE: file, HTTP_PORT: '1' })).toBe(1);
  });

  it('fails when another status comes or nobody listens', async () => {
    status = 503;
    expect(await check({ HTTP_PORT: String(port) })).toBe(1);
    expect(await check({ HTTP_PORT: '1' })).toBe(1);
  });
});
