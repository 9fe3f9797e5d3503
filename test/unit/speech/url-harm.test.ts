import type { RequestListener } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { audio, UrlStage } from '../../support/speech/url-stage.js';

let stage: UrlStage;

beforeEach(async () => {
  stage = await UrlStage.open();
});
afterEach(() => stage.close());

describe('a server that means harm', () => {
  it('that sends a gigabyte is cut off at 20 MB, announced or not', async () => {
    let sent = 0;
    stage.answer = (request, response) => {
      response.writeHead(200, {
        'content-type': 'audio/wav',
        ...(request.url === '/announced' ? { 'content-length': 1_000_000_000 } : {}),
      });
      const part = Buffer.alloc(1_000_000);
      const pour = () => {
        while (!response.destroyed && sent < 1_000_000_000) {
          sent += part.length;
          if (!response.write(part)) return void response.once('drain', pour);
        }
      };
      pour();
    };
    await stage.restart();
    expect(await stage.problem('outside.test', '/announced')).toBe(
      'promptInvalid: The prompt is larger than 20000000 bytes.',
    );
    expect(sent).toBeLessThan(10_000_000);
    expect(await stage.problem('outside.test')).toBe('promptInvalid: The prompt is larger than 20000000 bytes.');
    expect(sent).toBeLessThan(60_000_000);
    expect(stage.rig.decoder.decoded).toBe(0);
  });

  it.each([
    ['hangs up', (request) => void request.socket.destroy(), /^promptFetchFailed/],
    [
      'hangs up in the middle',
      (_: unknown, response) => {
        response.writeHead(200, { 'content-type': 'audio/wav', 'content-length': audio.length });
        response.write(audio.subarray(0, 1000), () => response.destroy());
      },
      /^promptFetchFailed/,
    ],
    ['answers with no HTTP', (request) => void request.socket.end('SSH-2.0-x\r\n'), /^promptFetchFailed/],
    [
      'has endless headers',
      (_: unknown, response) => void response.setHeader('x', 'y'.repeat(40_000)).end(),
      /^promptFetchFailed/,
    ],
    [
      'has a page',
      (_: unknown, response) => void response.setHeader('content-type', 'text/html').end('<p>'),
      /^promptInvalid: .*not audio/,
    ],
    ['does not say what it has', (_: unknown, response) => void response.end(audio), /^promptInvalid: .*not audio/],
    [
      'has a page that it calls audio',
      (_: unknown, response) => void response.setHeader('content-type', 'audio/wav').end('RIFF    WAVE<p>'),
      /^promptInvalid/,
    ],
    [
      'sends a compressed bomb',
      (_: unknown, response) =>
        void response.writeHead(200, { 'content-type': 'audio/wav', 'content-encoding': 'gzip' }).end('x'),
      /^promptInvalid: .*compressed/,
    ],
    ['has nothing', (_: unknown, response) => void response.writeHead(404).end(), /^promptFetchFailed: .*404/],
    [
      'says nothing changed, unasked',
      (_: unknown, response) => void response.writeHead(304).end(),
      /^promptFetchFailed: .*304/,
    ],
    ['redirects to nowhere', (_: unknown, response) => void response.writeHead(302).end(), /^promptFetchFailed/],
    [
      'redirects in circles',
      (_: unknown, response) => void response.writeHead(302, { location: '/a.wav' }).end(),
      /more than 3/,
    ],
  ] satisfies [string, RequestListener, RegExp][])(
    'that %s fails with a reason, and its connection is closed',
    async (_, handler, reason) => {
      stage.answer = handler;
      expect(await stage.problem('outside.test')).toMatch(reason);
      await expect.poll(() => stage.outside.open, { timeout: 1000, interval: 10 }).toBe(0);
      expect(stage.internal.connections).toBe(0);
    },
  );

  it.each([
    ['says nothing at all', () => undefined, /silent for 200 ms|within 400 ms/],
    [
      'begins and then says nothing',
      (_: unknown, response) => void response.writeHead(200, { 'content-type': 'audio/wav' }).write('RIFF'),
      /^promptFetchFailed/,
    ],
    [
      'sends a byte now and then',
      (_: unknown, response) => {
        response.writeHead(200, { 'content-type': 'audio/wav' });
        const drip = setInterval(() => response.write('R'), 20);
        response.on('close', () => clearInterval(drip));
      },
      /^promptFetchFailed: The prompt did not arrive within 400 ms/,
    ],
  ] satisfies [string, RequestListener, RegExp][])('that %s is not waited for', async (_, handler, reason) => {
    await stage.restart({ totalMs: 400, idleMs: 200 });
    stage.answer = handler;
    expect(await stage.problem('outside.test')).toMatch(reason);
    await expect.poll(() => stage.outside.open, { timeout: 1000, interval: 10 }).toBe(0);
  });

  it('that is waited for in vain is given up when nobody wants the prompt any more', async () => {
    stage.answer = () => undefined;
    await stage.restart();
    const leaving = new AbortController();
    const prepared = stage.rig.prepare([stage.at('outside.test')], leaving.signal);
    await expect.poll(() => stage.outside.connections, { interval: 5 }).toBe(1);
    leaving.abort(new Error('hung up'));
    await expect(prepared).rejects.toThrow('hung up');
    await expect.poll(() => stage.outside.open, { timeout: 1000, interval: 10 }).toBe(0);
  });
});
