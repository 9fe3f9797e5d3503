/** The process: configuration, start, signals, a graceful end. */
import { readFileSync } from 'node:fs';
import { createApp } from './app.js';
import { ConfigError } from './config/config-error.js';
import type { Config } from './config/config.js';
import { loadConfig } from './config/load.js';

/** `EX_CONFIG` of sysexits.h: something is wrong with the configuration. */
const BAD_CONFIG = 78;

const config = readConfig();
const app = createApp(config);

// A mistake in one call's code must not end the others' calls (SAFETY P3): it is told, and the process goes on.
process.on('unhandledRejection', (reason) => app.reportFault('A promise was rejected unhandled.', reason));
process.on('uncaughtException', (error) => app.reportFault('An exception was not caught.', error));

let stopping = false;
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    // A second signal does not wait.
    const deadlineMs = stopping ? 0 : undefined;
    if (stopping) process.exit(1);
    stopping = true;
    app.stop(deadlineMs).then(
      () => process.exit(0),
      (error: unknown) => fail('The server did not end well.', error),
    );
  });
}

try {
  await app.start();
  const calls = app.gateway.contacts.map((contact) => `  ${contact.replace('sip:', 'sip:room@')}`);
  console.log(['mixminus takes calls; any name in place of "room" is a conference of that name:', ...calls].join('\n'));
  console.log(`REST API and its documentation: ${app.httpUrl}/docs`);
} catch (error) {
  fail('The server could not start.', error);
}

function readConfig(): Config {
  try {
    return loadConfig(process.env, (path) => readFileSync(path, 'utf8'));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    process.exit(BAD_CONFIG);
  }
}

function fail(what: string, error: unknown): never {
  console.error(what, messageOf(error));
  process.exit(1);
}

/** What went wrong, and why: a port may be in use or may not be ours to use. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message} ${messageOf(error.cause)}`;
}
