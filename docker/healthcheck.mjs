/**
 * Tells Docker whether the server lives: asks `/livez` where the REST API listens, as environment and config file say.
 * Ends with status 0 or 1. Uses Node alone, so that the image needs no other program and a check costs little.
 */
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import process from 'node:process';

const timeoutMs = 4000;
const unspecified = new Map([
  ['0.0.0.0', '127.0.0.1'],
  ['::', '::1'],
]);

const { CONFIG_FILE, HTTP_HOST, HTTP_PORT } = process.env;
const http = CONFIG_FILE?.trim() ? (JSON.parse(readFileSync(CONFIG_FILE.trim(), 'utf8')).http ?? {}) : {};
const host = HTTP_HOST?.trim() || http.host || '127.0.0.1';
const port = Number(HTTP_PORT?.trim() || http.port || 3000);

const request = get({ host: unspecified.get(host) ?? host, port, path: '/livez', timeout: timeoutMs }, (response) => {
  process.exit(response.statusCode === 200 ? 0 : 1);
});
request.on('timeout', () => process.exit(1));
request.on('error', () => process.exit(1));
