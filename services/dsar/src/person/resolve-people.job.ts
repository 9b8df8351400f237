import { ConsentClient } from '@heed/fanout';
import type { KnownPerson } from '@heed/fanout';
import { isHeedError } from '@heed/kernel';
import type { Identifier } from '@heed/kernel';
import type { Logger } from '@heed/observability';
import { Database, isTenantClosed, UnitOfWork } from '@heed/persistence';
import type { Tx } from '@heed/persistence';
import { Acknowledge } from '../case/app/acknowledge.js';
import { CaseVault } from '../case/adapters/case-vault.js';
import { appendTimeline } from '../case/adapters/request.store.js';
import { People } from './people.js';

const BATCH = 500;
/** Every tenant is looked at this often, in milliseconds; those that said they have work, at once. */
const SWEEP_EVERY = 30_000;

interface Waiting {
  readonly id: string;
  readonly identifiers: readonly Identifier[];
}

interface Unresolved {
  readonly request_id: string;
  readonly sealed: Buffer;
}

/** Learns who the people of new cases are, as soon as consent can be asked, and then forgets their identifiers. */
export class ResolvePeople {
  private readonly hinted = new Set<string>();
  private sweptAt = 0;

  constructor(
    private readonly deps: {
      readonly database: Database;
      readonly unitOfWork: UnitOfWork;
      readonly consent: ConsentClient;
      readonly people: People;
      readonly vault: CaseVault;
      readonly acknowledge: Acknowledge;
      readonly logger: Logger;
    },
  ) {}

  /** After a commit that left people to be found. */
  hint(tenant: string): void {
    this.hinted.add(tenant);
  }

  /** One pass; what cannot be asked now is asked in the next. */
  async run(): Promise<void> {
    const all = Date.now() - this.sweptAt > SWEEP_EVERY;
    const tenants = all ? (await this.deps.database.listTenants()).map((tenant) => tenant.id) : [...this.hinted];
    for (const tenant of tenants) {
      this.hinted.delete(tenant);
      try {
        while ((await this.runTenant(tenant)) === BATCH);
      } catch (error) {
        if (isTenantClosed(error)) continue;
        this.hinted.add(tenant);
        if (!isHeedError(error) || !error.retriable) throw error;
      }
    }
    if (all) this.sweptAt = Date.now();
  }

  /** For somebody who needs to know now; while consent is away they are told so by what they do next. */
  async now(tenant: string): Promise<void> {
    try {
      await this.runTenant(tenant);
    } catch (error) {
      if (!isHeedError(error) || !error.retriable) throw error;
    }
  }

  private async runTenant(tenant: string): Promise<number> {
    const waiting = await this.deps.unitOfWork.run(tenant, (tx) => this.waiting(tx));
    if (waiting.length === 0) return 0;
    const answers = await this.resolve(tenant, waiting);
    this.deps.people.back();
    await this.deps.unitOfWork.run(tenant, async (tx) => {
      await this.known(tx, new Map([...answers].flatMap(([id, person]) => (person === 'unusable' ? [] : [[id, person]]))));
      await this.unusable(tx, [...answers].flatMap(([id, person]) => (person === 'unusable' ? [id] : [])));
    });
    return waiting.length;
  }

  private async waiting(tx: Tx): Promise<readonly Waiting[]> {
    const { found, unopened } = await this.identifiers(
      tx,
      await tx.query<Unresolved>(`SELECT request_id, sealed FROM unresolved_person WHERE NOT unusable ORDER BY request_id LIMIT ${BATCH}`),
    );
    if (unopened.length === 0) return found;
    // They may have come under a new key after they were read: only what stands there under lock says that a key is gone. Whom
    // somebody else is at, as the change of keys is, is left for the next pass.
    const again = await this.identifiers(
      tx,
      await tx.query<Unresolved>(
        `SELECT u.request_id, u.sealed FROM unresolved_person u JOIN request r ON r.id = u.request_id
          WHERE u.request_id = ANY($1) AND NOT u.unusable ORDER BY 1 FOR UPDATE SKIP LOCKED`,
        [unopened],
      ),
    );
    await this.unusable(tx, again.unopened);
    return [...found, ...again.found];
  }

  private async identifiers(tx: Tx, rows: readonly Unresolved[]): Promise<{ readonly found: readonly Waiting[]; readonly unopened: readonly string[] }> {
    const opened = await this.deps.vault.open(tx.tenant, rows.map(({ request_id: requestId, sealed }) => ({ requestId, field: 'identifiers', sealed })));
    return {
      found: rows.flatMap(({ request_id: id }, i) => (opened[i] === undefined ? [] : [{ id, identifiers: JSON.parse(opened[i]) as Identifier[] }])),
      unopened: rows.flatMap(({ request_id: id }, i) => (opened[i] === undefined ? [id] : [])),
    };
  }

  /** All in one call; where one person's identifiers are refused, one by one, so that they hold up nobody else. */
  private async resolve(tenant: string, waiting: readonly Waiting[]): Promise<ReadonlyMap<string, KnownPerson | 'unusable'>> {
    try {
      const people = await this.deps.consent.resolve(tenant, waiting.map(({ identifiers }) => ({ identifiers })));
      return new Map(waiting.flatMap(({ id }, i) => (people[i] ? [[id, people[i]] as const] : [])));
    } catch (error) {
      if (!isHeedError(error) || error.retriable) throw error;
      const [one] = waiting;
      if (waiting.length === 1 && one) return new Map([[one.id, 'unusable']]);
    }
    const answers = new Map<string, KnownPerson | 'unusable'>();
    for (const one of waiting) for (const [id, answer] of await this.resolve(tenant, [one])) answers.set(id, answer);
    return answers;
  }

  private async known(tx: Tx, people: ReadonlyMap<string, KnownPerson>): Promise<void> {
    if (people.size === 0) return;
    const gone = await tx.query<{ request_id: string }>(
      `DELETE FROM unresolved_person WHERE request_id IN (
         SELECT request_id FROM unresolved_person WHERE request_id = ANY($1) ORDER BY 1 FOR UPDATE SKIP LOCKED) RETURNING request_id`,
      [[...people.keys()]],
    );
    const found = gone.flatMap(({ request_id: id }) => [{ id, ref: people.get(id)?.ref, aliases: people.get(id)?.aliases }]);
    const rows = await tx.query<{ id: string; ref: string; type: string; due: Date; received_at: Date; status_token: Buffer }>(
      `UPDATE request r SET ref = p.ref, aliases = p.aliases FROM jsonb_to_recordset($1::jsonb) AS p(id uuid, ref text, aliases text[])
        WHERE r.id = p.id AND r.ref IS NULL AND r.state <> 'refused' RETURNING r.id, r.ref, r.type, r.due, r.received_at, r.status_token`,
      [JSON.stringify(found)],
    );
    await appendTimeline(tx, rows.map((row) => ({ requestId: row.id, kind: 'person_found', actor: 'heed' })));
    for (const row of rows) tx.record({ kind: 'request.person_found', ref: row.ref, data: { requestId: row.id } });
    const tokens = await this.deps.vault.tokens(tx.tenant, rows);
    await this.deps.acknowledge.want(tx, rows.map((row) => ({ ...row, receivedAt: row.received_at, token: tokens.get(row.id) ?? '' })));
  }

  private async unusable(tx: Tx, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    const rows = await tx.query<{ request_id: string }>(
      'UPDATE unresolved_person SET unusable = true WHERE request_id = ANY($1) AND NOT unusable RETURNING request_id',
      [ids],
    );
    await appendTimeline(tx, rows.map((row) => ({ requestId: row.request_id, kind: 'person_not_identifiable', actor: 'heed' })));
    for (const row of rows) this.deps.logger.warn({ requestId: row.request_id }, 'a case names nobody that can be found; somebody has to look');
  }
}
