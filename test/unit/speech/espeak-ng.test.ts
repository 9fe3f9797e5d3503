import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EspeakNg } from '../../../src/speech/synthesis/espeak-ng.js';
import { isInstalled } from '../../support/speech/programs.js';
import { PromptsRig, samplesOf } from '../../support/speech/prompts-rig.js';

const installed = isInstalled('espeak-ng', '--version');
let rig: PromptsRig;
beforeEach(async () => {
  rig = await PromptsRig.open();
});
afterEach(() => rig.close());

const speak = (text: string, more: object = {}) => ({ type: 'speech', text, ...more }) as const;

describe.runIf(installed)('espeak-ng', () => {
  it('speaks a text offline, sentence by sentence, with a natural pause between', async () => {
    const { clips, failure } = await rig.whole(speak('This call is recorded. Press 1 to agree, or 2 if you do not.'));
    expect([clips.length, failure]).toEqual([2, undefined]);
    expect(samplesOf(clips) / 48_000).toBeGreaterThan(2);
    expect(samplesOf(clips) / 48_000).toBeLessThan(8);
    const [first] = clips.map(({ samples }) => new Int16Array(samples));
    const loud = (from: number, until: number) => Math.max(...first!.slice(from, until).map(Math.abs));
    expect(loud(0, first!.length)).toBeGreaterThan(3000);
    // 30 ms before it at most, and 260 ms after it.
    expect(loud(0, 0.05 * 48_000)).toBeGreaterThan(50);
    expect(loud(first!.length - 0.2 * 48_000, first!.length)).toBeLessThan(300);
  });

  it.each([
    [{ language: 'de' }, 'Guten Tag, hier spricht das Telefon.'],
    [{ language: 'en-AU' }, 'There is no Australian, so plain English it is.'],
    [{ language: 'zh' }, '你好，请按一。'],
    [{ voice: 'en-us+f3' }, 'A voice with a variant.'],
  ])('speaks with %j', async (how, text) => {
    const { clips, failure } = await rig.whole(speak(text, how));
    expect(failure).toBeUndefined();
    expect(samplesOf(clips)).toBeGreaterThan(24_000);
  });

  it('takes text as text, whatever it looks like', async () => {
    for (const text of [
      '--version',
      '-w /tmp/x hello',
      '<speak>hello</speak>',
      "[[h@l'oU]]",
      '$(reboot) `id`',
      'é😀ß',
    ]) {
      expect((await rig.whole(speak(text))).failure).toBeUndefined();
    }
  });

  it('cannot be given options or paths in place of a voice', async () => {
    const file = join(rig.dataDir, 'out.txt');
    const synthesizer = new EspeakNg();
    await synthesizer.start();
    for (const voice of [
      `--phonout=${file}`,
      `-w${file}`,
      '-q',
      '--path=/tmp',
      '../../etc/passwd',
      '/etc/passwd',
      'en us',
      'en\0',
      '',
    ]) {
      const order = { text: 'hello', voice, language: 'en' };
      await expect(synthesizer.synthesize(order, new AbortController().signal)).rejects.toMatchObject({
        code: 'synthesisFailed',
        detail: 'This is not a name an espeak-ng voice can have.',
      });
    }
    expect(existsSync(file)).toBe(false);
  });

  it('tells when it has no such voice or language', async () => {
    expect(await rig.problem(speak('hello', { voice: 'nobody' }))).toBe(
      'synthesisFailed: espeak-ng does not have this voice.',
    );
    expect(await rig.problem(speak('hello', { language: 'tlh-Latn' }))).toBe(
      'synthesisFailed: espeak-ng does not speak this language.',
    );
  });

  it('is stopped when nobody wants to hear it any more', async () => {
    const synthesizer = new EspeakNg();
    await synthesizer.start();
    const leaving = new AbortController();
    const spoken = synthesizer.synthesize(
      { text: 'word '.repeat(20_000), voice: undefined, language: 'en' },
      leaving.signal,
    );
    leaving.abort(new Error('hung up'));
    await expect(spoken).rejects.toThrow('hung up');
  });
});

describe('without espeak-ng', () => {
  it('speech fails with a reason', async () => {
    const synthesizer = new EspeakNg('no-such-espeak');
    await synthesizer.start();
    expect(synthesizer.unavailable).toBe('espeak-ng is not installed.');
    const order = { text: 'hello', voice: 'en', language: 'en' };
    await expect(synthesizer.synthesize(order, new AbortController().signal)).rejects.toMatchObject({
      code: 'synthesisFailed',
      detail: 'espeak-ng is not installed.',
    });
  });

  it('a program that is something else is told', async () => {
    const synthesizer = new EspeakNg('true');
    await synthesizer.start();
    expect(synthesizer.unavailable).toBe('espeak-ng does not work here.');
  });
});
