import { ACCESS, STEP_UP } from '@heed/auth';
import type { GuardedAct } from '@heed/auth';
import type { z } from 'zod';
import { responsesOf, stepUpNeeded } from './describe-responses.js';
import { bodiesOf } from './operation.js';
import type { OperationOptions } from './operation.js';
import type { DescribedRoute } from './routes.js';
import type { JsonSchema, Schemas } from './schemas.js';

export interface DescribedOperation {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly tags: readonly string[];
  /** Of which a token needs one; `public` asks for no token. */
  readonly 'x-roles': readonly string[] | 'public';
  readonly 'x-services': readonly string[];
  /** The act that a step-up has to be for, and where the call names the resource. */
  readonly 'x-step-up'?: GuardedAct;
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
  const guarded = stepUpNeeded(route);
  const presence = guarded ? `Needs a step-up for \`${guarded.act}\`.` : undefined;
  return {
    operationId: operation.id,
    summary: operation.summary,
    description: [operation.description, words, presence].filter(Boolean).join('\n\n'),
    tags: [operation.tag?.name ?? service],
    'x-roles': roles,
    'x-services': [service],
    ...(guarded ? { 'x-step-up': guarded } : {}),
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
    ...(STEP_UP[`${method} ${path}`] ? [{ $ref: '#/components/parameters/StepUp' }] : []),
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
  const { example } = operation;
  const content = Object.entries(forms).map(([type, schema]) => {
    if (example === undefined || type !== 'application/json') return [type, { schema: schemas.body(schema) }];
    schema.parse(example); // an example that would be refused helps nobody
    return [type, { schema: schemas.body(schema), example }];
  });
  return { required, content: Object.fromEntries(content) as JsonSchema };
}
