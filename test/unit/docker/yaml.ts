/**
 * Reads the plain YAML the compose files are written in: maps and lists by indentation, plain and single-quoted scalars,
 * comments on lines of their own. Throws at everything else, so that the files stay that plain.
 */
export type Yaml = string | readonly Yaml[] | { readonly [key: string]: Yaml };

interface Line {
  readonly indent: number;
  readonly text: string;
}

/** @throws Error naming the line that is not understood */
export function readYaml(source: string): Yaml {
  const lines: Line[] = [];
  for (const line of source.split('\n')) {
    const text = line.trim();
    if (text === '' || text.startsWith('#')) continue;
    if (line.includes('\t')) throw new Error(`Tab: ${line}`);
    lines.push({ indent: line.length - line.trimStart().length, text });
  }
  const [value, end] = readBlock(lines, 0, 0);
  if (end < lines.length) throw new Error(`Indentation: ${lines[end]?.text}`);
  return value;
}

function readBlock(lines: readonly Line[], from: number, indent: number): [Yaml, number] {
  return lines[from]?.text.startsWith('- ') === true ? readList(lines, from, indent) : readMap(lines, from, indent);
}

function readList(lines: readonly Line[], from: number, indent: number): [Yaml, number] {
  const items: Yaml[] = [];
  let at = from;
  for (; lines[at]?.indent === indent; at++) {
    const { text } = lines[at] ?? { text: '' };
    if (!text.startsWith('- ')) throw new Error(`Not an item: ${text}`);
    items.push(readScalar(text.slice(2)));
  }
  return [items, at];
}

function readMap(lines: readonly Line[], from: number, indent: number): [Yaml, number] {
  const entries = new Map<string, Yaml>();
  let at = from;
  while (lines[at]?.indent === indent) {
    const { text } = lines[at] ?? { text: '' };
    const match = /^([A-Za-z_][\w.-]*):(?: (.+))?$/.exec(text);
    if (match === null) throw new Error(`Not an entry: ${text}`);
    const [, key = '', value] = match;
    if (entries.has(key)) throw new Error(`Twice: ${key}`);
    const inner = lines[at + 1];
    if (value !== undefined) {
      entries.set(key, readScalar(value));
      at++;
    } else if (inner !== undefined && inner.indent > indent) {
      const [block, end] = readBlock(lines, at + 1, inner.indent);
      entries.set(key, block);
      at = end;
    } else {
      entries.set(key, '');
      at++;
    }
  }
  return [Object.fromEntries(entries), at];
}

function readScalar(text: string): Yaml {
  const quoted = /^'([^']*)'$/.exec(text);
  if (quoted !== null) return quoted[1] ?? '';
  if (/[#{}[\]&*!|>'"%@`]|: /.test(text)) throw new Error(`Not a plain scalar: ${text}`);
  return text;
}
