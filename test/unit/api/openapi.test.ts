import { Compile } from 'typebox/compile';
import { beforeAll, describe, expect, it } from 'vitest';
import { eventTypes } from '../../../src/call/event.js';
import { apiRig } from '../../support/api-rig.js';

type Json = Record<string, unknown>;
interface Operation {
  operationId?: string;
  summary?: string;
  tags?: string[];
  security?: unknown[];
  parameters?: { name: string; in: string; required?: boolean; schema?: Json }[];
  requestBody?: { required?: boolean; content: Record<string, { schema: Json; example?: unknown }> };
  responses: Record<string, { description?: string; content?: Record<string, { schema: Json }> }>;
}
interface Document {
  openapi: string;
  info: Json;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Json>; securitySchemes: Record<string, Json> };
  security: Json[];
}

let document: Document;
let operations: [name: string, path: string, method: string, operation: Operation][];
beforeAll(async () => {
  const { ask } = await apiRig();
  document = (await ask('GET', '/openapi.json')).json<Document>();
  operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]): [string, string, string, Operation] => [
      `${method} ${path}`,
      path,
      method,
      operation,
    ]),
  );
});

/** Every value of a key anywhere in a document. */
function valuesOf(key: string, node: unknown): unknown[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([name, value]: [string, unknown]) => [
    ...(name === key ? [value] : []),
    ...valuesOf(key, value),
  ]);
}

describe('/openapi.json', () => {
  it('is OpenAPI 3.1 with what that demands', () => {
    expect(document.openapi).toMatch(/^3\.1\.\d+$/);
    expect(document.info).toMatchObject({ title: 'mixminus', version: '0.0.0' });
    expect(Object.keys(document.paths).every((path) => path.startsWith('/'))).toBe(true);
    expect(document.components.securitySchemes).toMatchObject({ key: { type: 'http', scheme: 'bearer' } });
    expect(document.security).toEqual([{ key: [] }]);
  });

  it('resolves every reference, and names its schemas', () => {
    const references = valuesOf('$ref', document);
    expect(references.length).toBeGreaterThan(20);
    for (const reference of references) {
      const name = /^#\/components\/schemas\/([A-Z]\w+)$/.exec(String(reference))?.[1] ?? '';
      expect(document.components.schemas[name], String(reference)).toBeDefined();
    }
    expect(Object.keys(document.components.schemas).sort()).toEqual(
      [
        ...['Call', 'CallPage', 'Leg', 'LegList', 'Interaction', 'InteractionList', 'Playback', 'PlaybackList'],
        ...['Asset', 'AssetList', 'Event', 'Health', 'Problem'],
        ...['Consent', 'LegConsent', 'Recording', 'RecordingPage', 'Audience', 'Routing'],
      ].sort(),
    );
  });

  it('uses nothing of 3.0 that 3.1 dropped', () => {
    expect(valuesOf('nullable', document)).toEqual([]);
    expect(valuesOf('exclusiveMinimum', document).filter((value) => typeof value === 'boolean')).toEqual([]);
  });

  it('every operation has an own operationId, a summary, a tag and a described answer', () => {
    const ids = operations.map(([, , , { operationId }]) => operationId);
    expect(ids.every((id) => /^[a-z][A-Za-z]+$/.test(id ?? ''))).toBe(true);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [name, , , operation] of operations) {
      expect(operation.summary, name).toBeTruthy();
      expect(operation.tags, name).toHaveLength(1);
      expect(
        Object.keys(operation.responses).some((status) => /^[12]/.test(status)),
        name,
      ).toBe(true);
      for (const response of Object.values(operation.responses)) expect(response.description, name).toBeTruthy();
    }
  });

  it('every guarded operation documents its errors as problems', () => {
    for (const [name, path, method, operation] of operations) {
      if (operation.security?.length === 0) continue;
      const expected = ['400', '401', '403', '429', '500'];
      if (path.includes('{')) expected.push('404');
      if (method === 'post' || method === 'patch') expected.push('409', '413', '415');
      for (const status of expected) {
        const schema = operation.responses[status]?.content?.['application/problem+json']?.schema;
        expect(schema, `${name} ${status}`).toEqual({ $ref: '#/components/schemas/Problem' });
      }
    }
  });

  it('every parameter of a path is described, and bodies take nothing that is not named', () => {
    for (const [name, path, , operation] of operations) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter);
      const given = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
      expect(given.map((parameter) => parameter.name).sort(), name).toEqual(named.sort());
      expect(
        given.every(({ required }) => required),
        name,
      ).toBe(true);
      for (const [mediaType, { schema }] of Object.entries(operation.requestBody?.content ?? {})) {
        if (mediaType === 'application/json') expect(schema.additionalProperties, name).toBe(false);
        else expect([mediaType, schema]).toEqual(['audio/*', { type: 'string', format: 'binary' }]);
      }
    }
  });

  it('gives examples of the requests that say most, and they match', () => {
    const examples = operations.flatMap(([name, , , { requestBody }]) =>
      Object.values(requestBody?.content ?? {}).flatMap(({ schema, example }) =>
        example === undefined ? [] : [{ name, errors: Compile(schema).Errors(example) }],
      ),
    );
    expect(examples.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'post /v1/calls/{callId}/legs/{legId}/interactions',
        'post /v1/calls/{callId}/playbacks',
      ]),
    );
    for (const { name, errors } of examples) expect(errors, name).toEqual([]);
  });

  it('names every kind of event', () => {
    expect(document.components.schemas.Event).toMatchObject({
      properties: { type: { enum: [...eventTypes, 'events.gap'] } },
    });
  });

  it('says what is made and where', () => {
    const dial = document.paths['/v1/calls/{callId}/legs']?.post;
    expect(dial?.responses['202']).toMatchObject({
      headers: { location: {} },
      content: { 'application/json': { schema: { $ref: '#/components/schemas/Leg' } } },
    });
    expect(dial?.parameters?.map(({ name }) => name)).toContain('idempotency-key');
    expect(document.paths['/v1/calls/{callId}']?.delete?.responses['204']?.content).toBeUndefined();
  });
});
