import { personErased } from '@heed/contracts-consent';
import { failpoint, isHeedError, newEvent } from '@heed/kernel';
import type { NewEvent } from '@heed/kernel';
import { Outbox } from '@heed/outbox';
import { Database, lookAtDue, UnitOfWork } from '@heed/persistence';
import type { Tx } from '@heed/persistence';
import type { ConsentStateFeed } from '../consent-state/consent-state-feed.js';
import type { PartErased } from '../identity/part-erased.js';
import { SealedIdentifiers } from '../subject/sealed-identifiers.js';
import type { Forgotten } from '../subject/sealed-identifiers.js';
import { BATCH, dueTasks, ERASURES, finish, heldRefs, putOff, remindOf } from './erasure-task.store.js';
import type { ErasureTask } from './erasure-task.store.js';

/** How long a person is left alone whom somebody is just writing about, in milliseconds. */
const BUSY_PAUSE = 1000;

/** After how long somebody who could not be forgotten is tried again. */
const TROUBLE_PAUSE = 3_600_000;

/**
 * Forgets people whose erasure every store has answered: their identifiers go, their data keys with them, and what they
 * decided stays under the ref alone. Who gave consent again since is kept, and that is said.
 */
export class ErasePeople {
  constructor(
    private readonly deps: {
      readonly database: Database;
      readonly unitOfWork: UnitOfWork;
      readonly identifiers: SealedIdentifiers;
      readonly outbox: Outbox;
      readonly feed: ConsentStateFeed;
      readonly parting: PartErased;
    },
  ) {}

  async run(): Promise<void> {
    while (await lookAtDue(this.deps.database, ERASURES, (tenant) => this.look(tenant)));
  }

  /** @returns whether there is more to do at once */
  private async look(tenant: string): Promise<boolean> {
    try {
      return (await this.deps.unitOfWork.run(tenant, (tx) => this.eraseDue(tx))) === BATCH;
    } catch (error) {
      if (!isPermanent(error)) throw error;
      await this.oneByOne(tenant);
      throw error; // it is logged, and looked at again
    }
  }

  /** One who cannot be forgotten, because of what is wrong with their merges say, keeps nobody else from it. */
  private async oneByOne(tenant: string): Promise<void> {
    const { unitOfWork } = this.deps;
    for (const { request_id: id } of await unitOfWork.run(tenant, (tx) => dueTasks(tx))) {
      await unitOfWork.run(tenant, (tx) => this.eraseDue(tx, id)).catch(async (error: unknown) => {
        if (!isPermanent(error)) throw error;
        await unitOfWork.run(tenant, (tx) => putOff(tx, id, new Date(tx.clock.now().getTime() + TROUBLE_PAUSE)));
      });
    }
  }

  private async eraseDue(tx: Tx, only?: string): Promise<number> {
    const tasks = await dueTasks(tx, only);
    if (tasks.length === 0) return 0;
    const refs = [...new Set(tasks.flatMap(refsOf))];
    const locked = await this.deps.identifiers.lockIdle(tx, refs);
    const free = tasks.filter((task) => refsOf(task).every((ref) => locked.has(ref)));
    if (free.length < tasks.length) await remindOf(tx, [new Date(tx.clock.now().getTime() + BUSY_PAUSE)]);
    const [held, returned] = [await heldRefs(tx, refs), await cameBack(tx, free)];
    const isHeld = (task: ErasureTask): boolean => refsOf(task).some((ref) => held.has(ref));
    const waiting = free.filter((task) => isHeld(task));
    const kept = free.filter((task) => !isHeld(task) && returned.has(task.request_id));
    const gone = free.filter((task) => !isHeld(task) && !returned.has(task.request_id));
    await finish(tx, 'held', waiting);
    await finish(tx, 'kept', kept);
    await finish(tx, 'erased', gone);
    await this.deps.parting.part(tx, gone.flatMap(refsOf));
    await this.deps.feed.forgotten(tx, gone.flatMap(refsOf));
    const forgotten = await this.deps.identifiers.forget(tx, gone.flatMap(refsOf));
    this.deps.outbox.append(
      [...kept.map((task) => told(tx, 'kept', task, [])), ...gone.map((task) => told(tx, 'erased', task, forgotten))],
      tx,
    );
    for (const task of waiting) tx.record({ kind: 'person.erasure_held', ref: task.ref, data: { requestId: task.request_id, reason: 'legal_hold' } });
    failpoint('consent.erase.before-commit');
    return free.length;
  }
}

const isPermanent = (error: unknown): boolean => isHeedError(error) && !error.retriable;

const refsOf = (task: ErasureTask): readonly string[] => [task.ref, ...task.aliases];

/** The requests whose person has agreed to something since the moment that the erasure is about. */
async function cameBack(tx: Tx, tasks: readonly ErasureTask[]): Promise<ReadonlySet<string>> {
  const rows = await tx.query<{ request_id: string }>(
    `SELECT t.request_id FROM erasure_task t WHERE t.request_id = ANY($1) AND EXISTS (
       SELECT 1 FROM consent_record c WHERE c.ref = ANY(t.aliases || t.ref) AND c.state IN ('given', 'renewed_given') AND c.took_effect AND c.occurred_at > t.as_of)`,
    [tasks.map((task) => task.request_id)],
  );
  return new Set(rows.map((row) => row.request_id));
}

function told(tx: Tx, outcome: 'erased' | 'kept', task: ErasureTask, forgotten: readonly Forgotten[]): NewEvent<unknown> {
  const refs = refsOf(task);
  const own = forgotten.filter((one) => refs.includes(one.ref));
  const counts = { identifiers: own.reduce((sum, one) => sum + one.identifiers, 0), keys: own.reduce((sum, one) => sum + one.keys, 0) };
  const { request_id: requestId, ref, aliases, as_of: asOf } = task;
  const ledgerEntryId = tx.record({ kind: `person.${outcome}`, ref, data: { requestId, aliases, asOf, ...counts } });
  return newEvent(personErased, {
    source: '/heed/consent', tenant: tx.tenant, key: ref, clock: tx.clock, cause: tx.cause,
    data: { requestId, ref, aliases: [...aliases], outcome, ...counts, erasedAt: tx.clock.now().toISOString(), ledgerEntryId },
  });
}
