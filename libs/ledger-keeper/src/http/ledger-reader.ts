import { pageOf, readCursor } from '@heed/http';
import type { Page } from '@heed/http';
import { conflict, malformed, notFound } from '@heed/kernel';
import { consistencyProof, HASH_SIZE, inclusionProof } from '@heed/ledger';
import type { Tx, UnitOfWork } from '@heed/persistence';
import type { z } from 'zod';
import type { Ledger } from '../evidence.js';
import { ENTRY, recordOf } from '../tree/records.js';
import type { EntryRow } from '../tree/records.js';
import { newestCheckpoint, readHead, tilesOfTenant } from '../tree/tree.store.js';
import type { checkpointAnswer, consistencyAnswer, inclusionAnswer, ledgerAnswer, recordAnswer, tileAnswer } from './ledger.answers.js';

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** Reads this service's ledgers for whoever verifies them. */
export class LedgerReader {
  constructor(
    private readonly service: string,
    private readonly ledger: Ledger,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** @throws HeedError `not_found` for a ledger that another service keeps */
  of(tenant: string, owner: string): LedgerOfTenant {
    if (owner !== this.service) throw notFound('ledger');
    return new LedgerOfTenant(tenant, this.ledger, this.unitOfWork);
  }
}

class LedgerOfTenant {
  constructor(
    private readonly tenant: string,
    private readonly ledger: Ledger,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  show(): Promise<z.input<typeof ledgerAnswer>> {
    return this.read(async (tx) => {
      const { size, root, pruned } = await readHead(tx);
      const checkpoint = await newestCheckpoint(tx);
      return {
        origin: this.ledger.origin(this.tenant),
        size,
        root: base64(root),
        key: this.ledger.vkey(this.tenant),
        checkpoint: checkpoint?.note ?? null,
        pruned: pruned.before && pruned.by ? { upTo: pruned.to, before: pruned.before.toISOString(), by: pruned.by } : null,
      };
    });
  }

  checkpoints(limit: number, cursor: string | undefined): Promise<Page<z.input<typeof checkpointAnswer>>> {
    return this.read(async (tx) => {
      const rows = await tx.query<{ size: string; root: Buffer; note: string; made_at: Date }>(
        'SELECT size, root, note, made_at FROM ledger_checkpoint WHERE size > $1 ORDER BY size LIMIT $2',
        [placeAfter(cursor), limit + 1],
      );
      const page = pageOf(rows, limit, (row) => row.size);
      return { ...page, items: page.items.map((row) => ({ size: Number(row.size), root: base64(row.root), note: row.note, madeAt: row.made_at.toISOString() })) };
    });
  }

  records(limit: number, cursor: string | undefined): Promise<Page<z.input<typeof recordAnswer>>> {
    return this.read(async (tx) => {
      const { pruned } = await readHead(tx);
      const rows = await tx.query<EntryRow & { index: string }>(
        `SELECT l.index, ${ENTRY} FROM ledger_leaf l JOIN ledger_entry e ON e.id = l.entry_id WHERE l.index > $1 ORDER BY l.index LIMIT $2`,
        [Math.max(placeAfter(cursor), pruned.to - 1), limit + 1],
      );
      const page = pageOf(rows, limit, (row) => row.index);
      return { ...page, items: page.items.map((row) => ({ index: Number(row.index), ...recordOf(row) })) };
    });
  }

  tile(level: number, index: number): Promise<z.input<typeof tileAnswer>> {
    return this.read(async (tx) => {
      const [hashes] = await tilesOfTenant(tx)([{ level, index }]);
      if (!hashes || hashes.length === 0) throw notFound('tile');
      return { level, index, width: hashes.length / HASH_SIZE, hashes: base64(hashes) };
    });
  }

  inclusion(entry: string, wanted: number | undefined): Promise<z.input<typeof inclusionAnswer>> {
    return this.read(async (tx) => {
      const index = await placeOf(tx, entry);
      const { size: present, signedSize } = await readHead(tx);
      const size = wanted ?? signedSize;
      if (wanted === undefined && index >= signedSize) throw conflict('ledger_pending', 'The record is under no checkpoint yet; it will be in a second or two.');
      refuseBeyond(size, present);
      const proof = await inclusionProof(index, size, tilesOfTenant(tx));
      return { index, size, proof: proof.map(base64) };
    });
  }

  consistency(from: number, to: number): Promise<z.input<typeof consistencyAnswer>> {
    return this.read(async (tx) => {
      refuseBeyond(to, (await readHead(tx)).size);
      const proof = await consistencyProof(from, to, tilesOfTenant(tx));
      return { from, to, proof: proof.map(base64) };
    });
  }

  private read<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.unitOfWork.run(this.tenant, work);
  }
}

/** The size or place that a page begins after; -1 is before the first. */
function placeAfter(cursor: string | undefined): number {
  const after = readCursor(cursor) ?? '-1';
  if (!/^(-1|\d{1,15})$/.test(after)) throw malformed('cursor_malformed', 'The cursor is not one that a list gave.');
  return Number(after);
}

async function placeOf(tx: Tx, entry: string): Promise<number> {
  const [leaf] = await tx.query<{ index: string }>('SELECT index FROM ledger_leaf WHERE entry_id = $1', [entry]);
  if (leaf) return Number(leaf.index);
  const [row] = await tx.query('SELECT 1 FROM ledger_entry WHERE id = $1', [entry]);
  if (row) throw conflict('ledger_pending', 'The record has no place in the ledger yet; it will have one in a moment.');
  throw notFound('ledger record');
}

function refuseBeyond(size: number, present: number): void {
  if (size > present) throw malformed('index_outside', `The ledger has ${present} records.`);
}
