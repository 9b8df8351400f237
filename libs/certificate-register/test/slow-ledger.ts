import type { OkpKey } from '@heed/crypto';
import { notFound } from '@heed/kernel';
import { appendLeaves, inclusionProof, recordHash, signCheckpoint } from '@heed/ledger';
import type { LedgerEvidence, LedgerRecord } from '@heed/ledger';
import type { Tx } from '@heed/persistence';

interface Row {
  readonly id: string;
  readonly kind: string;
  readonly recorded_at: Date;
  readonly subject_ref: string | null;
  readonly data: LedgerRecord['data'];
  readonly salt: Buffer;
}

/** A ledger that comes to records when it is let, and forgets them when it is told to. */
export class SlowLedger {
  asked: readonly string[] = [];
  placed = true;
  pruned = false;

  constructor(readonly signing: OkpKey) {}

  async evidenceFor(tx: Tx, ids: readonly string[]): Promise<readonly LedgerEvidence[] | 'pending'> {
    this.asked = ids;
    if (!this.placed) return 'pending';
    if (this.pruned) throw notFound('ledger record');
    const records = (await tx.query<Row>('SELECT * FROM ledger_entry WHERE id = ANY($1) ORDER BY id', [ids])).map(recordOf);
    const origin = `heed/consent/${tx.tenant}`;
    const { size, root, tiles } = await appendLeaves(0, records.map(recordHash), () => Promise.resolve([]));
    const hashes = tiles.map((tile) => tile.hashes);
    const checkpoint = signCheckpoint({ origin, size, root }, this.signing);
    return Promise.all(
      records.map(async (record, index) => {
        const inclusion = (await inclusionProof(index, size, () => Promise.resolve(hashes))).map((hash) => hash.toString('base64'));
        return { origin, index, size, record, inclusion, checkpoint };
      }),
    );
  }
}

const recordOf = ({ id, kind, recorded_at: at, subject_ref: ref, data, salt }: Row): LedgerRecord => ({
  id,
  kind,
  at: at.toISOString(),
  ...(ref ? { ref } : {}),
  data,
  salt: salt.toString('base64url'),
});
