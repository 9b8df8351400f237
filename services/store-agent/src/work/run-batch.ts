import type { Connection, JournalEntry, Progress, Selection, StoreConnector, WorkUnit } from '@heed/connector-spi';
import { isHeedError } from '@heed/kernel';
import type { Clock } from '@heed/kernel';
import type { Logger } from '@heed/observability';

export interface BatchWork {
  readonly connection: Connection;
  readonly select: Selection;
  readonly process: (unit: WorkUnit, entries: readonly JournalEntry[]) => Promise<void>;
  /** How an entry ends that the store refuses for good. */
  readonly fail: (entry: JournalEntry, reason: string) => Progress;
}

export interface BatchContext {
  readonly connector: StoreConnector;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Runs one unit of work. When the store refuses a batch, its entries are run one by one, so that the one at fault
 * fails with a reason and its neighbours go on: no entry can stop the queue, none is tried for ever.
 * @returns how many entries were taken
 * @throws HeedError with `retriable`, when the store is away
 */
export async function runBatch(context: BatchContext, work: BatchWork): Promise<number> {
  let taken: readonly JournalEntry[] = [];
  try {
    await context.connector.work(work.connection, async (unit) => {
      taken = await unit.pick(work.select);
      if (taken.length > 0) await work.process(unit, taken);
    });
    return taken.length;
  } catch (error) {
    if (isHeedError(error) && error.retriable) throw error;
    const [only] = taken;
    if (!only) throw error;
    if (taken.length === 1) {
      await failOne(context, work, only, error);
      return 1;
    }
    for (const entry of taken) await runBatch(context, { ...work, select: these(work.select, entry) });
    return taken.length;
  }
}

async function failOne(context: BatchContext, work: BatchWork, entry: JournalEntry, error: unknown): Promise<void> {
  const reason = isHeedError(error) ? error.code : 'agent_error';
  const level = isHeedError(error) ? 'warn' : 'error';
  context.logger[level]({ dispatchId: entry.dispatchId, kind: entry.kind, code: reason, err: error }, 'command failed');
  await context.connector.work(work.connection, async (unit) => {
    const again = await unit.pick(these(work.select, entry));
    if (again.length > 0) await unit.save([work.fail(entry, reason)], context.clock.now());
  });
}

const these = (select: Selection, entry: JournalEntry): Selection => ({ work: select.work, these: [entry.dispatchId] });
