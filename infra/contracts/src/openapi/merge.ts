import { aboutApi } from '@heed/http';
import type { DescribedOperation, JsonSchema, OpenApiDocument } from '@heed/http';
import { isDeepStrictEqual } from 'node:util';

/** Served on a service's own port only. */
const NOT_ROUTED = /^\/(healthz|readyz|metrics|internal\/.*)$/;
/** The service that answers for the documentation of all. */
const DOCUMENTING = 'subprocessor-registry';

/**
 * What answers at the origin, of all services in one document. A path of several services must be the same in each; the
 * origin tells them apart by `owner`, which is needed there.
 */
export function mergedApi(documents: Readonly<Record<string, OpenApiDocument>>): OpenApiDocument {
  const all = Object.values(documents);
  const paths: Record<string, Record<string, DescribedOperation>> = {};
  for (const [service, document] of Object.entries(documents)) {
    for (const [path, operations] of Object.entries(document.paths)) {
      if (NOT_ROUTED.test(path) || (path === '/openapi.json' && service !== DOCUMENTING)) continue;
      for (const [method, operation] of Object.entries(operations)) {
        const known = paths[path]?.[method];
        (paths[path] ??= {})[method] = known ? ofSeveral(path, known, operation) : behindOrigin(operation);
      }
    }
  }
  const used = new Set(Object.values(paths).flatMap((operations) => Object.values(operations).flatMap(({ tags }) => tags)));
  const tags = new Map(all.flatMap((document) => document.tags).map((tag) => [tag.name, tag]));
  return {
    openapi: '3.1.0',
    info: aboutApi('Heed', 'Say it once, and every data store heeds it. All calls that the public origin answers.'),
    servers: [{ url: '/', description: 'Where this document was read.' }],
    tags: sorted([...tags].filter(([name]) => used.has(name))).map(([, tag]) => tag),
    paths: Object.fromEntries(sorted(Object.entries(paths))),
    components: usedIn(paths, mergedComponents(all)),
  };
}

/** The origin says 503 for a service that does not answer, whatever the call. */
function behindOrigin(operation: DescribedOperation): DescribedOperation {
  const responses = { ...operation.responses, 503: { $ref: '#/components/responses/Unavailable' } };
  return { ...operation, responses };
}

function ofSeveral(path: string, known: DescribedOperation, operation: DescribedOperation): DescribedOperation {
  const parameters = (operation.parameters ?? []).map((parameter) => (parameter['name'] === 'owner' ? { ...parameter, required: true } : parameter));
  const services = [...known['x-services'], ...operation['x-services']];
  const merged = { ...behindOrigin(operation), ...(parameters.length > 0 ? { parameters } : {}), 'x-services': services };
  const before = { ...known, ...(known.parameters ? { parameters } : {}), 'x-services': services };
  if (!isDeepStrictEqual(before, merged)) throw new Error(`${path} is not the same in ${services.join(' and ')}`);
  return merged;
}

function mergedComponents(all: readonly OpenApiDocument[]): OpenApiDocument['components'] {
  const components: Record<string, Record<string, JsonSchema>> = {};
  for (const document of all) {
    for (const [kind, parts] of Object.entries(document.components)) {
      for (const [name, part] of Object.entries(parts)) {
        const known = components[kind]?.[name];
        if (known && !isDeepStrictEqual(known, part)) throw new Error(`the services say different things of ${kind}/${name}`);
        (components[kind] ??= {})[name] = part;
      }
    }
  }
  return Object.fromEntries(Object.entries(components).map(([kind, parts]) => [kind, Object.fromEntries(sorted(Object.entries(parts)))]));
}

/** Without the headers that only internal calls have. */
function usedIn(paths: OpenApiDocument['paths'], components: OpenApiDocument['components']): OpenApiDocument['components'] {
  const text = JSON.stringify(paths);
  const parameters = Object.entries(components['parameters'] ?? {}).filter(([name]) => text.includes(`#/components/parameters/${name}"`));
  return { ...components, parameters: Object.fromEntries(parameters) };
}

function sorted<T>(entries: readonly [string, T][]): [string, T][] {
  return [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
}
