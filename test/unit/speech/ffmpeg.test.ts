import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProgram } from '../../../src/speech/child-program.js';
import { decode } from '../../../src/speech/decoding/decode.js';
import { decodeByFfmpeg } from '../../../src/speech/decoding/ffmpeg.js';
import { powerDb, powerSpectrum, powerWhere, toneAt } from '../../support/spectrum.js';
import { Listener } from '../../support/speech/listener.js';
import { isInstalled } from '../../support/speech/programs.js';
import { sine, wav16, wavFile } from '../../support/speech/wav-file.js';

const installed = isInstalled('ffmpeg', '-version');
const mostSamples = 600 * 48_000;
let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'mixminus-ffmpeg-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

/** 1 kHz for three seconds, stereo at 44.1 kHz, as ffmpeg writes a file of this name. */
function encoded(name: string, ...words: string[]): Uint8Array {
  const path = join(directory, name);
  const source = [
    '-f',
    'lavfi',
    '-i',
    'sine=frequency=1000:sample_rate=44100:duration=3',
    '-af',
    'volume=12dB,pan=stereo|c0=c0|c1=c0',
  ];
  execFileSync('ffmpeg', ['-y', '-loglevel', 'error', ...source, ...words, path]);
  return readFileSync(path);
}

async function floats(bytes: Uint8Array): Promise<Float64Array> {
  const { clip } = await decode({ type: 'file', bytes: Uint8Array.from(bytes), mostSamples });
  return Float64Array.from(new Int16Array(clip.samples), (sample) => sample / 32_768);
}

describe.runIf(installed)('what ffmpeg can read', () => {
  it.each([
    ['a.mp3', ['-b:a', '128k']],
    ['a.ogg', ['-c:a', 'libvorbis']],
    ['a.opus', ['-c:a', 'libopus']],
    ['a.flac', []],
    ['a.m4a', ['-c:a', 'aac', '-movflags', 'faststart']],
    ['index-at-end.mov', ['-c:a', 'pcm_s16le']],
    ['a.mka', ['-c:a', 'aac']],
    ['adpcm.wav', ['-c:a', 'adpcm_ms']],
  ])('such as %s can be played', async (name, words) => {
    const samples = await floats(encoded(name, ...words));
    expect(Math.abs(samples.length / 48_000 - 3)).toBeLessThan(0.12);
    expect(toneAt(samples.subarray(48_000, 96_000), 48_000, 1000).amplitude).toBeCloseTo(0.125 * 10 ** (12 / 20), 1);
  });

  it('is brought to 48 kHz with neither images nor aliases above −70 dB', async () => {
    for (const [rateHz, frequencyHz] of [
      [8000, 3400],
      [44_100, 15_000],
      [96_000, 9000],
    ] as const) {
      const wav = join(directory, 'rate.wav');
      writeFileSync(wav, wav16(sine(frequencyHz, 1, rateHz), rateHz));
      execFileSync('ffmpeg', ['-y', '-loglevel', 'error', '-i', wav, join(directory, 'rate.flac')]);
      const spectrum = powerSpectrum(
        (await floats(readFileSync(join(directory, 'rate.flac')))).subarray(4000, 4000 + 32_768),
      );
      const foreign = powerWhere(spectrum, 48_000, (hz) => Math.abs(hz - frequencyHz) > 12);
      expect(powerDb(foreign / powerWhere(spectrum, 48_000, () => true))).toBeLessThan(-70);
    }
  });

  it('may not be longer than allowed, and is not decoded to its end to find out', async () => {
    const bytes = Uint8Array.from(encoded('b.flac'));
    await expect(decode({ type: 'file', bytes, mostSamples: 48_000 })).rejects.toMatchObject({
      code: 'promptInvalid',
      detail: 'The prompt is longer than 1 seconds.',
    });
  });

  it.each([
    ['text', Buffer.from('This is not audio.')],
    ['nothing', Buffer.alloc(0)],
    ['noise', Buffer.from(Array.from({ length: 5000 }, (_, n) => (n * 7919 + (n >> 3)) & 255))],
    ['the head of an MP4 file', Buffer.from('\0\0\0\x20ftypM4A \0\0\0\0M4A mp42isom', 'latin1')],
    ['a picture', Buffer.from('P6 2 2 255 aaaaaaaaaaaa')],
    ['subtitles', Buffer.from('1\n00:00:00,000 --> 00:00:10,000\nhello\n')],
  ])('is not %s', async (_, bytes) => {
    await expect(floats(bytes)).rejects.toMatchObject({ code: 'promptInvalid' });
  });

  it('names no other file and no other server: playlists are not audio', async () => {
    const internal = await Listener.open((_, response) =>
      response.setHeader('content-type', 'audio/wav').end(wav16(sine(440, 1))),
    );
    const secret = join(directory, 'secret.wav');
    writeFileSync(secret, wav16(sine(440, 1)));
    const lists = (target: string) => [
      `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MAP:URI="${target}"\n#EXTINF:1,\n${target}\n#EXT-X-ENDLIST\n`,
      `ffconcat version 1.0\nfile '${target}'\n`,
      `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period><AdaptationSet mimeType="audio/mp4"><Representation id="1" bandwidth="1"><BaseURL>${target}</BaseURL></Representation></AdaptationSet></Period></MPD>`,
    ];
    const session = `v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n`;
    const texts = [...[`${internal.url}/x.wav`, `file:${secret}`, secret].flatMap(lists), session];
    for (const text of texts) await expect(floats(Buffer.from(text))).rejects.toMatchObject({ code: 'promptInvalid' });
    expect(internal.connections).toBe(0);
    await internal.close();
  });

  it('leaves no file behind', async () => {
    const ours = () => readdirSync(tmpdir()).filter((name) => /^mixminus-[0-9a-f-]{36}$/.test(name));
    await floats(encoded('c.m4a', '-c:a', 'aac'));
    expect(ours()).toEqual([]);
  });
});

describe('without ffmpeg', () => {
  it('only WAV can be played, and the refusal says so', async () => {
    await expect(decodeByFfmpeg(Buffer.from('ID3'), mostSamples, 'no-such-ffmpeg')).rejects.toMatchObject({
      code: 'promptInvalid',
      detail: 'Only WAV can be played here, because ffmpeg is not installed.',
    });
    const gsm = wavFile({ format: 49, bits: 0, rateHz: 8000 }, Buffer.alloc(65));
    await expect(decodeByFfmpeg(gsm, mostSamples, 'no-such-ffmpeg')).rejects.toMatchObject({ code: 'promptInvalid' });
  });
});

describe('a program', () => {
  const run = { input: new Uint8Array(), mostOutputBytes: 1000, timeLimitMs: 10_000 };

  it('is killed when it writes too much, takes too long or is not wanted any more', async () => {
    expect((await runProgram('cat', ['/dev/zero'], run)).outcome).toBe('tooMuchOutput');
    expect((await runProgram('sleep', ['60'], { ...run, timeLimitMs: 30 })).outcome).toBe('timeout');
    expect((await runProgram('sleep', ['60'], { ...run, signal: AbortSignal.abort() })).outcome).toBe('aborted');
    const leaving = new AbortController();
    const end = runProgram('sleep', ['60'], { ...run, signal: leaving.signal });
    leaving.abort();
    expect((await end).outcome).toBe('aborted');
  });

  it('tells what it said, on one line, and how it ended', async () => {
    expect(await runProgram('cat', [], { ...run, input: Buffer.from('hello') })).toEqual({
      outcome: 'done',
      output: Buffer.from('hello'),
      complaint: '',
    });
    const { outcome, complaint } = await runProgram('cat', ['/no/such\n/file'], run);
    expect(outcome).toBe('failed');
    expect(complaint).toMatch(/^cat: .*[Nn]o such file/);
    expect(complaint).not.toMatch(/\n/);
    expect((await runProgram('no-such-program', [], run)).outcome).toBe('missing');
  });

  it('gets none of our environment but a search path', async () => {
    process.env.MIXMINUS_TEST_SECRET = 's3cret';
    const { output } = await runProgram('env', [], run);
    delete process.env.MIXMINUS_TEST_SECRET;
    expect(
      output
        .toString()
        .trim()
        .split('\n')
        .map((line) => line.split('=')[0])
        .sort(),
    ).toEqual(['LC_ALL', 'PATH']);
  });

  it('may leave what it is given unread', async () => {
    expect((await runProgram('true', [], { ...run, input: new Uint8Array(5_000_000) })).outcome).toBe('done');
  });
});
