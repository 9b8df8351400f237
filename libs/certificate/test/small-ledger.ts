import type { OkpKey } from '@heed/crypto';
import { appendLeaves, inclusionProof, newSalt, recordHash, signCheckpoint } from '@heed/ledger';
import type { LedgerEvidence, LedgerRecord, TileId } from '@heed/ledger';

/** A ledger in memory, with some records of other people around those that are asked for. */
export class SmallLedger {
  readonly records: LedgerRecord[] = [];

  constructor(
    readonly origin: string,
    private readonly key: OkpKey,
  ) {}

  record(kind: string, data: LedgerRecord['data'], ref?: string): string {
    this.append('consent.given', { version: this.records.length }, 'sub_00000000000000000000000000000000');
    return this.append(kind, data, ref);
  }

  private append(kind: string, data: LedgerRecord['data'], ref?: string): string {
    const id = `019a0000-0000-7000-8000-${String(this.records.length + 1).padStart(12, '0')}`;
    this.records.push({ id, kind, at: '2026-11-21T10:00:01.000Z', ...(ref ? { ref } : {}), data, salt: newSalt() });
    return id;
  }

  async evidence(ids: readonly string[]): Promise<LedgerEvidence[]> {
    const { size, root, tiles } = await appendLeaves(0, this.records.map(recordHash), () => Promise.resolve([]));
    const read = (wanted: readonly TileId[]): Promise<Buffer[]> =>
      Promise.resolve(wanted.map(({ level, index }) => tiles.find((tile) => tile.level === level && tile.index === index)?.hashes ?? Buffer.alloc(0)));
    const checkpoint = signCheckpoint({ origin: this.origin, size, root }, this.key);
    return Promise.all(
      ids.map(async (id) => {
        const index = this.records.findIndex((one) => one.id === id);
        const record = this.records[index];
        if (!record) throw new Error(`no record ${id}`);
        const inclusion = (await inclusionProof(index, size, read)).map((hash) => hash.toString('base64'));
        return { origin: this.origin, index, size, record, inclusion, checkpoint };
      }),
    );
  }
}
