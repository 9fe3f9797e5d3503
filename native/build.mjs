// Compiles native/udp to native/build/udp.node with the system's C compiler, when that is possible: Linux, a compiler,
// Node's headers. Where it is not, it says so in one line and succeeds, since node:dgram does the same work for more CPU.
// Nothing is downloaded. N-API is stable, so a build serves every later Node. `CC` and `npm_config_nodedir` are respected.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const folder = join(here, 'udp');
const files = readdirSync(folder).map((name) => join(folder, name));
const output = join(here, 'build', 'udp.node');
const FLAGS = ['-std=gnu11', '-O2', '-fPIC', '-shared', '-fvisibility=hidden', '-Wall', '-Wextra', '-Werror=vla'];
const COMPILE_WITHIN_MS = 60_000;

const reason = build();
if (reason !== undefined) console.log(`native/udp is not built (${reason}); media uses node:dgram.`);

/** @returns why there is no addon, undefined when there is one */
function build() {
  try {
    // Whoever copies the folder (Dockerfile) finds it, built or not.
    mkdirSync(dirname(output), { recursive: true });
    if (process.platform !== 'linux') return `it is for Linux, this is ${process.platform}`;
    if (isFresh()) return undefined;
    // An addon of older sources must not be taken for one of these.
    rmSync(output, { force: true });
    const headers = headerFolders().find((folder) => existsSync(join(folder, 'node_api.h')));
    return headers === undefined ? "Node's headers are not installed" : compile(headers);
  } catch (error) {
    return error.message;
  }
}

function isFresh() {
  const newest = Math.max(...[...files, fileURLToPath(import.meta.url)].map((path) => statSync(path).mtimeMs));
  return existsSync(output) && statSync(output).mtimeMs > newest;
}

/** Where node_api.h may be: as configured, beside this Node, in the cache of node-gyp. */
function headerFolders() {
  const configured = process.env.npm_config_nodedir;
  const cached = join(homedir(), '.cache', 'node-gyp');
  const versions = existsSync(cached) ? readdirSync(cached).filter((name) => name === process.versions.node) : [];
  return [
    ...(configured ? [join(configured, 'include', 'node'), join(configured, 'src')] : []),
    join(dirname(process.execPath), '..', 'include', 'node'),
    ...versions.map((version) => join(cached, version, 'include', 'node')),
  ];
}

/** Written beside its place and renamed, so that whoever loads it meanwhile finds the old or the new one, never a half. */
function compile(headers) {
  const unfinished = `${output}.${process.pid}`;
  const compiler = process.env.CC || 'cc';
  const sources = files.filter((path) => path.endsWith('.c'));
  const { error, status, stderr } = spawnSync(compiler, [...FLAGS, `-I${headers}`, '-o', unfinished, ...sources], {
    encoding: 'utf8',
    timeout: COMPILE_WITHIN_MS,
  });
  if (!error && status === 0) return void renameSync(unfinished, output);
  rmSync(unfinished, { force: true });
  if (error?.code === 'ENOENT') return `no C compiler "${compiler}"`;
  return (
    error?.message ?? `${compiler} failed: ${stderr.split('\n').find((line) => line.includes('error')) ?? status}`
  ).trim();
}
