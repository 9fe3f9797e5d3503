import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../../src/errors.js';
import { type ApiRig, apiRig } from '../../support/api-rig.js';
import { settle } from '../../support/fake-clock.js';

type Body = Record<string, unknown> & { id: string; code: string; items: Body[] };

const question = {
  prompt: [{ type: 'speech', text: 'Press 1 or 2.' }],
  gather: { patterns: ['1', '2'], timeoutMs: 4_000, retries: 1 },
};

let rig: ApiRig;
let rooms = 0;
beforeAll(async () => {
  rig = await apiRig(
    { rateLimit: { perSecond: 1, burst: 10_000 } },
    { limits: { maxCalls: 99, maxLegs: 99, maxLegsPerCall: 9 } },
  );
});
afterAll(() => rig.api.close());

/** A call with one leg in the mix. */
async function room() {
  rooms += 1;
  await rig.join({ to: `room${rooms}` });
  const { items } = rig.service.listCalls({ after: 0, limit: 1, name: `room${rooms}` });
  const callId = items[0]?.id ?? '';
  const [leg] = await rig.service.listLegs(callId);
  const legId = leg?.id ?? '';
  const legPath = `/v1/calls/${callId}/legs/${legId}`;
  const playbacks = `/v1/calls/${callId}/playbacks`;
  return {
    ...rig,
    callId,
    legId,
    legPath,
    path: `${legPath}/interactions`,
    playbacks,
    mediaCall: rig.media.call(callId),
  };
}

describe('/v1/calls/{callId}/legs/{legId}/interactions', () => {
  it('asks a leg, and says where to read the answer', async () => {
    const { ask, mediaCall, path, legId } = await room();
    const made = await ask('POST', path, question);
    const interaction = made.json<Body>();
    expect([made.statusCode, made.headers.location]).toEqual([201, `${path}/${interaction.id}`]);
    expect(interaction).toMatchObject({ status: 'active', legId: legId, prompt: { wording: 'Press 1 or 2.' } });
    expect(mediaCall.interactions.get(legId)).toMatchObject({
      interactionId: interaction.id,
      gather: { patterns: ['1', '2'], timeoutTicks: 200, retries: 1, bargeIn: true },
    });
    mediaCall.endInteraction(legId, {
      result: 'digits',
      digits: '2',
      playedMs: 1_240,
      promptCompleted: true,
      startedTick: 0,
      promptEndedTick: 62,
      endedTick: 90,
    });
    await settle();
    const over = (await ask('GET', `${path}/${interaction.id}`)).json<Body>();
    expect(over).toEqual({
      ...interaction,
      status: 'ended',
      result: 'digits',
      digits: '2',
      attempts: 1,
      playedMs: 1_240,
      promptCompleted: true,
      startedAtTick: 0,
      startedAt: '2026-01-01T00:00:00.000Z',
      promptEndedAtTick: 62,
      endedAtTick: 90,
      endedAt: '2026-01-01T00:00:00.000Z',
    });
    expect((await ask('GET', path)).json()).toEqual({ items: [over] });
  });

  it('sends everything an interaction has: nothing of the view is missing in the schema', async () => {
    const { ask, service, mediaCall, path, legId, callId } = await room();
    await ask('POST', path, question);
    mediaCall.endInteraction(legId, { result: 'cancelled', cancelledBy: 'mediaFailed', promptEndedTick: 3 });
    await ask('POST', path, { prompt: [{ type: 'file', name: 'missing' }] });
    const views = service.interactions.list(callId, legId);
    expect(views).toMatchObject([{ failure: { code: 'promptNotFound' } }, { cancelledBy: 'mediaFailed' }]);
    const [first, second] = views.map((view) => JSON.parse(JSON.stringify(view)) as object);
    expect((await ask('GET', path)).json()).toEqual({ items: [first, second] });
  });

  it.each<[{ type: string; name: string }, number, ErrorCode]>([
    [{ type: 'file', name: 'missing' }, 404, 'promptNotFound'],
    [{ type: 'file', name: 'secret' }, 403, 'promptRefused'],
    [{ type: 'file', name: 'slow' }, 502, 'promptFetchFailed'],
    [{ type: 'file', name: 'noise' }, 422, 'promptInvalid'],
    [{ type: 'file', name: 'mumble' }, 502, 'synthesisFailed'],
  ])('%j is answered with %i %s when it cannot be had, and the leg stays in the mix', async (item, status, code) => {
    const { ask, mediaCall, prompts, path } = await room();
    prompts.failures.set(item.name, code);
    const refused = await ask('POST', path, { prompt: [item] });
    expect([refused.statusCode, refused.json<Body>().code]).toEqual([status, code]);
    expect(refused.headers.location).toBeUndefined();
    expect(mediaCall.interactions.size).toBe(0);
  });

  it('asks once for one Idempotency-Key', async () => {
    const { ask, media, path } = await room();
    const started = () => media.commands.filter((command) => command.startsWith('startInteraction'));
    const before = started().length;
    const post = () => ask('POST', path, question, { 'idempotency-key': 'k' });
    const [first, again] = await Promise.all([post(), post()]);
    expect(first.body).toBe(again.body);
    expect(started()).toHaveLength(before + 1);
  });

  it('cancels: 204, also when it was over', async () => {
    const { ask, path } = await room();
    const { id } = (await ask('POST', path, question)).json<Body>();
    expect((await ask('DELETE', `${path}/${id}`)).statusCode).toBe(204);
    await settle();
    const over = (await ask('GET', `${path}/${id}`)).json<Body>();
    expect(over).toMatchObject({ status: 'ended', result: 'cancelled', cancelledBy: 'api' });
    expect((await ask('DELETE', `${path}/${id}`)).statusCode).toBe(204);
  });

  it('waits for the result as long as asked', async () => {
    const { ask, clock, mediaCall, path, legId } = await room();
    const { id } = (await ask('POST', path, question)).json<Body>();
    const early = ask('GET', `${path}/${id}?waitMs=1000`);
    const late = ask('GET', `${path}/${id}?waitMs=30000`);
    await settle();
    await clock.advance(1_000);
    expect((await early).json()).toMatchObject({ status: 'active' });
    mediaCall.endInteraction(legId, { result: 'timeout', attempts: 2 });
    expect((await late).json()).toMatchObject({ status: 'ended', result: 'timeout', attempts: 2 });
  });

  it('knows only what is there', async () => {
    const { ask, path, callId } = await room();
    const cases: [string, string, string][] = [
      ['GET', '/v1/calls/call_x/legs/leg_2/interactions', 'callNotFound'],
      ['GET', `/v1/calls/${callId}/legs/leg_x/interactions`, 'legNotFound'],
      ['GET', `${path}/interaction_x`, 'interactionNotFound'],
      ['DELETE', `${path}/interaction_x`, 'interactionNotFound'],
    ];
    for (const [method, url, code] of cases) {
      const answer = await ask(method, url);
      expect([answer.statusCode, answer.json<Body>().code], url).toEqual([404, code]);
    }
  });

  it('answers 409 for a leg that is over', async () => {
    const { ask, join, legPath, path } = await room();
    await join({ to: `room${rooms}` });
    expect((await ask('DELETE', legPath)).statusCode).toBe(204);
    await settle();
    const late = await ask('POST', path, question);
    expect([late.statusCode, late.json<Body>().code]).toEqual([409, 'legEnded']);
  });

  it('shows no digits of a secret', async () => {
    const { ask, mediaCall, path, legId } = await room();
    const { id } = (await ask('POST', path, { ...question, secret: true })).json<Body>();
    mediaCall.endInteraction(legId, { result: 'digits', digits: '1' });
    await settle();
    expect((await ask('GET', `${path}/${id}`)).json<Body>()).not.toHaveProperty('digits');
  });
});

describe('input that does not match its schema', () => {
  const path = '/v1/calls/call_x/legs/leg_x/interactions';
  const prompt = question.prompt;
  const tone = { type: 'tone', frequenciesHz: [440], cadenceMs: [100] };
  const cases: [object, string][] = [
    [{}, '/body'],
    [{ prompt: [] }, '/body/prompt'],
    [{ prompt: 'hello' }, '/body/prompt'],
    [{ prompt: [{ type: 'text', text: 'x' }] }, '/body/prompt/0/type'],
    [{ prompt: [{ text: 'x' }] }, '/body/prompt/0/type'],
    [{ prompt: [...prompt, { type: 'speech', text: '' }] }, '/body/prompt/1/text'],
    [{ prompt: [{ type: 'speech', text: 'x', speed: 2 }] }, '/body/prompt/0/speed'],
    [{ prompt: [{ type: 'speech', text: 'x', language: 'english please' }] }, '/body/prompt/0/language'],
    [{ prompt: [{ type: 'file', name: 'a\u0000b' }] }, '/body/prompt/0/name'],
    [{ prompt: [{ type: 'file', name: '../secret.wav' }] }, '/body/prompt/0/name'],
    [{ prompt: [{ type: 'file', name: '/etc/passwd' }] }, '/body/prompt/0/name'],
    [{ prompt: [{ type: 'url', url: 'ftp://example.org/a.wav' }] }, '/body/prompt/0/url'],
    [{ prompt: [{ type: 'url', url: 'https://a b' }] }, '/body/prompt/0/url'],
    [{ prompt: [{ ...tone, frequenciesHz: [1, 2, 3, 4, 5].map((n) => n * 100) }] }, '/body/prompt/0/frequenciesHz'],
    [{ prompt: [{ ...tone, frequenciesHz: ['440'] }] }, '/body/prompt/0/frequenciesHz/0'],
    [{ prompt: [{ type: 'silence' }] }, '/body/prompt/0'],
    [{ prompt: Array.from({ length: 33 }, () => tone) }, '/body/prompt'],
    [{ prompt, music: [{ type: 'asset' }] }, '/body/music/0'],
    [{ prompt, gather: { patterns: ['1', 'one'] } }, '/body/gather/patterns/1'],
    [{ prompt, gather: { finishOnKey: '##' } }, '/body/gather/finishOnKey'],
    [{ prompt, gather: { maxDigits: 0 } }, '/body/gather/maxDigits'],
    [{ prompt, gather: { timeout: 5 } }, '/body/gather/timeout'],
    [{ prompt, gather: { retries: 21 } }, '/body/gather/retries'],
    [{ prompt, volumeDb: 25 }, '/body/volumeDb'],
    [{ prompt, surprise: 1 }, '/body/surprise'],
  ];
  it.each(cases)('%j is a 400 that names the place', async (body, pointer) => {
    const response = await rig.ask('POST', path, body);
    expect([response.statusCode, response.json<Body>().code]).toEqual([400, 'invalidRequest']);
    const { errors } = response.json<{ errors: { pointer: string }[] }>();
    expect(errors.map((place) => place.pointer)).toContain(pointer);
  });

  it('rules that contradict each other are a 400 that says which', async () => {
    const { ask, path: real } = await room();
    const response = await ask('POST', real, { prompt, gather: { minDigits: 4, maxDigits: 2 } });
    expect([response.statusCode, response.json<{ detail: string }>().detail]).toEqual([
      400,
      'gather.minDigits is greater than gather.maxDigits.',
    ]);
  });

  it.each(['waitMs=30001', 'waitMs=-1', 'waitMs=soon', 'wait=1'])('GET ?%s is a 400', async (query) => {
    expect((await rig.ask('GET', `${path}/interaction_x?${query}`)).statusCode).toBe(400);
  });
});

describe('/v1/calls/{callId}/playbacks', () => {
  const announcement = { prompt: [{ type: 'tone', frequenciesHz: [440, 880], cadenceMs: [200, 100, 200] }] };

  it('plays, shows, pauses, resumes, stops', async () => {
    const { ask, mediaCall, playbacks, legId } = await room();
    const made = await ask('POST', playbacks, { ...announcement, legIds: [legId], duckDb: -20, plays: 0 });
    const playback = made.json<Body>();
    expect([made.statusCode, made.headers.location]).toEqual([201, `${playbacks}/${playback.id}`]);
    expect(playback).toMatchObject({ status: 'playing', legIds: [legId], duckDb: -20, plays: 0, volumeDb: 0 });
    expect(mediaCall.playbacks.get(playback.id)).toMatchObject({ legIds: [legId], duckDb: -20 });
    const patch = async (paused: boolean) =>
      (await ask('PATCH', `${playbacks}/${playback.id}`, { paused })).json<Body>();
    expect([(await patch(true)).status, (await patch(false)).status]).toEqual(['paused', 'playing']);
    expect((await ask('DELETE', `${playbacks}/${playback.id}`)).statusCode).toBe(204);
    await settle();
    const over = (await ask('GET', `${playbacks}/${playback.id}`)).json<Body>();
    expect(over).toMatchObject({ status: 'ended', end: 'stopped', startedAtTick: 0, endedAtTick: 0 });
    expect((await ask('GET', playbacks)).json()).toEqual({ items: [over] });
  });

  it('sends everything a playback has: nothing of the view is missing in the schema', async () => {
    const { ask, service, playbacks, legId, callId } = await room();
    await ask('POST', playbacks, { prompt: [{ type: 'speech', text: 'a' }] });
    await ask('POST', playbacks, { prompt: [{ type: 'file', name: 'missing' }], legIds: [legId] });
    await settle();
    const items = JSON.parse(JSON.stringify(service.playbacks.list(callId))) as object[];
    expect((await ask('GET', playbacks)).json()).toEqual({ items });
  });

  it.each([
    [{}, '/body'],
    [{ ...announcement, duckDb: 1 }, '/body/duckDb'],
    [{ ...announcement, legIds: [] }, '/body/legIds'],
    [{ ...announcement, gather: {} }, '/body/gather'],
  ])('%j is a 400 that names the place', async (body, pointer) => {
    const { ask, playbacks } = await room();
    const { errors } = (await ask('POST', playbacks, body)).json<{ errors: { pointer: string }[] }>();
    expect(errors.map((place) => place.pointer)).toContain(pointer);
  });

  it('is told apart from what is not there', async () => {
    const { ask, playbacks } = await room();
    expect((await ask('POST', playbacks, { ...announcement, legIds: ['leg_x'] })).json<Body>().code).toBe(
      'legNotFound',
    );
    expect((await ask('PATCH', `${playbacks}/p`, { paused: true })).json<Body>().code).toBe('playbackNotFound');
    expect((await ask('DELETE', `${playbacks}/p`)).json<Body>().code).toBe('playbackNotFound');
  });
});

describe('/v1/assets', () => {
  const wav = Buffer.from('RIFF and so on');
  let base: string;
  beforeAll(async () => {
    await rig.api.listen({ host: '127.0.0.1', port: 0 });
    base = `http://127.0.0.1:${(rig.api.server.address() as AddressInfo).port}`;
  });

  const upload = async (body: Buffer | ReadableStream | string | undefined, contentType?: string, query = '') => {
    const answer = await fetch(`${base}/v1/assets${query}`, {
      method: 'POST',
      ...(contentType === undefined ? {} : { headers: { 'content-type': contentType } }),
      ...(body === undefined ? {} : { body }),
      duplex: 'half',
    });
    return { status: answer.status, location: answer.headers.get('location'), body: (await answer.json()) as Body };
  };

  it('takes audio, lists it, shows it and forgets it', async () => {
    const made = await upload(wav, 'audio/wav', '?name=Hello%20you');
    expect(made).toMatchObject({ status: 201, location: `/v1/assets/${made.body.id}` });
    expect(made.body).toEqual({
      id: made.body.id,
      name: 'Hello you',
      contentType: 'audio/wav',
      sizeBytes: wav.length,
      durationMs: 20,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      createdAt: '2026-01-01T00:00:00.000Z',
    });
    expect((await rig.ask('GET', `/v1/assets/${made.body.id}`)).json()).toEqual(made.body);
    expect((await rig.ask('GET', '/v1/assets')).json()).toEqual({ items: [made.body] });
    expect((await rig.ask('DELETE', `/v1/assets/${made.body.id}`)).statusCode).toBe(204);
    expect((await rig.ask('DELETE', `/v1/assets/${made.body.id}`)).json<Body>().code).toBe('assetNotFound');
    expect((await rig.ask('GET', `/v1/assets/${made.body.id}`)).json<Body>().code).toBe('assetNotFound');
  });

  it('takes more than other bodies may have, and no more than the store takes', async () => {
    rig.assets.maxBytes = 200_000;
    expect((await upload(Buffer.concat([wav, Buffer.alloc(150_000)]), 'application/octet-stream')).status).toBe(201);
    const tooMuch = await upload(Buffer.concat([wav, Buffer.alloc(200_000)]), 'audio/mpeg');
    expect([tooMuch.status, tooMuch.body.code]).toEqual([413, 'tooLarge']);
  });

  it('stops reading a body of unknown length when it is too long', async () => {
    rig.assets.maxBytes = 200_000;
    let sent = 0;
    const endless = new ReadableStream({
      pull(controller) {
        sent += 16_384;
        controller.enqueue(Buffer.alloc(16_384));
      },
    });
    // The rest is not read: the answer comes, or the connection is closed before it could be read.
    const outcome = await upload(endless, 'audio/wav').then(
      ({ body }) => body.code,
      () => 'closed',
    );
    expect(['tooLarge', 'closed']).toContain(outcome);
    expect(sent).toBeLessThan(20_000_000);
  });

  it.each([
    ['JSON', '{}', 'application/json', 415, 'unsupportedMediaType'],
    ['a form', 'a=b', 'application/x-www-form-urlencoded', 415, 'unsupportedMediaType'],
    ['what is no audio', 'hello', 'audio/wav', 422, 'promptInvalid'],
    ['nothing', undefined, undefined, 400, 'invalidRequest'],
    ['an empty body', '', 'audio/wav', 422, 'promptInvalid'],
  ])('refuses %s', async (_what, body, contentType, status, code) => {
    const refused = await upload(body, contentType);
    expect([refused.status, refused.body.code]).toEqual([status, code]);
  });

  it('says what it takes', async () => {
    const { body } = await upload('{}', 'application/json');
    expect(body.detail).toBe('Send audio/… or application/octet-stream.');
  });

  it('no other address takes audio', async () => {
    const answer = await rig.ask('POST', '/v1/calls', wav.toString(), { 'content-type': 'audio/wav' });
    expect(answer.json<Body>().code).toBe('unsupportedMediaType');
  });
});
