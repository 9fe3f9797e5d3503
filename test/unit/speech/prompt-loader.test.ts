import type { RequestListener } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PromptItem } from '../../../src/speech/port.js';
import { settle } from '../../support/fake-clock.js';
import { Listener } from '../../support/speech/listener.js';
import { PromptsRig, restOf, samplesOf } from '../../support/speech/prompts-rig.js';
import { sine, wav16 } from '../../support/speech/wav-file.js';

interface Sentence {
  readonly text: string;
  readonly voice?: string;
  readonly language: string;
}

/** A service that speaks a sine of a audio of a second, when it is let. */
let service: Listener;
let rig: PromptsRig;
let spoken: Sentence[];
let answer: (sentence: Sentence, ...how: Parameters<RequestListener>) => void;
let headers: Record<string, unknown>;

/** Silence that each sentence gets. */
const pause = 290 * 48;
/** What a sentence of 0.1 s becomes. */
const sentenceSamples = 4800 + pause;
const speak = (text: string, more: object = {}): PromptItem => ({ type: 'speech', text, ...more });
const beep: PromptItem = { type: 'tone', frequenciesHz: [440], cadenceMs: [50] };
const settings = () => ({
  prompts: { maxSeconds: 5 },
  speech: {
    synthesizer: 'http',
    language: 'en-GB',
    voice: 'amy',
    http: {
      url: `${service.url}/speak?key=s3cret`,
      authorization: 'Bearer s3cret',
      headers: { 'x-api-key': 's3cret' },
      timeoutMs: 20_000,
    },
  },
});

beforeEach(async () => {
  spoken = [];
  answer = (_, __, response) => void response.setHeader('content-type', 'audio/wav').end(wav16(sine(300, 0.1)));
  service = await Listener.open((request, response) => {
    headers = request.headers;
    let body = '';
    request.setEncoding('utf8').on('data', (part: string) => (body += part));
    request.on('end', () => {
      const sentence = JSON.parse(body) as Sentence;
      spoken.push(sentence);
      answer(sentence, request, response);
    });
  });
  rig = await PromptsRig.open(settings());
});
afterEach(async () => {
  await rig.close();
  await service.close();
});

describe('a prompt of several items', () => {
  it('plays them in order, without a gap', async () => {
    await rig.put('a.wav', wav16(sine(440, 0.25)));
    const prompt = await rig.prepare([{ type: 'file', name: 'a.wav' }, { type: 'silence', durationMs: 120 }, beep]);
    expect(prompt.clips.map(({ length }) => length)).toEqual([12_000, 5760, 2400]);
    expect([prompt.complete, prompt.crossfadeMs, prompt.wording]).toEqual([true, 0, undefined]);
    expect(new Int16Array(prompt.clips[1]!.samples).every((sample) => sample === 0)).toBe(true);
  });

  it('fails as a whole when one of them is not there', async () => {
    expect(await rig.problem(beep, { type: 'file', name: 'none.wav' })).toMatch(/^promptNotFound/);
  });

  it('begins before its later sentences are spoken', async () => {
    answer = () => undefined;
    const prompt = await rig.prepare([beep, speak('A first sentence.')]);
    expect([prompt.clips.length, prompt.complete, prompt.wording]).toEqual([1, false, 'A first sentence.']);
  });

  it.each([
    ['no items', []],
    ['too many items', Array<PromptItem>(33).fill(beep)],
    ['a wrong tone', [{ type: 'tone', frequenciesHz: [], cadenceMs: [1] }]],
    ['no silence', [{ type: 'silence', durationMs: 0 }]],
    ['endless silence', [{ type: 'silence', durationMs: Number.POSITIVE_INFINITY }]],
    ['silence of no length at all', [{ type: 'silence', durationMs: Number.NaN }]],
    [
      'more than allowed altogether',
      [
        { type: 'silence', durationMs: 3000 },
        { type: 'tone', frequenciesHz: [400], cadenceMs: [2001] },
      ],
    ],
    ['too much text', [speak('word '.repeat(1001))]],
    ['no words', [speak(' ... ')]],
    ['no language', [speak('hello', { language: 'e; rm -rf /' })]],
    ['a voice that is none', [speak('hello', { voice: 'a\nb' })]],
  ] satisfies [string, PromptItem[]][])('with %s is invalid', async (_, items) => {
    expect(await rig.problem(...items)).toMatch(/^promptInvalid/);
    expect(spoken).toEqual([]);
  });

  it('that becomes too long by its files is invalid', async () => {
    await rig.put('a.wav', wav16(sine(440, 3, 8000), 8000));
    const file: PromptItem = { type: 'file', name: 'a.wav' };
    expect(await rig.problem(file, file)).toBe('promptInvalid: The prompt is longer than 5 seconds.');
  });
});

describe('speech', () => {
  it('is asked for sentence by sentence, with key, voice and language', async () => {
    const prompt = await rig.prepare([speak('This call is recorded. Press 1 to agree.')]);
    expect([prompt.clips.length, prompt.complete, prompt.crossfadeMs]).toEqual([1, false, 10]);
    const { clips, failure } = await restOf(prompt);
    expect([clips.length, samplesOf(clips), failure]).toEqual([2, 2 * sentenceSamples, undefined]);
    expect(spoken).toEqual([
      { text: 'This call is recorded.', voice: 'amy', language: 'en-GB' },
      { text: 'Press 1 to agree.', voice: 'amy', language: 'en-GB' },
    ]);
    expect(headers).toMatchObject({
      authorization: 'Bearer s3cret',
      'x-api-key': 's3cret',
      'content-type': 'application/json',
    });
  });

  it('begins as soon as its first sentence is there, keeps order, and asks one ahead', async () => {
    const held: (() => void)[] = [];
    answer = ({ text }, _, response) => {
      const send = () =>
        response.setHeader('content-type', 'audio/wav').end(wav16(sine(300, 0.1 * text.split(' ').length)));
      if (text.startsWith('One')) send();
      else held.push(send);
    };
    const prompt = await rig.prepare([
      speak('One one one one. Two two two two two. Three three three. Four four four four.'),
    ]);
    expect(prompt.clips.map(({ length }) => length)).toEqual([4 * 4800 + pause]);
    const lengths: number[] = [];
    let ended = false;
    prompt.onMore((clips, complete) => {
      lengths.push(...clips.map(({ length }) => length));
      ended = complete;
    });
    await expect.poll(() => held.length).toBe(2);
    // The third is ready before the second, and has to wait for it.
    held[1]!();
    await settle();
    expect(lengths).toEqual([]);
    held[0]!();
    await expect.poll(() => held.length).toBe(3);
    held[2]!();
    await expect.poll(() => ended).toBe(true);
    expect(lengths).toEqual([5, 3, 4].map((words) => words * 4800 + pause));
  });

  it('is spoken once for all who want it at the same time, and remembered, over a restart too', async () => {
    const text = 'Everybody hears this. And this as well.';
    const all = await Promise.all(Array.from({ length: 10 }, () => rig.whole(speak(text))));
    expect(new Set(all.flatMap(({ clips }) => clips)).size).toBe(2);
    await rig.whole(speak(text));
    expect(spoken).toHaveLength(2);
    await rig.start(settings());
    expect(samplesOf((await rig.whole(speak(text))).clips)).toBe(2 * sentenceSamples);
    expect(spoken).toHaveLength(2);
    await rig.whole(speak(text, { voice: 'joe' }));
    expect(spoken).toHaveLength(4);
  });

  it('that is damaged on disk is made anew', async () => {
    await rig.whole(speak('Remember me.'));
    const directory = join(rig.dataDir, 'speech-cache');
    const [file] = await readdir(directory);
    await writeFile(join(directory, file!), 'rubbish');
    await rig.start(settings());
    expect(samplesOf((await rig.whole(speak('Remember me.'))).clips)).toBe(sentenceSamples);
    expect(spoken).toHaveLength(2);
  });

  it('on disk stays within its bound', async () => {
    const audio = wav16(sine(300, 2, 48_000));
    answer = (_, __, response) => void response.setHeader('content-type', 'audio/wav').end(audio);
    await rig.start({ ...settings(), speech: { ...settings().speech, cacheMb: 1 } });
    for (let n = 0; n < 8; n++) await rig.whole(speak(`Sentence number ${n}.`));
    const kept = Math.floor(1_000_000 / audio.length);
    await expect.poll(async () => (await readdir(join(rig.dataDir, 'speech-cache'))).length).toBe(kept);
  });

  it('in another language than the configured one is not spoken by the configured voice', async () => {
    await rig.whole(speak('Guten Tag zusammen.', { language: 'de' }));
    await rig.whole(speak('Good day everybody.', { voice: 'joe' }));
    expect(spoken).toEqual([
      { text: 'Guten Tag zusammen.', language: 'de' },
      { text: 'Good day everybody.', voice: 'joe', language: 'en-GB' },
    ]);
  });

  it('that fails in the middle ends the prompt there, with the reason', async () => {
    answer = ({ text }, _, response) => {
      if (text.startsWith('Second')) response.writeHead(500).end();
      else response.setHeader('content-type', 'audio/wav').end(wav16(sine(300, 0.1)));
    };
    const { clips, failure } = await rig.whole(speak('First of all this. Second of all that. Third.'));
    expect(clips).toHaveLength(1);
    expect(failure).toMatchObject({ code: 'synthesisFailed', detail: 'The synthesizer answered with status 500.' });
  });

  it('that becomes too long ends the prompt there', async () => {
    answer = (_, __, response) =>
      void response.setHeader('content-type', 'audio/wav').end(wav16(sine(300, 2, 8000), 8000));
    const { clips, failure } = await rig.whole(speak('First of all this. Second of all that. Third of all this.'));
    expect(clips).toHaveLength(2);
    expect(failure).toMatchObject({ code: 'promptInvalid' });
  });

  it('is given up when its listener goes away', async () => {
    const leaving = new AbortController();
    let closed = false;
    answer = ({ text }, _, response) => {
      if (text.startsWith('First')) response.setHeader('content-type', 'audio/wav').end(wav16(sine(300, 0.1)));
      else response.on('close', () => (closed = true));
    };
    await rig.start({
      ...settings(),
      speech: { ...settings().speech, http: { ...settings().speech.http, timeoutMs: 60_000 } },
    });
    const rest = restOf(await rig.prepare([speak('First of all this. Second of all that.')], leaving.signal));
    await expect.poll(() => spoken.length).toBe(2);
    leaving.abort(new Error('hung up'));
    expect((await rest).failure).toMatchObject({ message: 'hung up' });
    await expect.poll(() => closed).toBe(true);
  });

  it('is asked for again when a kept connection was closed just then', async () => {
    let first = true;
    answer = (_, request, response) => {
      if (first) {
        first = false;
        response.setHeader('content-type', 'audio/wav').end(wav16(sine(300, 0.1)));
      } else if (spoken.length === 2) request.socket.destroy();
      else response.setHeader('content-type', 'audio/wav').end(wav16(sine(300, 0.1)));
    };
    expect((await rig.whole(speak('First of all this.'))).failure).toBeUndefined();
    expect((await rig.whole(speak('Second of all that.'))).failure).toBeUndefined();
    expect(spoken.map(({ text }) => text)).toEqual([
      'First of all this.',
      'Second of all that.',
      'Second of all that.',
    ]);
  });

  it.each([
    ['an error', (_, __, response) => void response.writeHead(401).end(), /status 401/],
    [
      'a page',
      (_, __, response) => void response.setHeader('content-type', 'text/html').end('<p>'),
      /something else than audio/,
    ],
    [
      'rubbish',
      (_, __, response) => void response.setHeader('content-type', 'audio/wav').end('RIFFxxxxWAVE'),
      /no audio that can be played/,
    ],
    ['a redirect', (_, __, response) => void response.writeHead(302, { location: '/' }).end(), /status 302/],
    [
      'too much',
      (_, __, response) => void response.setHeader('content-type', 'audio/wav').end(Buffer.alloc(20_000_001)),
      /more audio/,
    ],
    ['a closed door', (_, request) => void request.socket.destroy(), /could not be reached/],
  ] satisfies [string, typeof answer, RegExp][])(
    'by a service that answers with %s fails, and tells no secret',
    async (_, how, why) => {
      answer = how;
      const problem = await rig.problem(speak('Hello out there.'));
      expect(problem).toMatch(/^synthesisFailed: /);
      expect(problem).toMatch(why);
      expect([problem, ...rig.log].join()).not.toContain('s3cret');
    },
  );

  it.each([
    ['nothing', () => undefined],
    ['no end', (_, __, response) => void response.writeHead(200, { 'content-type': 'audio/wav' }).write('RIFF')],
  ] satisfies [string, typeof answer][])('by a service that answers with %s is not waited for', async (_, how) => {
    answer = how;
    const { speech } = settings();
    await rig.start({ speech: { ...speech, http: { ...speech.http, timeoutMs: 200 } } });
    const problem = await rig.problem(speak('Hello out there.'));
    expect(problem).toBe('synthesisFailed: The synthesizer did not answer within 200 ms.');
  });

  it('without a synthesizer fails at once, whatever comes before it', async () => {
    await rig.start({ speech: { synthesizer: 'none' } });
    expect(await rig.problem(beep, speak('Hello.'))).toBe('synthesisFailed: No synthesizer is configured.');
    expect(rig.log.join()).toContain('Prompts cannot be spoken.');
  });

  it('is asked for in the words of any service', async () => {
    const body = {
      model: 'tts',
      input: '{text}',
      voice: '{voice}',
      more: [{ locale: '{language}', note: 'say {text} in {language}' }, 5],
    };
    await rig.start({
      ...settings(),
      speech: { ...settings().speech, voice: undefined, http: { ...settings().speech.http, body } },
    });
    await rig.whole(speak('Say {voice} and {text}.'));
    expect(spoken[0]).toEqual({
      model: 'tts',
      input: 'Say {voice} and {text}.',
      more: [{ locale: 'en-GB', note: 'say Say {voice} and {text}. in en-GB' }, 5],
    });
  });
});

describe('the content hash', () => {
  const hash = async (...items: PromptItem[]) => (await rig.prepare(items)).contentHash;

  it('is the same for the same words, voice and language, however they are spaced or told', async () => {
    const one = await hash(speak('Press 1 to agree.'));
    expect(one).toMatch(/^[0-9a-f]{64}$/);
    expect(await hash(speak('  Press 1\nto   agree. '))).toBe(one);
    expect(await hash(speak('Press 1 to agree.', { voice: 'amy', language: 'en-GB' }))).toBe(one);
  });

  it('is another one for other words, voices, languages, sounds and orders', async () => {
    await rig.put('a.wav', wav16(sine(440, 0.1)));
    await rig.put('b.wav', wav16(sine(441, 0.1)));
    const all = [
      await hash(speak('Press 1.')),
      await hash(speak('Press 2.')),
      await hash(speak('Press 1.', { voice: 'joe' })),
      await hash(speak('Press 1.', { language: 'en' })),
      await hash(beep, speak('Press 1.')),
      await hash(speak('Press 1.'), beep),
      await hash({ type: 'file', name: 'a.wav' }),
      await hash({ type: 'file', name: 'b.wav' }),
      await hash(beep),
      await hash({ ...beep, levelDbov: -30 }),
      await hash({ type: 'silence', durationMs: 100 }),
    ];
    expect(new Set(all).size).toBe(all.length);
  });

  it('is that of the bytes, wherever they come from', async () => {
    const bytes = wav16(sine(440, 0.1));
    await rig.put('a.wav', bytes);
    const { assetId } = await rig.room.assets.create(bytes, { contentType: 'audio/wav' });
    expect(await hash({ type: 'asset', assetId })).toBe(await hash({ type: 'file', name: 'a.wav' }));
  });

  it('comes with the words, as far as they are words', async () => {
    const { wording } = await rig.prepare([speak(' Hello  there. '), beep, speak('Press 1.')]);
    expect(wording).toBe('Hello there. Press 1.');
  });
});
