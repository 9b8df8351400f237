import { Database, UnitOfWork } from '@heed/persistence';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import { forgetAnswers } from '../src/bulk/forget-answers.job.js';
import { growRegisters } from '../src/bulk/grow-registers.job.js';
import { lockExpired } from '../src/expiry/expired-states.store.js';
import { batch } from './batch-call.js';
import { ada, ConsentUnderTest, PLATFORM } from './consent-under-test.js';

const PEOPLE = 60_000;
/** Tables of settings have a few rows in one page; reading that is what every plan does. */
const SMALL = 200;

let consent: ConsentUnderTest;
let token: string;
let database: Database;
let statements: Map<string, readonly unknown[]>;

beforeAll(async () => {
  consent = await ConsentUnderTest.start();
  token = await consent.bed.issuer.token({ tenant: 'ajuni', roles: ['platform', 'dpo'] });
  const { environment } = consent.service;
  database = new Database({ url: environment['HEED_DATABASE_URL'] ?? '', keysDir: environment['HEED_KEYS_DIR'] ?? '', clock: consent.clock });
  await fill();
  statements = listen();
  return async () => {
    await database.close();
    await consent.stop();
  };
}, 120_000);

const unitOfWork = (): UnitOfWork => new UnitOfWork(database);

/** A register of some size, with the statistics of it. */
async function fill(): Promise<void> {
  await consent.service.sql(`SET search_path = t_ajuni;
    INSERT INTO subject (ref, version, created_at) SELECT 'sub_' || md5('p' || n), 2, now() FROM generate_series(1, ${PEOPLE}) n;
    INSERT INTO identifier (type, blind, ref, sealed, created_at)
      SELECT 'email', sha256(('p' || n)::bytea), 'sub_' || md5('p' || n), decode(repeat('ab', 80), 'hex'), now() FROM generate_series(1, ${PEOPLE}) n;
    INSERT INTO consent_record (id, ref, version, purpose, state, took_effect, policy_version, method, actor, occurred_at, recorded_at)
      SELECT uuidv7(make_interval(secs => n - ${PEOPLE} - 1000000)), 'sub_' || md5('p' || n), v, 'analytics', 'given', true, 1, 'api', 'test', now(), now()
        FROM generate_series(1, ${PEOPLE}) n, generate_series(1, 2) v;
    INSERT INTO consent_state (ref, purpose, state, record_id, occurred_at, valid_until)
      SELECT ref, purpose, state, id, now(), now() + interval '1 year' FROM consent_record WHERE version = 2 ON CONFLICT DO NOTHING;
    INSERT INTO dispatch (id, kind, ref, version, cause, body, state, map_version, correlation_id, created_at, due_at, clearance)
      SELECT 'con_' || uuidv7(), 'grant', 'sub_' || md5('p' || n), 1, '{}', '{"purposes":["analytics"]}', 'done', 1, 'x', now(), now(), 'not_needed' FROM generate_series(1, ${PEOPLE}) n;
    INSERT INTO dispatch_target (dispatch_id, data_store, state) SELECT id, 'crm', 'done' FROM dispatch WHERE id LIKE 'con%' ON CONFLICT DO NOTHING;
    INSERT INTO idempotency (key, fingerprint, status, answer) SELECT 'k' || n, 'x', 200, '{}' FROM generate_series(1, ${PEOPLE}) n;
    ANALYZE`);
}

/** What the service sends from now on, with the values it sent last. */
function listen(): Map<string, readonly unknown[]> {
  const heard = new Map<string, readonly unknown[]>();
  const query = pg.Client.prototype.query as (...args: unknown[]) => unknown;
  Object.assign(pg.Client.prototype, {
    query(this: pg.Client, sent: unknown, ...rest: unknown[]): unknown {
      const { text, values } = (typeof sent === 'object' && sent !== null ? sent : {}) as { text?: string; values?: readonly unknown[] };
      if (text !== undefined && values !== undefined && /^\s*(WITH|SELECT|INSERT|UPDATE|DELETE)\b/i.test(text)) heard.set(text, values);
      return query.call(this, sent, ...rest);
    },
  });
  return heard;
}

interface Node {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly Plans?: readonly Node[];
}

function scanned(node: Node): readonly string[] {
  const own = node['Node Type'] === 'Seq Scan' && node['Relation Name'] !== undefined ? [node['Relation Name']] : [];
  return [...own, ...(node.Plans ?? []).flatMap(scanned)];
}

/** Tables that a statement would read from end to end: planned for the values it was sent with, and for any values at all. */
async function endToEnd(admin: pg.Client, text: string, values: readonly unknown[], large: ReadonlySet<string>): Promise<readonly string[]> {
  const plans = [
    await admin.query<{ 'QUERY PLAN': readonly { Plan: Node }[] }>(`EXPLAIN (FORMAT JSON) ${text}`, [...values]),
    await admin.query<{ 'QUERY PLAN': readonly { Plan: Node }[] }>(`EXPLAIN (GENERIC_PLAN, FORMAT JSON) ${text}`),
  ];
  return plans.flatMap(({ rows }) => rows.flatMap((row) => row['QUERY PLAN'].flatMap(({ Plan }) => scanned(Plan)))).filter((table) => large.has(table));
}

describe('on a register of some size', () => {
  it('no statement that a call sends reads a table from end to end', async () => {
    const subject = ada();
    const line = { id: randomUUID(), subject: ada(), decisions: [{ purpose: 'analytics', decision: 'given' }] };
    const decided = await consent.decide({ subject, decisions: [{ purpose: 'analytics', decision: 'given' }, { purpose: 'marketing_email', decision: 'given' }] });
    const ref = String(decided.body['ref']);
    await consent.check({ subject, purpose: 'analytics' });
    await consent.check({ subject: { ref }, purpose: 'analytics' });
    expect((await consent.service.call('POST', '/v1/consents/may-ask', PLATFORM, { subject, purposes: ['analytics'] })).status).toBe(200);
    await consent.withdraw({ subject, purposes: ['analytics'] }, { 'idempotency-key': randomUUID() });
    for (const route of [`/v1/consents?ref=${ref}&limit=2`, `/v1/subjects/${ref}`, `/v1/subjects/${ref}/receipts`]) {
      expect((await consent.service.call('GET', route, PLATFORM)).status).toBe(200);
    }
    expect(await batch(consent.service.url, token, [line, line])).toMatchObject([{ status: 'recorded' }, { status: 'duplicate' }]);
    const link = await consent.service.call('POST', `/v1/subjects/${ref}/links`, PLATFORM, { kind: 'unsubscribe', purpose: 'marketing_email' });
    await fetch(`${consent.service.url}${new URL(String(link.body['url'])).pathname}`, { method: 'POST', body: 'List-Unsubscribe=One-Click', headers: { 'content-type': 'application/x-www-form-urlencoded' } });
    await fetch(`${consent.service.url}/v1/consents/export?after=ffffffff-0000-7000-8000-000000000000`, { headers: { authorization: `Bearer ${token}` } }).then((answer) => answer.text());
    await unitOfWork().run('ajuni', (tx) => lockExpired(tx, 200));

    const admin = new pg.Client({ connectionString: consent.service.databaseUrl, options: '-c random_page_cost=1.1 -c search_path=t_ajuni' });
    await admin.connect();
    const { rows } = await admin.query<{ relname: string }>(`SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples > ${SMALL}`);
    const large = new Set(rows.map(({ relname }) => relname));
    expect([...large]).toEqual(expect.arrayContaining(['consent_record_p1', 'consent_state', 'subject', 'identifier', 'dispatch', 'idempotency']));
    const found: Record<string, readonly string[]> = {};
    let planned = 0;
    for (const [text, values] of statements) {
      const tables = await endToEnd(admin, text, values, large).catch((error: Error) => error);
      if (tables instanceof Error && /relation ".*" does not exist/.test(tables.message)) continue; // of the keys database
      planned += 1;
      const mistakes = tables instanceof Error ? [tables.message] : tables;
      if (mistakes.length > 0) found[text.replace(/\s+/g, ' ').slice(0, 160)] = mistakes;
    }
    expect(await endToEnd(admin, 'SELECT 1 FROM consent_record WHERE actor = $1', ['test'], large)).toContain('consent_record_p1'); // it would be noticed
    await admin.end();
    expect(planned).toBeGreaterThan(25);
    expect(found).toEqual({});
  });
});

it('answers are forgotten after seven days, and not before', async () => {
  await consent.service.sql(`UPDATE t_ajuni.idempotency SET created_at = now() - interval '7 days 1 second' WHERE key LIKE 'k%' AND key <> 'k1'`);
  await forgetAnswers(database, unitOfWork());
  expect(await consent.service.sql(`SELECT key FROM t_ajuni.idempotency WHERE key LIKE 'k%'`)).toEqual([{ key: 'k1' }]);
});

describe('a register whose part is full', () => {
  it('goes on in a new one, and nothing of the old is lost to a history or an export', async () => {
    const subject = ada();
    const before = await consent.decide({ subject, decisions: [{ purpose: 'analytics', decision: 'given' }] });
    await consent.service.sql('ANALYZE t_ajuni.consent_record');
    await growRegisters(database, unitOfWork(), 50_000);
    consent.clock.advance({ hours: 7 });
    const fresh = await consent.bed.issuer.token({ tenant: 'ajuni', roles: ['platform'] });
    const after = await batch(consent.service.url, fresh, [{ id: randomUUID(), subject, purposes: 'all' }]);

    const parts = await consent.service.sql<{ part: string; count: string }>(`SELECT tableoid::regclass::text AS part, count(*) FROM t_ajuni.consent_record GROUP BY 1 ORDER BY 1`);
    expect(parts).toEqual([{ part: 't_ajuni.consent_record_p1', count: expect.any(String) as string }, { part: 't_ajuni.consent_record_p2', count: expect.any(String) as string }]);
    expect(Number(parts[0]?.count)).toBeGreaterThanOrEqual(2 * PEOPLE);
    const ref = String(before.body['ref']);
    expect(after[0]?.ref).toBe(ref);
    const history = await consent.service.call('GET', `/v1/consents?ref=${ref}&limit=50`, PLATFORM);
    const items = history.body['items'] as { id: string; state: string }[];
    expect(items.at(-1)).toMatchObject({ state: 'given', id: (before.body['records'] as { id: string }[])[0]?.id });
    expect(items[0]?.state).toBe('withdrawn');
  });

  /** One step after another on a connection that hears what the server says of its own doing. */
  async function grow(steps: number): Promise<{ readonly states: readonly string[]; readonly told: readonly string[] }> {
    const admin = new pg.Client({ connectionString: consent.service.databaseUrl, options: '-c client_min_messages=debug1 -c search_path=t_ajuni' });
    const told: string[] = [];
    const states: string[] = [];
    admin.on('notice', ({ message }) => told.push(message ?? ''));
    await admin.connect();
    try {
      for (let i = 0; i < steps; i += 1) {
        const { rows } = await admin.query<{ state: string }>({ text: 'SELECT register_grow(1, $1) AS state', values: [consent.clock.now()] });
        states.push(rows[0]?.state ?? '');
      }
    } finally {
      await admin.end();
    }
    return { states, told };
  }
  const closing = (): Promise<readonly { def: string }[]> => consent.service.sql(`SELECT pg_get_constraintdef(oid) AS def FROM pg_constraint WHERE conname = 'closing' AND conparentid = 0`);
  const decide = async (): Promise<number> => (await consent.decide({ subject: ada(), decisions: [{ purpose: 'analytics', decision: 'given' }] })).status;

  it('is cut a second time without a row of it being read while decisions wait', async () => {
    await consent.service.sql('ANALYZE t_ajuni.consent_record_p2');
    const { states, told } = await grow(4);
    expect(states).toEqual(['announced', 'proven', 'grown', 'open']);
    expect(told).toContainEqual(expect.stringMatching(/partition constraint for table "consent_record_p2" is implied by existing constraints/));
    const parts = await consent.service.sql<{ relname: string }>(`SELECT relname FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid WHERE inhparent = 't_ajuni.consent_record'::regclass ORDER BY 1`);
    expect(parts.map(({ relname }) => relname)).toEqual(['consent_record_p1', 'consent_record_p2', 'consent_record_p3']);
    consent.clock.advance({ hours: 7 });
    expect(await decide()).toBeLessThan(300);
  });

  it('and is not closed in time refuses nobody: its bound is taken back and announced anew', async () => {
    await consent.service.sql('ANALYZE t_ajuni.consent_record_p3');
    expect((await grow(1)).states).toEqual(['announced']);
    const [first] = await closing();
    consent.clock.advance({ hours: 5, minutes: 30 });
    expect((await grow(1)).states).toEqual(['announced']);
    const [second] = await closing();
    expect(second?.def).not.toBe(first?.def);
    consent.clock.advance({ hours: 1 });
    expect(await decide(), 'behind the first bound').toBeLessThan(300);
  });

  it('and whose bound a record lies behind goes on as it is', async () => {
    const idIn = (hours: number): string => {
      const hex = (consent.clock.now().getTime() + hours * 3_600_000).toString(16).padStart(12, '0');
      return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
    };
    await consent.service.sql(`SET search_path = t_ajuni; ALTER TABLE consent_record_p3 DROP CONSTRAINT closing;
      INSERT INTO consent_record (id, ref, version, purpose, state, took_effect, policy_version, method, actor, occurred_at, recorded_at)
        SELECT '${idIn(4)}', ref, 2, 'analytics', 'given', false, 1, 'api', 'test', now(), now() FROM subject LIMIT 1;
      ALTER TABLE consent_record_p3 ADD CONSTRAINT closing CHECK (id < '${idIn(3)}'::uuid) NOT VALID`);
    expect((await grow(1)).states).toEqual(['put off']);
    expect(await closing()).toEqual([]);
    expect((await grow(3)).states, 'the next bound is behind that record').toEqual(['announced', 'proven', 'grown']);
  });

  it('cannot be rewritten, in whichever part', async () => {
    for (const table of ['consent_record', 'consent_record_p1', 'consent_record_p2']) {
      const attempt = consent.service.sql(`SET ROLE "${new URL(consent.service.databaseUrl).pathname.slice(1)}_t_ajuni"; UPDATE t_ajuni.${table} SET state = 'given'`);
      await expect(attempt).rejects.toThrow('permission denied');
    }
  });
});
