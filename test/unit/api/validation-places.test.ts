import Type from 'typebox';
import { Compile } from 'typebox/compile';
import { Settings } from 'typebox/system';
import { expect, it } from 'vitest';
import { placesOf } from '../../../src/api/validation-places.js';

Settings.Set({ maxErrors: 256 });
const closed = { additionalProperties: false };
const file = Type.Object({ type: Type.Literal('file'), name: Type.String({ minLength: 1 }) }, closed);
const tone = Type.Object({ type: Type.Literal('tone'), hz: Type.Array(Type.Number()) }, closed);
const gain = Type.Union([Type.Literal('off'), Type.Object({ db: Type.Number() }, closed)]);
const validator = Compile(
  Type.Object({ prompt: Type.Optional(Type.Array(Type.Union([file, tone]))), gain: Type.Optional(gain) }, closed),
);

const cases: [string, unknown, [string, string][]][] = [
  ['nothing', {}, []],
  ['what a member lacks', { prompt: [{ type: 'file' }] }, [['/prompt/0', 'must have required properties name']]],
  ['what is wrong within it', { prompt: [{ type: 'tone', hz: [1, 'x'] }] }, [['/prompt/0/hz/1', 'must be number']]],
  [
    'what it does not know',
    { prompt: [{ type: 'tone', hz: [1], name: 'x' }] },
    [
      ['/prompt/0/name', 'is not known here'],
      ['/prompt/0', 'must not have additional properties'],
    ],
  ],
  ['a type that there is not', { prompt: [{ type: 'tune' }] }, [['/prompt/0/type', 'must be one of file, tone']]],
  ['a type that is missing', { prompt: [{ name: 'x' }] }, [['/prompt/0/type', 'is needed']]],
  ['what is no object', { prompt: ['x'] }, [['/prompt/0', 'must be object']]],
  [
    'each of several items by what it was meant to be',
    { prompt: [{ type: 'tone', hz: 1 }, { type: 'file', name: 'x' }, { type: 'file', name: '' }, { type: 7 }] },
    [
      ['/prompt/0/hz', 'must be array'],
      ['/prompt/2/name', 'must not have fewer than 1 characters'],
      ['/prompt/3/type', 'must be one of file, tone'],
    ],
  ],
  [
    'unions without types: all that could be',
    { gain: 'on' },
    [
      ['/gain', 'must be equal to constant'],
      ['/gain', 'must be object'],
    ],
  ],
];
it.each(cases)('%s', (_name, value, expected) => {
  const places = placesOf('body', validator.Errors(value));
  expect(places.map(({ pointer, detail }) => [pointer, detail])).toEqual(
    expected.map(([path, detail]) => [`/body${path}`, detail]),
  );
});

it('are bounded in number', () => {
  const prompt = Array.from({ length: 100 }, () => ({ type: 'file' }));
  expect(placesOf('body', validator.Errors({ prompt })).length).toBe(20);
});
