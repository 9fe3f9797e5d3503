import { execFileSync } from 'node:child_process';
import { mkdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PromptsRig } from '../../support/speech/prompts-rig.js';
import { sine, wav16 } from '../../support/speech/wav-file.js';

let rig: PromptsRig;
const welcome = wav16(sine(440, 0.1));

beforeAll(async () => {
  rig = await PromptsRig.open({ prompts: { maxFileMb: 1, maxSeconds: 2 } });
  await rig.put('welcome.wav', welcome);
  await mkdir(join(rig.dataDir, 'prompts', 'en'));
  await rig.put('en/hello-1_2.wav', welcome);
  await writeFile(join(rig.dataDir, 'secret.wav'), welcome);
});
afterAll(() => rig.close());

const file = (name: string) => ({ type: 'file', name }) as const;

describe('a prompt file', () => {
  it('is found by its path in the prompt directory', async () => {
    for (const name of ['welcome.wav', 'en/hello-1_2.wav']) {
      const { clips } = await rig.whole(file(name));
      expect(clips.map(({ length }) => length)).toEqual([4800]);
    }
  });

  it('is read again when it changed, and not before', async () => {
    await rig.put('news.wav', wav16(sine(440, 0.2)));
    const first = await rig.prepare([file('news.wav')]);
    const decoded = rig.decoder.decoded;
    const second = await rig.prepare([file('news.wav')]);
    expect(second.clips[0]).toBe(first.clips[0]);
    expect(rig.decoder.decoded).toBe(decoded);
    await rig.put('news.wav', wav16(sine(500, 0.2)));
    await utimes(join(rig.dataDir, 'prompts', 'news.wav'), new Date(), new Date(2020, 1));
    const third = await rig.prepare([file('news.wav')]);
    expect(third.contentHash).not.toBe(first.contentHash);
  });

  it('that is not there is not found', async () => {
    expect(await rig.problem(file('nobody.wav'))).toMatch(/^promptNotFound/);
    expect(await rig.problem(file('nobody/welcome.wav'))).toMatch(/^promptNotFound/);
    expect(await rig.problem(file('welcome.wav/x'))).toMatch(/^promptNotFound/);
  });

  it('may be neither too large, nor too long, nor something else than audio', async () => {
    await rig.put('large.wav', new Uint8Array(1_000_001));
    await rig.put('long.wav', wav16(sine(440, 2.1, 8000), 8000));
    await rig.put('page.wav', Buffer.from('RIFF____WAVEjust kidding'));
    expect(await rig.problem(file('large.wav'))).toBe('promptInvalid: The prompt is larger than 1000000 bytes.');
    expect(await rig.problem(file('long.wav'))).toBe('promptInvalid: The prompt is longer than 2 seconds.');
    expect(await rig.problem(file('page.wav'))).toBe('promptInvalid: The file holds no audio.');
  });
});

/** SAFETY P8: names that lead somewhere else. */
const traversals = [
  ...['', '.', '..', '/', '\\', '~', '%', '*', '?', ' ', '.hidden', '.hidden/welcome.wav', 'en/.hidden', 'en/', '/en'],
  ...[
    '../secret.wav',
    '../../secret.wav',
    'en/../../secret.wav',
    'en/../welcome.wav',
    './welcome.wav',
    'en/./hello-1_2.wav',
  ],
  ...['..%2fsecret.wav', '%2e%2e/secret.wav', '%2e%2e%2fsecret.wav', '..%252fsecret.wav', '..%c0%afsecret.wav'],
  ...[
    '..\\secret.wav',
    'en\\..\\..\\secret.wav',
    '..%5csecret.wav',
    '....//secret.wav',
    '..;/secret.wav',
    '.../secret.wav',
  ],
  ...[
    '/etc/passwd',
    '/dev/zero',
    '/dev/stdin',
    '/proc/self/environ',
    '/proc/self/mem',
    'file:///etc/passwd',
    '//host/share',
  ],
  ...[
    'welcome.wav\0',
    'welcome.wav\0.txt',
    '\0',
    '../secret.wav\0.wav',
    'welcome.wav\n',
    'welcome.wav\r\n',
    'a\tb.wav',
  ],
  ...[
    '․․/secret.wav',
    '../secret.wav',
    '..∕secret.wav',
    '‥/secret.wav',
    '﹒﹒/secret.wav',
    'ＷＥＬＣＯＭＥ.wav',
    'wélcome.wav',
  ],
  ...[
    'C:\\windows\\win.ini',
    'C:welcome.wav',
    'welcome.wav:stream',
    'welcome.wav::$DATA',
    'pipe:0',
    'concat:a|b',
    '|id',
    '$(id)',
  ],
  ...[
    '`id`',
    'a;b',
    'a&b',
    'a b',
    "a'b",
    'a"b',
    '<a>',
    '{a,b}',
    '[ab]',
    `${'a/'.repeat(8)}a`,
    `${'a'.repeat(65)}.wav`,
    'a'.repeat(300),
  ],
];

describe('a name', () => {
  it(`that leads elsewhere is refused before the disk is touched (${traversals.length} of them)`, async () => {
    expect(traversals.length).toBeGreaterThanOrEqual(60);
    for (const name of traversals) {
      expect([name, await rig.problem(file(name))]).toEqual([
        name,
        'promptRefused: This is not a name a prompt file can have.',
      ]);
    }
  });

  it('of a link counts as what it leads to', async () => {
    const prompts = join(rig.dataDir, 'prompts');
    await symlink(join(rig.dataDir, 'secret.wav'), join(prompts, 'link-out.wav'));
    await symlink(rig.dataDir, join(prompts, 'up'));
    await symlink('/dev/zero', join(prompts, 'zero.wav'));
    await symlink('loop.wav', join(prompts, 'loop.wav'));
    await symlink('welcome.wav', join(prompts, 'alias.wav'));
    await mkdir(join(rig.dataDir, 'prompts-secret'));
    await writeFile(join(rig.dataDir, 'prompts-secret', 'x.wav'), welcome);
    await symlink('../prompts-secret', join(prompts, 'sibling'));
    const outside = 'promptRefused: The prompt does not lie in the prompt directory.';
    for (const name of ['link-out.wav', 'up/secret.wav', 'zero.wav', 'sibling/x.wav', 'loop.wav']) {
      expect([name, await rig.problem(file(name))]).toEqual([name, outside]);
    }
    expect(await rig.problem(file('alias.wav'))).toBe('played');
  });

  it('of a pipe, a directory or a device is refused without waiting', async () => {
    execFileSync('mkfifo', [join(rig.dataDir, 'prompts', 'pipe.wav')]);
    expect(await rig.problem(file('pipe.wav'))).toBe('promptRefused: The prompt is not a regular file.');
    expect(await rig.problem(file('en'))).toBe('promptRefused: The prompt is not a regular file.');
  });
});
