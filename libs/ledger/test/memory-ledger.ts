import type { OkpKey } from '@heed/crypto';
import { appendLeaves, EMPTY_ROOT, HASH_SIZE, recordHash, signCheckpoint, vkeyOf, writeExport } from '@heed/ledger';
import type { ExportedRecord, ExportSource, KeptCheckpoint, LedgerRecord, ReadTile, TileId } from '@heed/ledger';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

export const ORIGIN = 'heed/consent/ajuni';

/** A ledger in memory: what a sequencer keeps in a database. */
export class MemoryLedger {
  readonly records: LedgerRecord[] = [];
  readonly checkpoints: KeptCheckpoint[] = [];
  readonly tiles = new Map<string, Buffer>();
  root: Buffer = EMPTY_ROOT;

  constructor(
    readonly key: OkpKey = signingKey(),
    readonly origin = ORIGIN,
  ) {}

  get vkey(): string {
    return vkeyOf(this.origin, this.key.x);
  }

  readonly read: ReadTile = (wanted) => Promise.resolve(wanted.map((tile) => this.tiles.get(nameOf(tile)) ?? Buffer.alloc(0)));

  /** One batch of a sequencer, signed. */
  async append(records: readonly LedgerRecord[]): Promise<this> {
    const { root, tiles } = await appendLeaves(this.records.length, records.map(recordHash), this.read);
    for (const tile of tiles) this.tiles.set(nameOf(tile), tile.hashes);
    this.records.push(...records);
    this.root = root;
    this.checkpoints.push({ note: this.sign(this.records.length, root) });
    return this;
  }

  sign(size: number, root: Buffer, origin = this.origin): string {
    return signCheckpoint({ origin, size, root }, this.key);
  }

  /** Writes it as an export of records, as many as asked; those before `pruned` without themselves. */
  async export({ pruned = 0, show = (record) => record }: { pruned?: number; show?: (record: ExportedRecord) => ExportedRecord } = {}): Promise<string> {
    const folder = await mkdtemp(path.join(tmpdir(), 'heed-ledger-'));
    const { records, checkpoints, tiles } = this;
    const source: ExportSource = {
      key: this.vkey,
      checkpoint: checkpoints.at(-1)?.note ?? this.sign(0, EMPTY_ROOT),
      pruned: { upTo: pruned, before: '2026-01-01T00:05:00.000Z', by: 'AJU-29' },
      checkpoints: () => iterate(checkpoints),
      records: () => iterate(records.map((record, index) => show({ index, ...record })).slice(pruned)),
      tile: (tile) => Promise.resolve(tiles.get(nameOf(tile)) ?? Buffer.alloc(HASH_SIZE)),
    };
    await writeExport(folder, source);
    return folder;
  }
}

/** Records that are the same in every run. */
export function numberedRecords(count: number, from = 0, more: Partial<LedgerRecord> = {}): LedgerRecord[] {
  return Array.from({ length: count }, (_, i) => {
    const number = from + i;
    const id = `0192f3c4-0000-7000-8000-${number.toString(16).padStart(12, '0')}`;
    const at = new Date(Date.UTC(2026, 0, 1) + number * 1000).toISOString();
    const salt = createHash('sha256').update(`salt ${number}`).digest().subarray(0, 16).toString('base64url');
    return { id, kind: 'consent.given', at, ref: `sub_${number % 7}`, data: { purpose: 'analytics', version: number, nested: { ok: true, share: number / 8 } }, salt, ...more };
  });
}

export function signingKey(): OkpKey {
  const { x, d } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  return { kty: 'OKP', crv: 'Ed25519', x: x ?? '', d: d ?? '', kid: 'ledger' };
}

async function* iterate<T>(values: readonly T[]): AsyncGenerator<T> {
  for (const value of values) yield await Promise.resolve(value);
}

const nameOf = ({ level, index }: TileId): string => `${level}/${index}`;
