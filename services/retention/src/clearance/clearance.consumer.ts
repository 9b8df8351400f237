import { clearanceRequested } from '@heed/contracts-dsar';
import { cleared, clearanceHeld } from '@heed/contracts-retention';
import { Consumes } from '@heed/kafka';
import type { EventBatch } from '@heed/kafka';
import { newEvent, uuidv7 } from '@heed/kernel';
import type { NewEvent } from '@heed/kernel';
import { Outbox } from '@heed/outbox';
import type { Tx } from '@heed/persistence';
import { addDuration, calendarOf } from '@heed/policy';
import { PolicyStore } from '@heed/tenant-policy';
import { Controller } from '@nestjs/common';
import { lockPeople, standingHolds } from '../hold/adapters/hold.store.js';
import { holdsInTheWay } from '../hold/domain/protection.js';
import { SOURCE } from '../source.js';

type Asked = EventBatch<typeof clearanceRequested>['events'][number]['data'];

interface Answer {
  readonly asked: Asked;
  readonly id: string;
  readonly holdIds: readonly string[];
  readonly expiresAt: Date;
}

/**
 * Leave to destroy, or not. Looks at the holds in one transaction under the people's locks, which a hold takes too: either
 * the hold is seen here, or it comes after this answer and reaches the stores by its own command.
 */
@Controller()
export class ClearanceConsumer {
  constructor(
    private readonly policies: PolicyStore,
    private readonly outbox: Outbox,
  ) {}

  @Consumes('clearance', clearanceRequested)
  async onAsked({ events, tx }: EventBatch<typeof clearanceRequested>): Promise<void> {
    const { pack } = await this.policies.current(tx);
    const refs = [...new Set(events.flatMap(({ data }) => [data.ref, ...data.aliases]))];
    await lockPeople(tx, refs);
    const holds = await standingHolds(tx, refs);
    const now = tx.clock.now();
    const expiresAt = addDuration(now, pack.operations.clearanceValidity.value, calendarOf(pack));
    const answers = events.map(({ data }): Answer => {
      const inTheWay = holdsInTheWay(holds, [data.ref, ...data.aliases]);
      return { asked: data, id: uuidv7(now), holdIds: inTheWay.map((hold) => hold.id), expiresAt };
    });
    await keep(tx, answers);
    this.outbox.append(answers.map((answer) => told(tx, answer)), tx);
    for (const { asked, id, holdIds } of answers) {
      const kind = holdIds.length > 0 ? 'clearance.held' : 'clearance.given';
      tx.record({ kind, ref: asked.ref, data: { clearanceId: id, dispatchId: asked.dispatchId, attempt: asked.attempt, holdIds } });
    }
  }
}

async function keep(tx: Tx, answers: readonly Answer[]): Promise<void> {
  const rows = answers.map(({ asked, id, holdIds, expiresAt }) => ({
    id, dispatch_id: asked.dispatchId, attempt: asked.attempt, ref: asked.ref, hold_ids: holdIds, expires_at: holdIds.length > 0 ? null : expiresAt,
  }));
  await tx.query(
    `INSERT INTO clearance (id, dispatch_id, attempt, ref, hold_ids, expires_at, answered_at)
     SELECT id, dispatch_id, attempt, ref, hold_ids, expires_at, $2
       FROM jsonb_to_recordset($1::jsonb) AS c(id uuid, dispatch_id text, attempt int, ref text, hold_ids uuid[], expires_at timestamptz)`,
    [JSON.stringify(rows), tx.clock.now()],
  );
}

function told(tx: Tx, { asked, id, holdIds, expiresAt }: Answer): NewEvent<unknown> {
  const { dispatchId, ref, attempt } = asked;
  const from = { source: SOURCE, tenant: tx.tenant, key: ref, clock: tx.clock, cause: tx.cause };
  if (holdIds.length > 0) return newEvent(clearanceHeld, { ...from, data: { dispatchId, ref, attempt, holdIds: [...holdIds] } });
  return newEvent(cleared, { ...from, data: { dispatchId, ref, attempt, clearanceId: id, expiresAt: expiresAt.toISOString() } });
}
