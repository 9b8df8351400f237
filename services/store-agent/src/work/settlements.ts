import type { JournalEntry, Progress, Settlement } from '@heed/connector-spi';
import type { Outcome } from '@heed/contracts-fanout';

/** Nothing was destroyed for this outcome, so there is nothing to read again. */
export function settled(entry: JournalEntry, outcome: Outcome, more: Partial<Settlement> = {}): Progress {
  return {
    dispatchId: entry.dispatchId,
    state: 'settled',
    settlement: { outcome, assurance: 'applied', tables: entry.tables, reason: null, ...more },
  };
}
