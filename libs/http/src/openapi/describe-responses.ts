import { STEP_UP } from '@heed/auth';
import type { GuardedAct } from '@heed/auth';
import { isSchema } from './operation.js';
import type { Forms, OperationOptions, Refusal } from './operation.js';
import type { DescribedRoute } from './routes.js';
import type { JsonSchema, Schemas } from './schemas.js';

/** Why a token may be refused at any call. */
const ANY_TOKEN = ['role_missing', 'tenant_missing', 'tenant_unknown', 'tenant_closed'];
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

/** What has to be proven beside the token, if anything. */
export const stepUpNeeded = ({ method, path }: DescribedRoute): GuardedAct | undefined => STEP_UP[`${method} ${path}`];

/** By status: what a call answers, and what it is refused with. */
export function responsesOf(route: DescribedRoute, schemas: Schemas, isPublic: boolean, readsInput: boolean): Readonly<Record<string, JsonSchema>> {
  const { operation, method } = route;
  const responses: Record<string, JsonSchema> = {};
  for (const [status, answer] of Object.entries(operation.answers)) {
    const { description, forms } = isSchema(answer) ? { description: STATUS_WORDS[Number(status)] ?? '', forms: { 'application/json': answer } } : answer;
    responses[status] = { description, content: contentOf(forms, schemas), ...linksOf(operation) };
  }
  const shared = (name: string): JsonSchema => ({ $ref: `#/components/responses/${name}` });
  if (readsInput || operation.body) responses['400'] = shared('Malformed');
  if (!isPublic) Object.assign(responses, { 401: shared(stepUpNeeded(route) ? 'StepUp' : 'Unauthenticated'), 403: shared('Forbidden') });
  if (operation.limited !== false) responses['429'] = shared('TooMany');
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

/** Which calls the answer has the ids for. */
function linksOf({ leadsTo }: OperationOptions): JsonSchema {
  if (!leadsTo) return {};
  const links = Object.entries(leadsTo).map(([operationId, parameters]) => {
    const found = Object.entries(parameters).map(([name, pointer]) => [name, `$response.body#${pointer}`]);
    return [operationId, { operationId, parameters: Object.fromEntries(found) as JsonSchema }];
  });
  return { links: Object.fromEntries(links) as JsonSchema };
}
