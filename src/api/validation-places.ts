import type { ProblemPlace } from './problem.js';

/** What a validator says of one place, in ajv's words, which typebox uses too. */
export interface ValidationFault {
  readonly keyword: string;
  /** JSON pointer within the part of the request. */
  readonly instancePath: string;
  /** Where in the schema, e.g. `#/properties/prompt/items/anyOf/1/properties/type`. */
  readonly schemaPath: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly message?: string | undefined;
}

/** A member of a union that was not meant, because the value's `type` is another one, or missing. */
interface Unmeant {
  /** The union's value. */
  readonly instancePath: string;
  /** The member. */
  readonly schemaPath: string;
  /** The `type` it wants, when the value has one. */
  readonly type: string | undefined;
}

const maxPlaces = 20;

/**
 * The places a person has to look at. Of a union whose members differ in their `type`, only what concerns the member that was
 * meant is told; when none was, which ones there are.
 * @param part `body`, `query`, `params` or `headers`
 */
export function placesOf(part: string, faults: readonly ValidationFault[]): readonly ProblemPlace[] {
  const unmeant = faults.flatMap(unmeantBy);
  const telling = faults.filter((fault) => !unmeant.some((member) => isWithin(fault, member)));
  const places = new Map<string, ProblemPlace>();
  for (const fault of telling) {
    const { path, detail } = fault.keyword === 'anyOf' ? placeOfUnion(fault, telling, unmeant) : placeOf(fault);
    if (detail === undefined) continue;
    places.set(`${path} ${detail}`, { pointer: `/${part}${path}`, detail });
    if (places.size >= maxPlaces) break;
  }
  return [...places.values()];
}

function unmeantBy({ keyword, instancePath, schemaPath, params }: ValidationFault): readonly Unmeant[] {
  if (keyword === 'const' && /\/anyOf\/\d+\/properties\/type$/.test(schemaPath)) {
    const [value, member] = [parent(instancePath, '/type'), parent(schemaPath, '/properties/type')];
    return [{ instancePath: value, schemaPath: member, type: String(params.allowedValue) }];
  }
  const { requiredProperties } = params;
  if (keyword === 'required' && /\/anyOf\/\d+$/.test(schemaPath) && Array.isArray(requiredProperties)) {
    return requiredProperties.includes('type') ? [{ instancePath, schemaPath, type: undefined }] : [];
  }
  return [];
}

/** That no member of a union fits is worth telling only when nothing better is told of one. */
function placeOfUnion(union: ValidationFault, telling: readonly ValidationFault[], unmeant: readonly Unmeant[]) {
  const { instancePath: path } = union;
  const members = { instancePath: path, schemaPath: `${union.schemaPath}/anyOf` };
  if (telling.some((fault) => fault !== union && isWithin(fault, members))) return { path, detail: undefined };
  const types = unmeant.filter((member) => member.instancePath === path && isWithin(member, members));
  if (types.length === 0) return placeOf(union);
  const known = types.flatMap(({ type }) => type ?? []);
  return { path: `${path}/type`, detail: known.length > 0 ? `must be one of ${known.join(', ')}` : 'is needed' };
}

function placeOf({ keyword, instancePath: path, schemaPath, message }: ValidationFault) {
  const unknown = keyword === 'boolean' && schemaPath.endsWith('/additionalProperties');
  return { path, detail: unknown ? 'is not known here' : (message ?? 'does not match the schema') };
}

type Place = Pick<ValidationFault, 'instancePath' | 'schemaPath'>;

function isWithin(inner: Place, outer: Place): boolean {
  return isBelow(inner.schemaPath, outer.schemaPath) && isBelow(inner.instancePath, outer.instancePath);
}

function isBelow(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(`${outer}/`);
}

function parent(path: string, end: string): string {
  return path.slice(0, -end.length);
}
