/** Puts the sources of settings on top of each other and remembers which value came from where. */
import type { ConfigProblem } from './config-error.js';
import { configFileVariable, environmentKeys, readValue } from './environment.js';
import type { Environment, EnvironmentKey } from './environment.js';

/** Steps from the root of the settings to a value. */
export type SettingPath = readonly (string | number)[];

/** Reads a whole text file; throws when it cannot. */
export type ReadFile = (path: string) => string;

/** What file and environment say together, not yet checked against the schema. */
export interface Sources {
  readonly raw: Record<string, unknown>;
  readonly problems: readonly ConfigProblem[];
  /** Key as its source names it, and the source. */
  origin(path: SettingPath): Pick<ConfigProblem, 'key' | 'source'>;
  /** True when a value must not be shown. */
  isSecret(path: SettingPath): boolean;
}

/** Keys whose values are secrets wherever they stand. */
const secretSteps: ReadonlySet<string | number> = new Set(['password', 'headers', 'pin', 'moderatorPin']);

/** Reads the config file named by the environment, then lays the environment over it. */
export function readSources(environment: Environment, readFile: ReadFile): Sources {
  const problems: ConfigProblem[] = [];
  const file = readConfigFile(environment, readFile, problems);
  const raw = structuredClone(file.content);
  const given = new Map<EnvironmentKey, string>();
  for (const variable of environmentKeys) {
    const value = readVariable(variable, environment, readFile, problems);
    if (value === undefined) continue;
    given.set(variable, value.source);
    put(raw, variable.key.split('.'), readValue(variable.key, value.text));
  }
  return {
    raw,
    problems,
    origin(path) {
      const variable = variableOf(path);
      const source = variable === undefined ? undefined : given.get(variable);
      if (variable !== undefined && source !== undefined) {
        return { key: variable.name + printPath(path.slice(variable.key.split('.').length)), source };
      }
      const key = printPath(path);
      // What is missing in a list's item is missing in the file: defaults have no such lists.
      const isInList = path.some((step) => typeof step === 'number');
      const inFile = valueAt(file.content, path) ?? (isInList ? valueAt(file.content, path.slice(0, -1)) : undefined);
      if (inFile !== undefined) return { key, source: file.path };
      return { key: variable?.name ?? key, source: 'default' };
    },
    isSecret: (path) => path.some((step) => secretSteps.has(step)) || variableOf(path)?.secret === true,
  };
}

/** `['routes', 0, 'refuse']` as `routes[0].refuse`. */
function printPath(path: SettingPath): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text === '' ? step : `${text}.${step}`;
  }, '');
}

/** The value at a path; undefined when there is none. */
export function valueAt(root: unknown, path: SettingPath): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}

function readConfigFile(environment: Environment, readFile: ReadFile, problems: ConfigProblem[]) {
  const path = environment[configFileVariable]?.trim() ?? '';
  const nothing = { path, content: {} as Record<string, unknown> };
  if (path === '') return nothing;
  let content: unknown;
  try {
    content = JSON.parse(readFile(path));
  } catch (error) {
    const problem = error instanceof SyntaxError ? `is not valid JSON: ${error.message}` : 'cannot be read';
    problems.push({ key: configFileVariable, source: 'environment', problem: `${JSON.stringify(path)} ${problem}` });
    return nothing;
  }
  if (isRecord(content)) return { path, content };
  problems.push({
    key: configFileVariable,
    source: 'environment',
    problem: `${JSON.stringify(path)} is not a JSON object`,
  });
  return nothing;
}

/** Text of a variable; an empty one counts as not set, because compose files cannot leave a variable out. */
function readVariable(
  variable: EnvironmentKey,
  environment: Environment,
  readFile: ReadFile,
  problems: ConfigProblem[],
): { readonly text: string; readonly source: string } | undefined {
  const text = environment[variable.name]?.trim() ?? '';
  if (text !== '') return { text, source: 'environment' };
  const path = variable.secret === true ? (environment[`${variable.name}_FILE`]?.trim() ?? '') : '';
  if (path === '') return undefined;
  try {
    return { text: readFile(path).trim(), source: path };
  } catch {
    const problem = `${JSON.stringify(path)} cannot be read`;
    problems.push({ key: `${variable.name}_FILE`, source: 'environment', problem });
    return undefined;
  }
}

/** The variable whose key is the path or leads to it. */
function variableOf(path: SettingPath): EnvironmentKey | undefined {
  const dotted = path.filter((step) => typeof step === 'string').join('.');
  return environmentKeys.find(({ key }) => dotted === key || dotted.startsWith(`${key}.`));
}

/** Sets a value; where the file has something else than an object on the way, the schema will say so. */
function put(root: Record<string, unknown>, steps: readonly string[], value: unknown): void {
  const [step, ...rest] = steps;
  if (step === undefined) return;
  if (rest.length === 0) {
    root[step] = value;
    return;
  }
  root[step] ??= {};
  const next = root[step];
  if (isRecord(next)) put(next, rest, value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
