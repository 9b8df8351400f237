import { byEmail, Heed } from '@heed/e2e';
import type { Answer } from '@heed/e2e';
import { readDeadLetters } from '@heed/kafka';
import { eventually } from '@heed/testing';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** Says everything under its own name and then under the other's. */
const ATTACKER = 'aurigen';
const VICTIM = 'ajuni';

interface Operation {
  readonly parameters?: readonly { readonly name?: string; readonly in?: string }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: BodySchema }>> };
}
interface BodySchema {
  readonly $ref?: string;
  readonly type?: string;
  readonly additionalProperties?: unknown;
  readonly anyOf?: readonly BodySchema[];
  readonly oneOf?: readonly BodySchema[];
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, BodySchema>> };
}

let heed: Heed;
let document: Document;
/** What the victim has, by list: found by asking each list of the document. */
const victims = new Map<string, readonly Record<string, unknown>[]>();

beforeAll(async () => {
  heed = await Heed.start();
  document = JSON.parse(await readFile(path.join(import.meta.dirname, '../../../docs/openapi.json'), 'utf8')) as Document;
  await leaveTraces(VICTIM);
  for (const route of listsOf(document)) victims.set(route, await itemsOf(VICTIM, route));
});
afterAll(() => heed.stop());

/** One of everything that a caller can make, so that there is something to steal. */
async function leaveTraces(tenant: string): Promise<void> {
  const subject = byEmail(`${randomUUID()}@example.com`);
  const say = async (route: string, body: unknown): Promise<Record<string, unknown>> => {
    const answer = await heed.call(tenant, 'POST', route, body);
    expect(answer.status, `${route}: ${JSON.stringify(answer.body)}`).toBeLessThan(300);
    return answer.body;
  };
  await say('/v1/consents', { subject, decisions: [{ purpose: 'marketing_email', decision: 'given' }] });
  await say('/v1/withdrawals', { subject, purposes: ['marketing_email'], channel: 'api' });
  await say('/v1/requests', { type: 'erase', subject, channel: 'api' });
  await say('/v1/holds', { subject, matter: 'case 12', reason: 'litigation', categories: 'all' });
  await eventually(async () => expect((await itemsOf(tenant, '/v1/messages')).length).toBeGreaterThan(0), { timeoutMs: 30_000 });
}

const operations = (of: Document): readonly { method: string; route: string; operation: Operation }[] =>
  Object.entries(of.paths).flatMap(([route, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), route, operation })),
  );

const listsOf = (of: Document): readonly string[] =>
  operations(of)
    .filter(({ method, route, operation }) => method === 'GET' && !route.includes('{') && operation.parameters?.some((parameter) => JSON.stringify(parameter).includes('cursor')))
    .map(({ route }) => route);

async function itemsOf(tenant: string, route: string, headers: Record<string, string> = {}): Promise<readonly Record<string, unknown>[]> {
  const owner = route === '/v1/dispatches' ? '&owner=consent' : ''; // the only list that asks whose
  const answer = await heed.call(tenant, 'GET', `${route}?limit=100${owner}`, undefined, headers);
  return answer.status === 200 ? (answer.body['items'] as Record<string, unknown>[]) : [];
}

const RANDOM_ID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|^sub_[0-9a-f]{32}$/;

/** Every id of the victim that the document has a place for: `/v1/holds/{id}`, `/v1/subjects/{ref}`, … and what stands below. */
function placesForStolenIds(): readonly { method: string; route: string; id: string }[] {
  const found: { method: string; route: string; id: string }[] = [];
  for (const { method, route } of operations(document)) {
    const [, list = '', name = ''] = /^(\/v1\/[a-z-]+)\/\{(\w+)\}(\/[a-z-]+)?$/.exec(route) ?? [];
    const ids = [...victims].flatMap(([from, items]) => items.map((item) => (from === list ? (item[name] ?? item['id']) : item[name === 'id' ? '' : name])));
    const id = ids.find((candidate): candidate is string => typeof candidate === 'string' && RANDOM_ID.test(candidate));
    if (id) found.push({ method, route: route.replace(`{${name}}`, id), id });
  }
  return found;
}

/** Without the time at which a stream was read to its end. */
const said = ({ body }: Answer): unknown => (typeof body['text'] === 'string' ? body['text'].replace(/"at":"[^"]*"\}\}\s*$/, '') : body);

describe('a tenant that names another', () => {
  it('ASK-05: in a path: what belongs to the other is not there, whatever the method', async () => {
    const places = placesForStolenIds();
    expect(places.map(({ route }) => route.split('/')[2])).toEqual(expect.arrayContaining(['requests', 'holds', 'dispatches', 'messages']));
    const reading = places.filter(({ method }) => method === 'GET');
    const look = (): Promise<readonly Answer[]> => Promise.all(reading.map(({ route }) => heed.call(VICTIM, 'GET', route)));
    // What was said a moment ago is still on its way to the stores: only what stands still shows that nobody moved it.
    const before = await eventually(
      async () => {
        const [first, second] = [await look(), await look()];
        expect(second.map(said)).toEqual(first.map(said));
        expect(JSON.stringify(first)).not.toMatch(/"(in_progress|queued|sending)"/);
        return second;
      },
      { timeoutMs: 60_000, everyMs: 500 },
    );
    // A certificate comes at the end only; everything else the victim can read, or the refusals would show nothing.
    for (const [at, answer] of before.entries()) if (!reading[at]?.route.endsWith('/certificate')) expect(answer.status, reading[at]?.route).toBe(200);
    const leaks: string[] = [];
    for (const { method, route, id } of places) {
      const answer = await heed.call(ATTACKER, method as 'GET' | 'POST', route, method === 'GET' ? undefined : {});
      // A POST may be refused before anybody looks for the id: for its body, or for a second factor.
      const refused = method === 'GET' ? [404] : [400, 401, 403, 404];
      if (!refused.includes(answer.status) || (answer.status === 404 && JSON.stringify(answer.body).includes(id))) leaks.push(`${method} ${route}: ${answer.status}`);
    }
    expect(leaks).toEqual([]);
    const after = await look();
    expect(after.map(said)).toEqual(before.map(said));
  });

  it.each(['x-heed-tenant', 'x-tenant-id', 'ce_tenantid'])('ASK-05: in the header %s: sees its own lists and nothing else', async (header) => {
    for (const [route, items] of victims) {
      const stolen = JSON.stringify(await itemsOf(ATTACKER, route, { [header]: VICTIM }));
      for (const item of items) {
        const id = String(item['id'] ?? item['ref'] ?? '');
        if (RANDOM_ID.test(id)) expect(stolen, route).not.toContain(id);
      }
    }
    const subject = byEmail(`${randomUUID()}@example.com`);
    expect((await heed.call(ATTACKER, 'POST', '/v1/consents', { subject, decisions: [{ purpose: 'marketing_email', decision: 'given' }] }, { [header]: VICTIM })).status).toBe(201);
    expect((await heed.call(VICTIM, 'POST', '/v1/consents/check', { subject, purpose: 'marketing_email' })).body).toMatchObject({ allowed: false });
    expect((await heed.call(ATTACKER, 'POST', '/v1/consents/check', { subject, purpose: 'marketing_email' })).body).toMatchObject({ allowed: true });
  });

  it('in the query: is refused, or answered with its own', async () => {
    for (const [route, items] of victims) {
      const answer = await heed.call(ATTACKER, 'GET', `${route}?tenant=${VICTIM}`);
      const ids = items.map((item) => String(item['id'] ?? '')).filter((id) => RANDOM_ID.test(id));
      for (const id of ids) expect(JSON.stringify(answer.body), route).not.toContain(id);
    }
  });

  it.each(['tenant', 'tenantId', 'tenantid'])('in a body, as "%s": is refused, and nothing is done', async (member) => {
    const subject = byEmail(`${randomUUID()}@example.com`);
    const bodies: Readonly<Record<string, object>> = {
      '/v1/consents': { subject, decisions: [{ purpose: 'marketing_email', decision: 'given' }] },
      '/v1/withdrawals': { subject, purposes: 'all' },
      '/v1/requests': { type: 'erase', subject },
      '/v1/holds': { subject, matter: 'm', reason: 'litigation', categories: 'all' },
      '/v1/notices/recipients': { email: 'admin@example.com' },
    };
    for (const [route, body] of Object.entries(bodies)) {
      const answer = await heed.call(ATTACKER, 'POST', route, { ...body, [member]: VICTIM });
      expect(answer.status, route).toBe(400);
    }
    for (const tenant of [ATTACKER, VICTIM]) {
      expect((await heed.call(tenant, 'POST', '/v1/consents/check', { subject, purpose: 'marketing_email' })).body).toMatchObject({ allowed: false, reason: 'no_decision' });
    }
  });

  it('finds no body in the whole document that takes a member it does not know', () => {
    const resolve = (schema: BodySchema): BodySchema => (schema.$ref ? resolve(document.components.schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {}) : schema);
    const open = (schema: BodySchema): boolean => {
      const { anyOf, oneOf, type, additionalProperties } = resolve(schema);
      const branches = anyOf ?? oneOf;
      return branches ? branches.some(open) : type === 'object' && additionalProperties !== false;
    };
    const bodies = operations(document).flatMap(({ method, route, operation }) => {
      const schema = operation.requestBody?.content['application/json']?.schema;
      return schema ? [{ call: `${method} ${route}`, open: open(schema) }] : [];
    });
    expect(bodies.length).toBeGreaterThan(8);
    expect(bodies.filter((body) => body.open).map((body) => body.call)).toEqual([]);
  });

  it('ASK-05: five tenants that ask at once, again and again, each get their own: no cache, no statement, no connection mixes them', async () => {
    const tenants = heed.system.context.tenants.map(({ id }) => id);
    const routes = ['/v1/purposes', '/v1/policies/1', '/v1/promises', '/v1/subprocessors', '/v1/schedules', '/v1/data-map'];
    const ask = async (tenant: string, route: string): Promise<string> => {
      const answer = await heed.call(tenant, 'GET', route);
      expect(answer.status, `${tenant} ${route}`).toBe(200);
      return JSON.stringify(answer.body);
    };
    const questions = tenants.flatMap((tenant) => routes.map((route) => ({ tenant, route })));
    const alone = new Map<string, string>();
    for (const { tenant, route } of questions) alone.set(`${tenant} ${route}`, await ask(tenant, route));
    expect(new Set(tenants.map((tenant) => alone.get(`${tenant} /v1/policies/1`))).size).toBe(tenants.length);
    for (let round = 0; round < 5; round += 1) {
      const crowd = [...questions, ...questions].toSorted(() => Math.random() - 0.5);
      const mixed = await Promise.all(crowd.map(async ({ tenant, route }) => ((await ask(tenant, route)) === alone.get(`${tenant} ${route}`) ? undefined : `${tenant} ${route}`)));
      expect(mixed.filter(Boolean)).toEqual([]);
    }
  });

  it('in an event: the record is dead-lettered where it was written, and the other tenant never hears of it', async () => {
    const email = `${randomUUID()}@example.com`;
    const producer = heed.kafka.producer();
    await producer.connect();
    const [sent] = await producer.send({
      topic: `heed.t.${ATTACKER}.ingress.v1`,
      messages: [
        {
          value: JSON.stringify({ subject: byEmail(email), decisions: [{ purpose: 'marketing_email', decision: 'given' }] }),
          headers: {
            ce_specversion: '1.0', ce_id: randomUUID(), ce_source: '/forged', ce_type: 'heed.ingress.consent_given.v1',
            ce_time: new Date().toISOString(), ce_tenantid: VICTIM, 'content-type': 'application/json',
          },
        },
      ],
    });
    await producer.disconnect();
    const origin = { topic: `heed.t.${ATTACKER}.ingress.v1`, partition: 0, offset: sent?.baseOffset };
    const letters = () => readDeadLetters(heed.kafka, (topic) => topic === `${origin.topic}.dlq`);
    await eventually(async () => expect(await letters()).toContainEqual(expect.objectContaining({ code: 'tenant_mismatch', origin })), { timeoutMs: 30_000 });
    for (const tenant of [ATTACKER, VICTIM]) {
      const check = await heed.call(tenant, 'POST', '/v1/consents/check', { subject: byEmail(email), purpose: 'marketing_email' });
      expect(check.body).toMatchObject({ allowed: false, reason: 'no_decision' });
    }
  });
});
