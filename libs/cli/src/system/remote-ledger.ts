import type { ExportedRecord, ExportSource, KeptCheckpoint, PrunedFile, TileId } from '@heed/ledger';
import { CliError } from '../output/cli-error.js';
import type { Api } from './api.js';

/** How far a ledger is, as `GET /v1/ledger/{owner}` tells it. */
export interface LedgerNow {
  readonly origin: string;
  readonly size: number;
  readonly root: string;
  readonly key: string;
  readonly checkpoint: string | null;
  readonly pruned: PrunedFile | null;
}

interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

const RECORDS_AT_ONCE = 1000;
const CHECKPOINTS_AT_ONCE = 500;

export const ledgerPath = (owner: string): string => `/v1/ledger/${encodeURIComponent(owner)}`;
export const readLedger = (api: Api, owner: string): Promise<LedgerNow> => api.get<LedgerNow>(ledgerPath(owner));

/** A ledger as the API tells it, page by page. @throws CliError while nothing of it was signed */
export function remoteLedger(api: Api, owner: string, now: LedgerNow): ExportSource {
  if (now.checkpoint === null) throw new CliError(`${now.origin} has no signed checkpoint yet: something has to happen first, and a second to pass.`);
  const path = ledgerPath(owner);
  return {
    key: now.key,
    checkpoint: now.checkpoint,
    pruned: now.pruned ?? undefined,
    checkpoints: () => pages<KeptCheckpoint>(api, `${path}/checkpoints`, CHECKPOINTS_AT_ONCE),
    records: () => pages<ExportedRecord>(api, `${path}/records`, RECORDS_AT_ONCE),
    tile: async ({ level, index }: TileId) => {
      const { hashes } = await api.get<{ hashes: string }>(`${path}/tiles/${level}/${index}`);
      return Buffer.from(hashes, 'base64');
    },
  };
}

async function* pages<T>(api: Api, path: string, limit: number): AsyncGenerator<T> {
  for (let cursor: string | null = ''; cursor !== null; ) {
    const query: string = `limit=${limit}${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
    const page: Page<T> = await api.get<Page<T>>(`${path}?${query}`);
    yield* page.items;
    cursor = page.nextCursor;
  }
}
