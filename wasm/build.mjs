// Compiles the AssemblyScript sources of this folder to wasm/build/*.wasm, each only when a source is newer.
// Flags: no runtime (`stub`: nothing is ever freed by wasm itself), SIMD on, memory fixed in size (growing detaches views).
import { existsSync, mkdirSync, readdirSync, renameSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const outputs = join(here, 'build');
/** 64 KiB each: 64 MiB, of which only what is used becomes resident. */
const MEMORY_PAGES = '1024';

/** Folders, each with an `index.ts`, that become one module of the same name; every .ts file in it counts as its source. */
const modules = ['dsp'];

for (const name of modules) {
  const folder = join(here, name);
  const output = join(outputs, `${name}.wasm`);
  const sources = readdirSync(folder).filter((file) => file.endsWith('.ts'));
  const newest = Math.max(...sources.map((file) => statSync(join(folder, file)).mtimeMs));
  if (existsSync(output) && statSync(output).mtimeMs > newest) continue;
  mkdirSync(outputs, { recursive: true });
  await compile(join(folder, 'index.ts'), output);
}

/** Written beside its place and renamed, so that whoever loads it meanwhile finds the old or the new one, never a half. */
async function compile(entry, output) {
  const { default: asc } = await import('assemblyscript/asc');
  const unfinished = `${output}.${process.pid}`;
  const args = [relative(process.cwd(), entry), '--outFile', relative(process.cwd(), unfinished)];
  args.push('--runtime', 'stub', '--enable', 'simd', '-O3', '--noAssert');
  args.push('--initialMemory', MEMORY_PAGES, '--maximumMemory', MEMORY_PAGES);
  const { error, stderr } = await asc.main(args);
  if (error) {
    process.stderr.write(stderr.toString());
    process.exit(1);
  }
  renameSync(unfinished, output);
}
