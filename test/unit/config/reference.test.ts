import { readFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { describe, expect, it } from 'vitest';
import { environmentKeys } from '../../../src/config/environment.js';
import { loadConfig } from '../../../src/config/load.js';
import { renderReference } from './reference.js';

const example = new URL('../../../config/mixminus.example.json', import.meta.url);
const readme = new URL('../../../config/README.md', import.meta.url).pathname;

describe('config/', () => {
  it('has a README that tells every key and variable as the schema has them', async () => {
    const options = await resolveConfig(readme);
    const text = await format(renderReference(), { ...options, parser: 'markdown' });
    for (const { name } of environmentKeys) expect(text).toContain(`\`${name}\``);
    await expect(text).toMatchFileSnapshot(readme);
  });

  it('describes every key', () => {
    const bare = renderReference()
      .split('\n')
      .filter((line) => line.startsWith('| `') && /\| *\|$/.test(line));
    expect(bare).toEqual([]);
  });

  it('has an example that loads without problems or warnings', () => {
    const config = loadConfig({ CONFIG_FILE: 'example' }, () => readFileSync(example, 'utf8'));
    expect(config.trunks.map(({ name }) => name)).toEqual(['carrier', 'office']);
    expect(config.routes).toHaveLength(5);
    expect(config.warnings).toEqual([]);
  });
});
