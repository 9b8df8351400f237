import type { HoldPlacement, HoldResult, PurposeChange } from '@heed/connector-spi';
import type { JournalDatabase } from './database.js';

/** Versions per purpose and holds, beside the journal. Writes belong into the transaction of the entry they are for. */
export class Marks {
  constructor(private readonly db: JournalDatabase) {}

  /** Purposes of the change that are not known in a later version. */
  current(change: PurposeChange, mapped: readonly string[]): readonly string[] {
    return mapped.filter((purpose) => {
      const [known] = this.db.all('SELECT version FROM purpose_state WHERE ref = ? AND purpose = ?', change.ref, purpose);
      return !known || Number(known['version']) <= change.version;
    });
  }

  keepVersions(change: PurposeChange, purposes: readonly string[]): void {
    for (const purpose of purposes) {
      this.db.run('INSERT OR REPLACE INTO purpose_state (ref, purpose, version, is_on) VALUES (?, ?, ?, ?)', change.ref, purpose, change.version, change.on ? 1 : 0);
    }
  }

  place(hold: HoldPlacement): void {
    for (const ref of hold.refs) this.db.run('INSERT OR IGNORE INTO hold (hold_id, ref) VALUES (?, ?)', hold.holdId, ref);
  }

  release(hold: HoldPlacement): void {
    this.db.run('UPDATE hold SET released = 1 WHERE hold_id = ?', hold.holdId);
    for (const ref of hold.refs) this.db.run('INSERT OR IGNORE INTO hold (hold_id, ref, released) VALUES (?, ?, 1)', hold.holdId, ref);
  }

  look(hold: HoldPlacement): HoldResult {
    const superseded = this.db.all('SELECT 1 FROM hold WHERE hold_id = ? AND released = 1', hold.holdId).length > 0;
    const alreadyErased = hold.refs.some(
      (ref) =>
        this.db.all(
          `SELECT 1 FROM journal_ref r JOIN journal j ON j.dispatch_id = r.dispatch_id WHERE r.ref = ? AND j.kind = 'erasure' AND j.row_count > 0`,
          ref,
        ).length > 0,
    );
    return { dispatchId: hold.dispatchId, superseded, alreadyErased };
  }

  isHeld(refs: readonly string[]): boolean {
    return refs.some((ref) => this.db.all('SELECT 1 FROM hold WHERE ref = ? AND released = 0', ref).length > 0);
  }
}
