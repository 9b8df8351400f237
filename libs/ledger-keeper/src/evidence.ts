import type { OkpKey } from '@heed/crypto';
import { notFound } from '@heed/kernel';
import { inclusionProofs } from '@heed/ledger';
import type { LedgerEvidence } from '@heed/ledger';
import type { Tx } from '@heed/persistence';
import { originOf } from './ledger-key.js';
import type { LedgerKey } from './ledger-key.js';
import { ENTRY, recordOf } from './tree/records.js';
import type { EntryRow } from './tree/records.js';
import { newestCheckpoint, tilesOfTenant } from './tree/tree.store.js';

type PlacedEntry = EntryRow & { readonly index: string; readonly pruned: boolean };

/** What a service tells others of its own ledger. */
export class Ledger {
  constructor(private readonly key: LedgerKey) {}

  /** The name of the tenant's ledger, `heed/<service>/<tenant>`. */
  origin(tenant: string): string {
    return originOf(this.key.service, tenant);
  }

  /** The public key by which the tenant's evidence is verified. */
  vkey(tenant: string): string {
    return this.key.vkey(tenant);
  }

  /** What its checkpoints are signed with: who trusts those needs no second key for other documents of the service. */
  get signing(): OkpKey {
    return this.key.signing;
  }

  /**
   * Proves that records stand in the ledger, against its newest checkpoint.
   * @param entryIds what `tx.record` answered, in transactions that were committed before this one
   * @returns in the order asked; `pending` while one of them is not under a checkpoint yet, which takes a second or two
   * @throws HeedError `not_found` where one was pruned, so that it cannot be shown any more
   * @example const evidence = await ledger.evidenceFor(tx, [entryId]); if (evidence === 'pending') return; // and come back
   */
  async evidenceFor(tx: Tx, entryIds: readonly string[]): Promise<readonly LedgerEvidence[] | 'pending'> {
    const checkpoint = await newestCheckpoint(tx);
    const rows = await tx.query<PlacedEntry>(
      `SELECT ${ENTRY}, l.index, e.id IS NULL AS pruned FROM unnest($1::uuid[]) WITH ORDINALITY AS w(id, o)
         JOIN ledger_leaf l ON l.entry_id = w.id LEFT JOIN ledger_entry e ON e.id = w.id ORDER BY w.o`,
      [entryIds],
    );
    if (!checkpoint || rows.length < entryIds.length || rows.some(({ index }) => Number(index) >= checkpoint.size)) return 'pending';
    if (rows.some(({ pruned }) => pruned)) throw notFound('ledger record');
    const { size, note } = checkpoint;
    const proofs = await inclusionProofs(rows.map(({ index }) => Number(index)), size, tilesOfTenant(tx));
    return rows.map((row, i) => ({
      origin: this.origin(tx.tenant),
      index: Number(row.index),
      size,
      record: recordOf(row),
      inclusion: (proofs[i] ?? []).map((hash) => hash.toString('base64')),
      checkpoint: note,
    }));
  }
}
