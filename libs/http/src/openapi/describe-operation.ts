import { ACCESS } from '@heed/auth';
import type { z } from 'zod';
import { bodiesOf, isSchema } from './operation.js';
import type { Forms, OperationOptions, Refusal } from './operation.js';
import type { DescribedRoute } from './routes.js';
import type { JsonSchema, Schemas } from './schemas.js';

/** Why a token may be refused at any call. */
const ANY_TOKEN = ['role_missing', 'tenant_missing', 'tenant_unknown'];
const PROBLEM = { $ref: '#/components/schemas/Problem' };
const STATUS_WORDS: Readonly<Record<number, string>> = {
  200: 'Done.',
  201: 'Made.',
  202: 'Taken on; the resource that the answer names shows how far it is.',
  403: 'The token does not allow this.',
  404: 'There is no such thing in this tenant.',
  409: 'The present state does not allow it.',
  422: 'Well-formed, and refused by the policy.',
};

export interface DescribedOperation {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly tags: readonly string[];
  /** Of which a token needs one; `public` asks for no token. */
  readonly 'x-roles': readonly string[] | 'public';
  readonly 'x-services': readonly string[];
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly JsonSchema[];
  readonly requestBody?: JsonSchema;
  readonly responses: Readonly<Record<string, JsonSchema>>;
}

/** @throws where the access matrix lets nobody make the call, or a path parameter is not described */
export function describeOperation(route: DescribedRoute, service: string, schemas: Schemas): DescribedOperation {
  const { method, path, operation } = route;
  const roles = ACCESS[`${method} ${path}`];
  if (!roles) throw new Error(`${method} ${path} is served to nobody: name its roles in the access matrix`);
  const parameters = parametersOf(route, schemas, roles.includes('service'));
  const words = roles === 'public' ? 'Public: asks for no token.' : `Roles: ${roles.map((role) => `\`${role}\``).join(', ')}.`;
  return {
    operationId: operation.id,
    summary: operation.summary,
    description: [operation.description, words].filter(Boolean).join('\n\n'),
    tags: [operation.tag?.name ?? service],
    'x-roles': roles,
    'x-services': [service],
    security: roles === 'public' ? [] : roles.map((role) => ({ bearer: [role] })),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(operation.body ? { requestBody: bodyOf(operation, schemas) } : {}),
    responses: responsesOf(route, schemas, roles === 'public', parameters.length > 0),
  };
}

function parametersOf({ method, path, operation }: DescribedRoute, schemas: Schemas, internal: boolean): readonly JsonSchema[] {
  const named = [...path.matchAll(/:(\w+)/g)].map((match) => match[1]);
  const described = Object.keys(operation.params?.shape ?? {});
  if (named.join() !== described.join()) throw new Error(`${method} ${path}: describe its path parameters, all and in their order`);
  return [
    ...membersOf('path', operation.params, schemas),
    ...membersOf('query', operation.query, schemas),
    ...(method === 'POST' && operation.idempotent !== false ? [{ $ref: '#/components/parameters/IdempotencyKey' }] : []),
    ...(internal ? [{ $ref: '#/components/parameters/Tenant' }] : []),
  ];
}

function membersOf(where: 'path' | 'query', object: z.ZodObject | undefined, schemas: Schemas): readonly JsonSchema[] {
  if (!object) return [];
  const { properties = {}, required = [] } = schemas.body(object) as { properties?: Record<string, JsonSchema>; required?: string[] };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: where,
    ...(required.includes(name) || where === 'path' ? { required: true } : {}),
    ...(description === undefined ? {} : { description }),
    schema,
  }));
}

function bodyOf(operation: OperationOptions, schemas: Schemas): JsonSchema {
  const forms = bodiesOf(operation);
  const required = Object.values(forms).every((schema) => !schema.safeParse(undefined).success);
  const content = Object.entries(forms).map(([type, schema]) => [type, { schema: schemas.body(schema) }]);
  return { required, content: Object.fromEntries(content) as JsonSchema };
}

function responsesOf(route: DescribedRoute, schemas: Schemas, isPublic: boolean, readsInput: boolean): Readonly<Record<string, JsonSchema>> {
  const { operation, method } = route;
  const responses: Record<string, JsonSchema> = {};
  for (const [status, answer] of Object.entries(operation.answers)) {
    const { description, forms } = isSchema(answer) ? { description: STATUS_WORDS[Number(status)] ?? '', forms: { 'application/json': answer } } : answer;
    responses[status] = { description, content: contentOf(forms, schemas) };
  }
  const shared = (name: string): JsonSchema => ({ $ref: `#/components/responses/${name}` });
  if (readsInput || operation.body) responses['400'] = shared('Malformed');
  if (!isPublic) Object.assign(responses, { 401: shared('Unauthenticated'), 403: shared('Forbidden') });
  if (operation.body) responses['413'] = shared('TooLarge');
  if (!operation.outlivesTrouble) responses['503'] = shared('Unavailable');
  const keyed = method === 'POST' && operation.idempotent !== false;
  for (const status of [403, 404, 409, 422] as const) {
    const { codes, forms } = refusalOf(operation.refusals?.[status]);
    const always = { 403: codes.length > 0 ? ANY_TOKEN : [], 404: [], 409: [], 422: keyed ? ['idempotency_key_reused'] : [] };
    const refusal = refusedWith([...codes, ...always[status]], contentOf(forms ?? {}, schemas));
    if (refusal) responses[status] = { description: STATUS_WORDS[status], ...refusal };
  }
  return responses;
}

function refusalOf(refusal: readonly string[] | Refusal | undefined): Refusal {
  if (!refusal) return { codes: [] };
  return 'codes' in refusal ? refusal : { codes: refusal };
}

function refusedWith(codes: readonly string[], pages: JsonSchema): JsonSchema | undefined {
  const problem = codes.length > 0 ? { 'application/problem+json': { schema: { ...PROBLEM, properties: { code: { enum: codes } } } } } : {};
  const content = { ...pages, ...problem };
  return Object.keys(content).length > 0 ? { content } : undefined;
}

function contentOf(forms: Forms['forms'], schemas: Schemas): JsonSchema {
  return Object.fromEntries(Object.entries(forms).map(([type, schema]) => [type, { schema: schemas.answer(schema) }]));
}
