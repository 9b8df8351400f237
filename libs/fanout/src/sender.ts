import { COMMAND_BY_KIND } from '@heed/contracts-fanout';
import type { CommandKind, SealedEnvelope } from '@heed/contracts-fanout';
import { InterruptiblePause, Loop, newEvent } from '@heed/kernel';
import type { DispatchOwner, NewEvent } from '@heed/kernel';
import type { Logger } from '@heed/observability';
import type { Outbox } from '@heed/outbox';
import { lookAtDue, remind } from '@heed/persistence';
import type { Database, Tx, UnitOfWork } from '@heed/persistence';
import { isDeepStrictEqual } from 'node:util';
import { settle, tellSettled } from './acknowledge.js';
import { endForNobody, UNANSWERED } from './nobody.js';
import { keepForReplay } from './replay-vault.js';
import type { SealedErasure } from './replay-vault.js';
import { redeliveryPause } from './targets.js';
import type { FanoutHooks, Sealed, Sealer } from './types.js';
import { SENDING } from './work.js';

export interface SenderOptions {
  readonly owner: DispatchOwner;
  readonly database: Database;
  readonly unitOfWork: UnitOfWork;
  readonly outbox: Outbox;
  readonly sealer: Sealer;
  readonly logger: Logger;
  readonly hooks?: FanoutHooks;
}

interface Due {
  readonly id: string;
  readonly kind: CommandKind;
  readonly ref: string;
  readonly aliases: string[];
  readonly version: string;
  readonly body: Record<string, unknown>;
  readonly map_version: number;
  readonly attempt: number;
  readonly clearance: 'not_needed' | 'wanted' | 'asked' | 'given';
  readonly clearance_id: string | null;
  readonly clearance_ends: Date | null;
  readonly correlation_id: string;
  readonly traceparent: string | null;
  readonly targets: string[];
}

const BATCH = 200;
/** Between two rounds under load: what comes after goes with it as a batch, through Kafka, agents and answers. */
const PACE_MS = 150;
/** Of a process that has other work, rounds of grants alone take one part in this many, and what callers wait for the rest. */
const SHARE = 4;
/** How long it is watched whether there is other work. */
const PROBE_MS = 20;

/**
 * Publishes commands: seals the identifiers for the stores that have not answered, and again after a pause until they
 * do. While consent is away the dispatches wait. Destructive ones ask for a new clearance before every publication.
 */
export class Sender {
  private failures = 0;
  private readonly pause = new InterruptiblePause();
  private readonly loop = new Loop({
    step: () => this.round(),
    idleMs: 250,
    paceMs: PACE_MS,
    onSuccess: () => (this.failures = 0),
    onError: (error) => {
      this.failures += 1;
      const count = this.failures;
      if (count === 1 || count % 30 === 0) this.options.logger.warn({ err: error, count }, 'commands wait to be sent');
    },
  });

  constructor(private readonly options: SenderOptions) {}

  readonly poke = (): void => this.loop.poke();

  start(): void {
    this.loop.start();
  }

  async stop(): Promise<void> {
    this.pause.end();
    await this.loop.stop();
  }

  /** One pass over the tenants that have something due. @returns whether there may be more */
  async round(): Promise<boolean> {
    const { database, owner } = this.options;
    const begun = performance.now();
    let isUrgent = false;
    const more = await lookAtDue(database, SENDING, async (tenant) => {
      const due = await this.sendDue(tenant);
      isUrgent ||= due.some(({ kind }) => kind !== 'grant');
      return due.length === BATCH;
    });
    if (more) this.options.logger.debug({ owner }, 'more dispatches are due');
    if (more && !isUrgent) await this.yieldToCallers(performance.now() - begun);
    return more;
  }

  /** Stores may learn of a yes a moment later: a no was sent in rounds before it, and callers are answered meanwhile. */
  private async yieldToCallers(tookMs: number): Promise<void> {
    const before = performance.eventLoopUtilization();
    await this.pause.for(PROBE_MS);
    const { utilization } = performance.eventLoopUtilization(before);
    await this.pause.for(tookMs * (SHARE - 1) * utilization);
  }

  private async sendDue(tenant: string): Promise<readonly Due[]> {
    const due = await this.options.unitOfWork.run(tenant, (tx) => selectDue(tx));
    const ready = due.filter((d) => d.clearance === 'not_needed' || d.clearance === 'given');
    const sealed = await this.options.sealer.seal(
      tenant,
      ready.filter((d) => d.targets.length > 0).map((d) => ({ dispatchId: d.id, ref: d.ref, aliases: d.aliases, stores: d.targets })),
    );
    await this.options.unitOfWork.run(tenant, async (tx) => {
      const still = await lockUnchanged(tx, due);
      if (still.length < due.length) await remind(tx, { work: SENDING, at: new Date(tx.clock.now().getTime() + 1000) }); // somebody else holds them
      await this.askAgain(tx, still.filter((d) => d.clearance === 'wanted' || d.clearance === 'asked'));
      const events: NewEvent<unknown>[] = [];
      const sendable = still.filter((d) => ready.includes(d));
      for (const dispatch of sendable) {
        const one = sealed.get(dispatch.id);
        if (one?.envelope) events.push(this.command(tx, { ...dispatch, targets: sealedFor(dispatch, one) }, one.aliases, one.envelope));
      }
      this.options.outbox.append(events, tx);
      await keepForReplay(tx, sendable.flatMap((dispatch) => erasureOf(dispatch, sealed)));
      const unknown = await markSent(tx, sendable, sealed);
      await tellSettled(tx, this.options.hooks, await settle(tx, unknown));
    });
    return due;
  }

  private async askAgain(tx: Tx, waiting: readonly Due[]): Promise<void> {
    if (waiting.length === 0) return;
    const now = tx.clock.now();
    const next = new Date(now.getTime() + 300_000);
    await tx.query(`UPDATE dispatch SET clearance = 'asked', attempt = attempt + 1, send_at = $2 WHERE id = ANY($1)`, [waiting.map((d) => d.id), next]);
    await remind(tx, { work: SENDING, at: next });
    this.options.hooks?.askClearance?.(tx, waiting.map((d) => ({ id: d.id, ref: d.ref, aliases: d.aliases, attempt: d.attempt + 2 })));
  }

  private command(tx: Tx, dispatch: Due, aliases: readonly string[], sealed: SealedEnvelope): NewEvent<unknown> {
    const clearance =
      dispatch.clearance === 'given' ? { clearance: { id: dispatch.clearance_id, expiresAt: dispatch.clearance_ends?.toISOString() } } : {};
    const data = {
      dispatchId: dispatch.id,
      owner: this.options.owner,
      ref: dispatch.ref,
      aliases: [...new Set([...dispatch.aliases, ...aliases])].filter((alias) => alias !== dispatch.ref),
      version: Number(dispatch.version),
      targets: dispatch.targets,
      mapVersion: dispatch.map_version,
      issuedAt: tx.clock.now().toISOString(),
      sealed,
      ...dispatch.body,
      ...clearance,
    };
    const definition = COMMAND_BY_KIND[dispatch.kind];
    return newEvent<typeof definition.data>(definition, {
      source: `/heed/${this.options.owner}`,
      tenant: tx.tenant,
      key: dispatch.ref,
      data: data as never, // the definition's schema checks it
      clock: tx.clock,
      cause: { correlationId: dispatch.correlation_id, ...(dispatch.traceparent ? { traceparent: dispatch.traceparent } : {}) },
    });
  }
}

function erasureOf({ id, kind, targets }: Due, sealed: ReadonlyMap<string, Sealed>): SealedErasure[] {
  const one = sealed.get(id);
  return kind === 'erasure' && one?.envelope ? [{ dispatchId: id, targets: sealedFor({ targets }, one), envelope: one.envelope }] : [];
}

/** Without the stores whose agents' keys were revoked: they are named when they have new ones. */
const sealedFor = ({ targets }: Pick<Due, 'targets'>, { unsealed = [] }: Sealed): string[] => targets.filter((store) => !unsealed.includes(store));

const SELECT_DUE = `SELECT d.id, d.kind, d.ref, d.aliases, d.version, d.body, d.map_version, d.attempt, d.clearance, d.clearance_id, d.clearance_ends,
         d.correlation_id, d.traceparent,
         ARRAY(SELECT t.data_store FROM dispatch_target t WHERE t.dispatch_id = d.id AND t.state IN ${UNANSWERED} ORDER BY 1) AS targets
    FROM dispatch d WHERE d.send_at <= $1 AND d.state NOT IN ('done', 'cancelled')`;

async function selectDue(tx: Tx): Promise<readonly Due[]> {
  // By the indexes of what is due: in the order of ids, everything ever sent would be read first.
  const some = (kinds: string): string => `(${SELECT_DUE} AND ${kinds} ORDER BY d.send_at LIMIT ${BATCH})`;
  const due = await tx.query<Due>(`${some("d.kind <> 'grant'")} UNION ALL ${some("d.kind = 'grant'")} LIMIT ${BATCH}`, [tx.clock.now()]);
  return due.toSorted((one, other) => (one.id < other.id ? -1 : 1));
}

/**
 * Locks what is still as it was when its identifiers were sealed. A store may have answered meanwhile, or a new one may
 * have come: such a dispatch is read and sealed again, or the new store would be passed over.
 */
async function lockUnchanged(tx: Tx, due: readonly Due[]): Promise<readonly Due[]> {
  const now = tx.clock.now();
  const locked = await tx.query<{ id: string }>(
    'SELECT id FROM dispatch WHERE id = ANY($1) AND send_at <= $2 ORDER BY id FOR NO KEY UPDATE SKIP LOCKED',
    [due.map((d) => d.id), now],
  );
  const rows = await tx.query<Due>(`${SELECT_DUE} AND d.id = ANY($2)`, [now, locked.map((d) => d.id)]);
  const present = new Map(rows.map((d) => [d.id, d]));
  return due.filter((d) => isDeepStrictEqual(d, present.get(d.id)));
}

/**
 * Counts the attempt and sets the next one; a person nobody knows any more leaves nothing to be found.
 * @returns the dispatches of such people
 */
async function markSent(tx: Tx, sent: readonly Due[], sealed: ReadonlyMap<string, Sealed>): Promise<readonly string[]> {
  if (sent.length === 0) return [];
  const now = tx.clock.now();
  const rows = sent.map((d) => ({ id: d.id, next: d.targets.length === 0 ? null : new Date(now.getTime() + redeliveryPause(d.attempt + 1)) }));
  await tx.query(
    `UPDATE dispatch d SET attempt = d.attempt + 1, send_at = s.next,
            clearance = CASE WHEN d.clearance = 'given' THEN 'wanted' ELSE d.clearance END, clearance_id = NULL
       FROM jsonb_to_recordset($1::jsonb) AS s(id text, next timestamptz) WHERE d.id = s.id`,
    [JSON.stringify(rows)],
  );
  await tx.query(`UPDATE dispatch_target SET attempts = attempts + 1 WHERE dispatch_id = ANY($1) AND state IN ${UNANSWERED}`, [sent.map((d) => d.id)]);
  const nobody = await endForNobody(tx, sent.filter((d) => d.targets.length > 0).map((d) => d.id), sealed);
  const next = [...new Set(rows.flatMap((row) => (row.next && !nobody.includes(row.id) ? [row.next.getTime()] : [])))];
  await remind(tx, ...next.map((time) => ({ work: SENDING, at: new Date(time) })));
  return nobody;
}
