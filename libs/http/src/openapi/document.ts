import type { DynamicModule, Type } from '@nestjs/common';
import { problemSchema } from '../problem.js';
import { describeOperation } from './describe-operation.js';
import type { DescribedOperation } from './describe-operation.js';
import { operatingRoutes } from './operating-routes.js';
import { CONVENTIONS, PARAMETERS, RESPONSES, SECURITY } from './conventions.js';
import { bodiesOf } from './operation.js';
import { routesOf } from './routes.js';
import type { DescribedRoute } from './routes.js';
import { Schemas } from './schemas.js';
import type { JsonSchema } from './schemas.js';

/** What a service's document says of the service. */
export interface ApiDescription {
  readonly service: string;
  /** @example 'Consent' */
  readonly title: string;
  readonly description: string;
}

/** An OpenAPI 3.1 document, as far as Heed's own use of it goes. */
export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: Readonly<Record<string, unknown>>;
  readonly servers: readonly { readonly url: string; readonly description: string }[];
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, JsonSchema>>>>;
}

/** Everything that a service answers at, from its composition root; nothing is started for it. */
export function describeApi(api: ApiDescription, module: Type | DynamicModule): OpenApiDocument {
  const routes = [...routesOf(module), ...operatingRoutes];
  const schemas = new Schemas();
  nameBodies(schemas, routes);
  schemas.answer(problemSchema);
  const tag = { name: api.service, description: api.description };
  const tags = new Map(routes.map(({ operation }) => [operation.tag?.name ?? tag.name, operation.tag ?? tag]));
  const paths: Record<string, Record<string, DescribedOperation>> = {};
  for (const route of [...routes].sort(byPath)) {
    (paths[templateOf(route.path)] ??= {})[route.method.toLowerCase()] = describeOperation(route, api.service, schemas);
  }
  return {
    openapi: '3.1.0',
    info: aboutApi(`Heed: ${api.title}`, api.description),
    servers: [{ url: '/', description: 'Where this document was read.' }],
    tags: [...tags.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    paths,
    components: { schemas: schemas.components, responses: RESPONSES, parameters: PARAMETERS, securitySchemes: SECURITY },
  };
}

/** The head of every document; what holds for all calls is said in it once. */
export function aboutApi(title: string, description: string): Readonly<Record<string, unknown>> {
  return { title, version: '1.0.0', description: `${description}\n\n${CONVENTIONS}`, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } };
}

/** Bodies go first: what one of them shares with an answer is closed in both. */
function nameBodies(schemas: Schemas, routes: readonly DescribedRoute[]): void {
  for (const { operation } of routes) {
    for (const body of Object.values(bodiesOf(operation))) schemas.body(body);
  }
}

/** @example templateOf('/v1/holds/:id') // '/v1/holds/{id}' */
export function templateOf(path: string): string {
  return path.replace(/:(\w+)/g, '{$1}');
}

function byPath(a: DescribedRoute, b: DescribedRoute): number {
  const key = ({ method, path }: DescribedRoute): string => `${path} ${method}`;
  return key(a) < key(b) ? -1 : 1;
}
