/** What a schema has against a value, in words for people. */
import type { TLocalizedValidationError } from 'typebox/error';
import type { TSchema } from 'typebox';
import { Settings as TypeBoxSettings } from 'typebox/system';
import Value from 'typebox/value';
import { valueAt } from './sources.js';
import type { SettingPath } from './sources.js';

/** One violation. */
export interface SchemaProblem {
  readonly path: SettingPath;
  /** Without the value. */
  readonly problem: string;
  /** False where there is no value to show. */
  readonly showsValue: boolean;
}

/** TypeBox stops after 8 errors unless told; people want to see them all. */
const maxErrors = 500;

/** All violations of `schema` by `value`, in the order of the schema. */
export function schemaProblems(schema: TSchema, value: unknown): SchemaProblem[] {
  const before = TypeBoxSettings.Get().maxErrors;
  TypeBoxSettings.Set({ maxErrors });
  try {
    return Value.Errors(schema, value).flatMap((error) => explain(error, value));
  } finally {
    TypeBoxSettings.Set({ maxErrors: before });
  }
}

function explain(error: TLocalizedValidationError, root: unknown): SchemaProblem[] {
  const path = readPointer(error.instancePath, root);
  const say = (problem: string): SchemaProblem[] => [{ path, problem, showsValue: true }];
  switch (error.keyword) {
    case 'boolean':
      return [{ path, problem: 'is not a known key', showsValue: false }];
    case 'additionalProperties':
      // The `boolean` error of each unknown property tells it.
      return [];
    case 'required':
      return error.params.requiredProperties.map((name) => ({
        path: [...path, name],
        problem: 'is missing',
        showsValue: false,
      }));
    case 'type':
      return say(`must be ${article(String(error.params.type))}`);
    case 'enum':
      return say(`must be one of ${error.params.allowedValues.join(', ')}`);
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return say(`must be ${error.params.comparison} ${error.params.limit}`);
    case 'minLength':
      return say(`must have at least ${error.params.limit} characters`);
    case 'minItems':
      return say(`must have at least ${error.params.limit} items`);
    case 'pattern':
      return say('has characters or a length that are not allowed');
    default:
      return say(error.message);
  }
}

function article(type: string): string {
  return /^[aeio]/.test(type) ? `an ${type}` : `a ${type}`;
}

/** A JSON pointer (RFC 6901) as a path; steps into arrays become numbers. */
function readPointer(pointer: string, root: unknown): SettingPath {
  const path: (string | number)[] = [];
  for (const step of pointer.split('/').slice(1)) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    path.push(Array.isArray(valueAt(root, path)) ? Number(name) : name);
  }
  return path;
}
