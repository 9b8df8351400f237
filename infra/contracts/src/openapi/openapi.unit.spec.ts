import { ACCESS } from '@heed/auth';
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { documents } from './documents.js';
import { mergedApi } from './merge.js';

interface Link {
  readonly operationId: string;
  readonly parameters: Readonly<Record<string, string>>;
}

const merged = mergedApi(documents);
const everyDocument = Object.entries({ ...documents, merged });
const callsOf = ({ paths }: typeof merged): string[] =>
  Object.entries(paths).flatMap(([path, operations]) => Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`));

describe('the OpenAPI documents', () => {
  it.each(everyDocument)('of %s is valid OpenAPI 3.1', async (_, document) => {
    const validator = new Validator();
    const result = await validator.validate({ ...document });
    expect(result).toEqual({ valid: true });
    expect(validator.version).toBe('3.1');
  });

  it.each(everyDocument)('of %s refers to nothing that is not there', (_, { components, ...document }) => {
    const text = JSON.stringify({ components, ...document });
    for (const [, kind = '', name = ''] of text.matchAll(/"\$ref":"#\/components\/(\w+)\/(\w+)"/g)) expect(components[kind]).toHaveProperty(name);
    expect(text).not.toContain('$defs');
  });

  it.each(everyDocument)('of %s leads from answers to calls that take what is found', (_, { paths }) => {
    const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
    const links = operations.flatMap(({ responses }) => Object.values(responses).flatMap((response) => Object.values((response['links'] ?? {}) as Record<string, Link>)));
    for (const { operationId, parameters } of links) {
      const target = operations.find((operation) => operation.operationId === operationId);
      const needed = (target?.parameters ?? []).filter((parameter) => parameter['in'] === 'path').map(({ name }) => name);
      expect([operationId, needed]).toEqual([operationId, Object.keys(parameters)]);
    }
  });

  it('describe every line of the access matrix, and nothing beside it', () => {
    const described = new Set(Object.values(documents).flatMap(callsOf));
    expect([...described].sort()).toEqual(Object.keys(ACCESS).map((call) => call.replace(/:(\w+)/g, '{$1}')).sort());
  });
});

describe('the merged document', () => {
  it('holds every call of every service but those of its own port', () => {
    const ownPort = /^\w+ \/(healthz|readyz|metrics|internal\/[\w-]+)$/;
    const all = new Set(Object.values(documents).flatMap(callsOf).filter((call) => !ownPort.test(call)));
    expect(callsOf(merged).sort()).toEqual([...all].sort());
  });

  it('calls each operation by a name of its own', () => {
    const ids = Object.values(merged.paths).flatMap((operations) => Object.values(operations).map(({ operationId }) => operationId));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('tells the owners of dispatches apart by a member of the query that is needed', () => {
    const list = merged.paths['/v1/dispatches']?.['get'];
    expect(list?.['x-services']).toEqual(['consent', 'dsar', 'retention']);
    expect(list?.parameters).toContainEqual(expect.objectContaining({ name: 'owner', in: 'query', required: true }));
  });

  it('refuses to speak for services that say different things of the same path', () => {
    const { consent, dsar } = documents;
    if (!consent || !dsar) throw new Error('unreachable: both are there');
    const summary = 'Something else';
    const different = { ...dsar, paths: { '/v1/dispatches': { get: { ...dsar.paths['/v1/dispatches']!['get']!, summary } } } };
    expect(() => mergedApi({ consent, dsar: different })).toThrow('/v1/dispatches is not the same in consent and dsar');
  });
});
