// Compiles the AssemblyScript sources of this folder to wasm/build/*.wasm, each only when a source is newer.
// Flags: no runtime (`stub`: nothing is ever freed by wasm itself), SIMD on, memory fixed in size (growing detaches views).
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const outputs = join(here, 'build');

/** Entry source → module; every other .ts file in the same folder counts as its source. */
const modules = existsSync(join(here, 'dsp', 'index.ts')) ? [{ name: 'dsp', entry: 'dsp/index.ts' }] : [];

for (const { name, entry } of modules) {
  const output = join(outputs, `${name}.wasm`);
  const folder = join(here, dirname(entry));
  const sources = readdirSync(folder).filter((file) => file.endsWith('.ts'));
  const newest = Math.max(...sources.map((file) => statSync(join(folder, file)).mtimeMs));
  if (existsSync(output) && statSync(output).mtimeMs > newest) continue;
  mkdirSync(outputs, { recursive: true });
  const { default: asc } = await import('assemblyscript/asc');
  const { error, stderr } = await asc.main([
    join(folder, 'index.ts'),
    '--outFile',
    output,
    ...[
      '--runtime',
      'stub',
      '--enable',
      'simd',
      '-O3',
      '--noAssert',
      '--initialMemory',
      '1024',
      '--maximumMemory',
      '1024',
    ],
  ]);
  if (error) {
    process.stderr.write(stderr.toString());
    process.exit(1);
  }
}
