import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asCodedError } from '../../../src/errors.js';
import type { AssetStore } from '../../../src/speech/port.js';
import { PromptsRig } from '../../support/speech/prompts-rig.js';
import { sine, wav16 } from '../../support/speech/wav-file.js';

let rig: PromptsRig;
let assets: AssetStore;
const settings = { prompts: { assetsMb: 1, maxSeconds: 5 } };
const audio = wav16(sine(440, 0.5));
const wav = { contentType: 'audio/wav' };
const directory = () => join(rig.dataDir, 'assets');

beforeEach(async () => {
  rig = await PromptsRig.open(settings);
  assets = rig.room.assets;
});
afterEach(() => rig.close());

async function problem(...call: Parameters<AssetStore['create']>): Promise<string> {
  return assets.create(...call).then(
    () => 'kept',
    (error: unknown) => `${asCodedError(error).code}: ${asCodedError(error).detail}`,
  );
}

async function* inParts(bytes: Uint8Array, size = 1000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

describe('an asset', () => {
  it('is kept as uploaded, at once or in parts, and told about', async () => {
    const asset = await assets.create(inParts(audio), { contentType: 'audio/wav; rate=48000', name: 'Begrüßung 1' });
    expect(asset).toMatchObject({
      name: 'Begrüßung 1',
      sizeBytes: audio.length,
      durationMs: 500,
      createdAtMs: rig.nowMs,
    });
    expect(asset.assetId).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
    expect(assets.get(asset.assetId)).toEqual(asset);
    expect(await assets.read(asset.assetId)).toEqual(Buffer.from(audio));
    const again = await assets.create(audio, wav);
    expect(assets.list()).toEqual([asset, again]);
    expect(again.sha256).toBe(asset.sha256);
    expect(again.assetId).not.toBe(asset.assetId);
  });

  it('can be played, and two of the same content are decoded to one clip', async () => {
    const [a, b] = [await assets.create(audio, wav), await assets.create(audio, wav)];
    const first = await rig.prepare([{ type: 'asset', assetId: a.assetId }]);
    const second = await rig.prepare([{ type: 'asset', assetId: b.assetId }]);
    expect(first.clips[0]!.length).toBe(24_000);
    expect(second.clips[0]).toBe(first.clips[0]);
    expect(second.contentHash).toBe(first.contentHash);
  });

  it('survives a restart, for nobody else to read', async () => {
    const asset = await assets.create(audio, { ...wav, name: 'a' });
    rig.nowMs += 5;
    const later = await assets.create(audio, wav);
    await rig.start(settings);
    expect(rig.room.assets.list()).toEqual([asset, later]);
    expect(await rig.room.assets.read(asset.assetId)).toEqual(Buffer.from(audio));
    for (const file of await readdir(directory()))
      expect((await stat(join(directory(), file))).mode & 0o777).toBe(0o600);
    expect((await stat(directory())).mode & 0o777).toBe(0o700);
  });

  it('that was removed is gone from disk and memory', async () => {
    const { assetId } = await assets.create(audio, wav);
    await assets.remove(assetId);
    expect(await readdir(directory())).toEqual([]);
    expect(assets.get(assetId)).toBeUndefined();
    await expect(assets.remove(assetId)).rejects.toMatchObject({ code: 'assetNotFound' });
    await expect(assets.read(assetId)).rejects.toMatchObject({ code: 'assetNotFound' });
    expect(await rig.problem({ type: 'asset', assetId })).toMatch(/^assetNotFound/);
  });

  it.each(['../secret', '__proto__', 'constructor', '', 'a/b', '..%2f'])('named %j does not exist', async (assetId) => {
    expect(assets.get(assetId)).toBeUndefined();
    await expect(assets.read(assetId)).rejects.toMatchObject({ code: 'assetNotFound' });
    await expect(assets.remove(assetId)).rejects.toMatchObject({ code: 'assetNotFound' });
  });
});

describe('an upload is refused', () => {
  it.each([
    ['text', Buffer.from('hello'), wav, /^promptInvalid/],
    ['nothing', new Uint8Array(), wav, /^promptInvalid/],
    ['a page by its type', audio, { contentType: 'text/html' }, /^unsupportedMediaType/],
    ['what is longer than prompts may be', wav16(sine(440, 5.1, 8000), 8000), wav, /^promptInvalid: .*5 seconds/],
    ['a name of two lines', audio, { ...wav, name: 'a\nb' }, /^invalidRequest/],
    ['a name with no character', audio, { ...wav, name: '' }, /^invalidRequest/],
    ['a name that turns writing around', audio, { ...wav, name: 'a\u202eb' }, /^invalidRequest/],
  ])('when it is %s', async (_, bytes, about, expected) => {
    expect(await problem(bytes, about)).toMatch(expected);
    expect(await readdir(directory())).toEqual([]);
    expect(assets.list()).toEqual([]);
  });

  it('when it does not end, after 20 MB and not more', async () => {
    let given = 0;
    let closed = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield new Uint8Array((given += 1_000_000) && 1_000_000);
      } finally {
        closed = true;
      }
    }
    expect(await problem(endless(), wav)).toBe('tooLarge: An asset has at most 20000000 bytes.');
    expect([given, closed]).toEqual([21_000_000, true]);
    expect(await problem(new Uint8Array(20_000_001), wav)).toMatch(/^tooLarge/);
  });

  it('when the store is full, whoever comes at the same time too', async () => {
    const large = wav16(sine(440, 4.5, 48_000));
    const results = await Promise.all([1, 2, 3, 4].map(() => problem(large, wav)));
    expect(results.filter((result) => result === 'kept')).toHaveLength(2);
    expect(results.filter((result) => result === 'capacityReached: The asset store is full.')).toHaveLength(2);
    await assets.remove(assets.list()[0]!.assetId);
    expect(await problem(large, wav)).toBe('kept');
  });

  it('when too many are under way', async () => {
    const never: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }),
    };
    for (let n = 0; n < 4; n++) void problem(never, wav);
    expect(await problem(audio, wav)).toBe('capacityReached: Too many assets are being uploaded.');
  });

  it('when its sender goes away, and nothing is left', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield audio.subarray(0, 100);
      throw new Error('aborted');
    }
    await expect(assets.create(broken(), wav)).rejects.toThrow('aborted');
    expect(await readdir(directory())).toEqual([]);
    expect(await problem(audio, wav)).toBe('kept');
  });
});

describe('at start', () => {
  it('the rests of uploads that did not end are removed, and what is damaged is left out and told', async () => {
    const { assetId } = await assets.create(audio, wav);
    await writeFile(join(directory(), '.half-bin.part'), 'x');
    await writeFile(join(directory(), 'orphan.bin'), 'x');
    await writeFile(join(directory(), 'torn.bin'), 'x');
    await writeFile(join(directory(), 'torn.json'), '{"assetId":"to');
    await writeFile(join(directory(), 'lonely.json'), '{}');
    await writeFile(join(directory(), 'other.bin'), 'x');
    await writeFile(join(directory(), 'other.json'), await readFile(join(directory(), `${assetId}.json`)));
    await writeFile(join(directory(), 'README'), 'somebody else’s');
    await rig.start(settings);
    expect(rig.room.assets.list().map((asset) => asset.assetId)).toEqual([assetId]);
    const left = await readdir(directory());
    expect(left).toContain('README');
    expect(left).not.toContain('.half-bin.part');
    expect(left).not.toContain('orphan.bin');
    expect(['torn', 'lonely', 'other'].every((name) => rig.log.some((line) => line.includes(`${name}.json`)))).toBe(
      true,
    );
  });

  it('an asset whose bytes vanished since is not found', async () => {
    const { assetId } = await assets.create(audio, wav);
    await rm(join(directory(), `${assetId}.bin`));
    await expect(assets.read(assetId)).rejects.toMatchObject({ code: 'assetNotFound' });
  });
});
