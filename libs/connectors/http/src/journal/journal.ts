import { laneOf, NO_TRAIL, refsOf, rowsOf } from '@heed/connector-spi';
import type { Command, Due, JournalEntry, JournalState, Progress, ReceivedCommand, Selection, Settlement, Trail, Unsent } from '@heed/connector-spi';
import type { TableEvidence } from '@heed/contracts-fanout';
import type { JournalDatabase, Row } from './database.js';
import { OVER } from './schema.js';

const OPEN = `('received','erasing','erased')`;
const REOPENS = new Set(['held', 'refused', 'failed']);
/** CROSS JOIN is SQLite's way to say in which order: from one person's refs to their few entries, not from all that is open. */
const ELIGIBLE = `j.state IN ('received','erasing') AND NOT EXISTS (
  SELECT 1 FROM journal_ref mine CROSS JOIN journal_ref theirs CROSS JOIN journal e
  WHERE mine.dispatch_id = j.dispatch_id AND theirs.ref = mine.ref AND e.dispatch_id = theirs.dispatch_id
    AND e.position < j.position AND e.state IN ${OPEN})`;

/**
 * Only erasures are looked up by their people later. Of the rest, what is over would be read again for every command that
 * waits: somebody who changes their mind thousands of times must not slow down the others.
 */
const FORGET_REFS = `DELETE FROM journal_ref WHERE dispatch_id = (SELECT dispatch_id FROM journal WHERE dispatch_id = ? AND kind <> 'erasure')`;

/** Inbox and journal in SQLite, with the meaning that the connector port gives them. */
export class Journal {
  constructor(private readonly db: JournalDatabase) {}

  receive(commands: readonly ReceivedCommand[]): void {
    this.db.transaction(() => {
      for (const command of commands) this.receiveOne(command);
    });
  }

  /** Entries that are due, without those that another unit of work has taken. */
  pick(selection: Selection, takenCount: number, taken: (dispatchId: string) => boolean): JournalEntry[] {
    return this.due(selection, takenCount)
      .filter((row) => row['command'] !== null && !taken(String(row['dispatch_id'])))
      .slice(0, 'limit' in selection ? selection.limit : undefined)
      .map(toEntry);
  }

  /** Inside the caller's transaction. */
  save(progress: readonly Progress[], now: Date): void {
    for (const p of progress) {
      const settlement = 'settlement' in p ? p.settlement : undefined;
      const tables = settlement?.tables ?? ('tables' in p ? p.tables : undefined);
      if (tables) this.db.run('UPDATE journal SET tables = ?, row_count = ? WHERE dispatch_id = ?', JSON.stringify(tables), rowsOf(tables), p.dispatchId);
      if (settlement) this.settle(p, settlement, now);
      if ('trail' in p) this.db.run('UPDATE journal SET trail = ? WHERE dispatch_id = ?', JSON.stringify(p.trail), p.dispatchId);
      if (p.state !== 'confirmed') this.db.run('UPDATE journal SET state = ? WHERE dispatch_id = ?', p.state, p.dispatchId);
      const again = p.state === 'verified' ? p.verifyAgainAt : null;
      this.db.run('UPDATE journal SET verify_again_at = ? WHERE dispatch_id = ?', again?.getTime() ?? null, p.dispatchId);
      const over = p.state === 'confirmed' || p.state === 'settled' || (p.state === 'verified' && !again);
      if (over) this.db.run('UPDATE journal SET command = NULL WHERE dispatch_id = ?', p.dispatchId);
      if (p.state === 'settled') this.db.run(FORGET_REFS, p.dispatchId);
    }
  }

  dueKinds(now: Date): Due {
    const any = (where: string, ...values: number[]): boolean => this.db.all(`SELECT 1 FROM journal WHERE ${where} LIMIT 1`, ...values).length > 0;
    const todo = `state IN ('received','erasing')`;
    return {
      urgent: any(`${todo} AND urgent = 1`),
      slow: any(`${todo} AND urgent = 0`),
      verify: any(`state = 'erased'`) || any(`verify_again_at <= ? AND verify_again_at IS NOT NULL`, now.getTime()),
      acknowledge: any(`state IN ('verified','settled')`),
    };
  }

  unsent(limit: number): Unsent {
    const rows = this.db.all(`SELECT * FROM journal WHERE state IN ('verified','settled') ORDER BY journal_position LIMIT ?`, limit);
    return { entries: rows.map(toUnsent), journalPosition: this.counter('head') };
  }

  keep(signed: readonly { readonly dispatchId: string; readonly acknowledgement: string }[]): void {
    this.db.transaction(() => {
      for (const { dispatchId, acknowledgement } of signed) {
        this.db.run(`UPDATE journal SET acknowledgement = ? WHERE dispatch_id = ? AND state IN ('verified','settled')`, acknowledgement, dispatchId);
      }
    });
  }

  mark(sent: readonly { readonly dispatchId: string; readonly acknowledgement: string }[]): void {
    this.db.transaction(() => {
      for (const { dispatchId, acknowledgement } of sent) {
        this.db.run(
          `UPDATE journal SET state = 'acknowledged' WHERE dispatch_id = ? AND acknowledgement = ? AND state IN ('verified','settled')`,
          dispatchId,
          acknowledgement,
        );
      }
    });
  }

  prune(before: Date, limit: number): number {
    const rows = this.db.all(`SELECT dispatch_id FROM journal WHERE ${OVER} AND completed_at < ? ORDER BY completed_at LIMIT ?`, before.getTime(), limit);
    this.db.transaction(() => {
      for (const { dispatch_id: id } of rows) {
        this.db.run('DELETE FROM journal_ref WHERE dispatch_id = ?', id ?? null);
        this.db.run('DELETE FROM journal WHERE dispatch_id = ?', id ?? null);
      }
    });
    return rows.length;
  }

  private due(selection: Selection, takenCount: number): Row[] {
    if ('these' in selection) {
      const due = {
        commands: `state IN ('received','erasing')`,
        unverified: `state = 'erased'`,
        verify_again: `verify_again_at IS NOT NULL AND state IN ('verified','acknowledged')`,
      }[selection.work];
      return selection.these.flatMap((id) => this.db.all(`SELECT * FROM journal WHERE dispatch_id = ? AND ${due}`, id));
    }
    const limit = selection.limit + takenCount;
    switch (selection.work) {
      case 'commands':
        return this.db.all(`SELECT j.* FROM journal j WHERE j.urgent = ? AND ${ELIGIBLE} ORDER BY j.position LIMIT ?`, selection.lane === 'urgent' ? 1 : 0, limit);
      case 'unverified':
        return this.db.all(`SELECT * FROM journal WHERE state = 'erased' ORDER BY position LIMIT ?`, limit);
      case 'verify_again':
        return this.db.all(
          `SELECT * FROM journal WHERE verify_again_at <= ? AND state IN ('verified','acknowledged') ORDER BY verify_again_at LIMIT ?`,
          selection.now.getTime(),
          limit,
        );
    }
  }

  private receiveOne(command: ReceivedCommand): void {
    const { data, cause } = command;
    const issuedAt = new Date(data.issuedAt).getTime();
    const body = JSON.stringify(data);
    const [known] = this.db.all('SELECT * FROM journal WHERE dispatch_id = ?', data.dispatchId);
    if (!known) {
      this.db.run(
        `INSERT INTO journal (dispatch_id, position, command_id, kind, urgent, owner, ref, version, issued_at, correlation_id, traceparent, command)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        data.dispatchId, this.next('topic_order'), command.commandId, command.kind, laneOf(command.kind) === 'urgent' ? 1 : 0, data.owner,
        data.ref, data.version, issuedAt, cause.correlationId, cause.traceparent ?? null, body,
      );
    } else {
      if (issuedAt < Number(known['issued_at'])) return;
      const outcome = known['outcome'];
      if (outcome === null || REOPENS.has(String(outcome))) {
        const position = outcome === null ? Number(known['position']) : this.next('topic_order');
        const state = outcome === null ? String(known['state']) : 'received';
        this.db.run(
          `UPDATE journal SET position = ?, command_id = ?, issued_at = ?, correlation_id = ?, traceparent = ?, command = ?, state = ?,
             outcome = NULL, reason = NULL, acknowledgement = NULL, verify_again_at = NULL WHERE dispatch_id = ?`,
          position, command.commandId, issuedAt, cause.correlationId, cause.traceparent ?? null, body, state, data.dispatchId,
        );
      } else {
        const due = known['kind'] === 'erasure' ? 'verified' : 'settled';
        this.db.run(
          `UPDATE journal SET acknowledgement = NULL, correlation_id = ?, traceparent = ?, state = ? WHERE dispatch_id = ?`,
          cause.correlationId, cause.traceparent ?? null, due, data.dispatchId,
        );
        return;
      }
    }
    for (const ref of refsOf(command)) this.db.run('INSERT OR IGNORE INTO journal_ref (ref, dispatch_id) VALUES (?, ?)', ref, data.dispatchId);
  }

  private settle(p: Progress, settlement: Settlement, now: Date): void {
    this.db.run(
      `UPDATE journal SET outcome = ?, assurance = ?, reason = ?, already_erased = ?, journal_position = ?, completed_at = ?, acknowledgement = NULL
       WHERE dispatch_id = ?`,
      settlement.outcome, settlement.assurance, settlement.reason, settlement.alreadyErased === true ? 1 : 0, this.next('head'), now.getTime(), p.dispatchId,
    );
  }

  private next(name: 'topic_order' | 'head'): number {
    this.db.run('UPDATE counter SET value = value + 1 WHERE name = ?', name);
    return this.counter(name);
  }

  private counter(name: string): number {
    return Number(this.db.all('SELECT value FROM counter WHERE name = ?', name)[0]?.['value'] ?? 0);
  }
}

const causeOf = (row: Row): ReceivedCommand['cause'] => ({
  correlationId: String(row['correlation_id']),
  causationId: String(row['command_id']),
  ...(row['traceparent'] === null ? {} : { traceparent: String(row['traceparent']) }),
});

function toEntry(row: Row): JournalEntry {
  return {
    // The body was validated before it was stored.
    ...({ kind: row['kind'], data: JSON.parse(String(row['command'])) } as Command),
    dispatchId: String(row['dispatch_id']),
    commandId: String(row['command_id']),
    cause: causeOf(row),
    state: row['state'] as JournalState,
    tables: JSON.parse(String(row['tables'])) as TableEvidence[],
    trail: row['trail'] === null ? NO_TRAIL : (JSON.parse(String(row['trail'])) as Trail),
  };
}

function toUnsent(row: Row): Unsent['entries'][number] {
  return {
    dispatchId: String(row['dispatch_id']),
    commandId: String(row['command_id']),
    owner: row['owner'] as Command['data']['owner'],
    ref: String(row['ref']),
    version: Number(row['version']),
    cause: causeOf(row),
    settlement: {
      outcome: row['outcome'] as Settlement['outcome'],
      assurance: row['assurance'] as Settlement['assurance'],
      tables: JSON.parse(String(row['tables'])) as TableEvidence[],
      reason: row['reason'] === null ? null : String(row['reason']),
      alreadyErased: row['already_erased'] === 1,
    },
    completedAt: new Date(Number(row['completed_at'])),
    acknowledgement: row['acknowledgement'] === null ? null : String(row['acknowledgement']),
  };
}
