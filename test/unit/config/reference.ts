/** Renders the reference of all settings from the schema and the environment table; `config/README.md` is its output. */
import { environmentKeys } from '../../../src/config/environment.js';
import { settingsSchema } from '../../../src/config/schema.js';

interface Node {
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly enum?: readonly unknown[];
}

/** The whole document, not yet formatted. */
export function renderReference(): string {
  const rows = rowsOf(settingsSchema as Node, '');
  const [general, peers] = [
    rows.filter(({ key }) => !key.includes('[]')),
    rows.filter(({ key }) => key.includes('[]')),
  ];
  return [
    '# Settings',
    '',
    'Defaults, over them the JSON file named by `CONFIG_FILE`, over it the environment. Unknown keys in the file are',
    'errors; everything that is wrong is told at once, one line each, and the process ends with status 78.',
    'An empty variable counts as not set. Lists in variables are comma separated. Secrets may also be given as files:',
    `${environmentKeys
      .filter(({ secret }) => secret === true)
      .map(({ name }) => `\`${name}_FILE\``)
      .join(', ')}.`,
    '[mixminus.example.json](mixminus.example.json) shows a file.',
    '',
    'This page is written from the schema: `npx vitest run --project pure test/unit/config -u`.',
    '',
    '| Key | Variable | Default | Meaning |',
    '| --- | --- | --- | --- |',
    ...general.map(({ key, variable, fallback, meaning }) => `| \`${key}\` | ${variable} | ${fallback} | ${meaning} |`),
    '',
    '## Trunks and routes',
    '',
    '| Key | Default | Meaning |',
    '| --- | --- | --- |',
    ...peers.map(({ key, fallback, meaning }) => `| \`${key}\` | ${fallback} | ${meaning} |`),
    '',
  ].join('\n');
}

interface Row {
  readonly key: string;
  readonly variable: string;
  readonly fallback: string;
  readonly meaning: string;
}

function rowsOf(node: Node, key: string): Row[] {
  const children = (inner: Node, prefix: string): Row[] =>
    Object.entries(inner.properties ?? {}).flatMap(([name, child]) => rowsOf(child, prefix + name));
  if (node.properties !== undefined) {
    // Groups that may be left out say themselves what they are for.
    const own = key.includes('[]') ? [rowOf(node, key)] : [];
    return [...own, ...children(node, key === '' ? '' : `${key}.`)];
  }
  return [rowOf(node, key), ...(node.items === undefined ? [] : children(node.items, `${key}[].`))];
}

function rowOf(node: Node, key: string): Row {
  const variable = environmentKeys.find((candidate) => candidate.key === key);
  const values =
    node.enum === undefined ? '' : ` One of ${node.enum.map((value) => `\`${String(value)}\``).join(', ')}.`;
  return {
    key,
    variable: variable === undefined ? '' : `\`${variable.name}\``,
    fallback: node.default === undefined ? '' : `\`${JSON.stringify(node.default)}\``,
    meaning: (node.description ?? '') + values,
  };
}
