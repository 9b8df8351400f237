import type { ExportSource } from '@heed/ledger';
import type { BenchLedger } from './bench-ledger.js';
import { TENANT } from './bench-ledger.js';

const PAGE = 1000;

/** The ledger as its API tells it, without the HTTP in between. */
export async function exportSource({ reader }: BenchLedger): Promise<ExportSource> {
  const ledger = reader.of(TENANT, 'consent');
  const { key, checkpoint } = await ledger.show();
  return {
    key,
    checkpoint: checkpoint ?? '',
    checkpoints: () => items((cursor) => ledger.checkpoints(PAGE, cursor)),
    records: () => items((cursor) => ledger.records(PAGE, cursor)),
    tile: async ({ level, index }) => Buffer.from((await ledger.tile(level, index)).hashes, 'base64'),
  };
}

async function* items<T>(read: (cursor: string | undefined) => Promise<{ readonly items: readonly T[]; readonly nextCursor: string | null }>): AsyncGenerator<T> {
  let cursor: string | undefined;
  do {
    const page = await read(cursor);
    yield* page.items;
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
}
