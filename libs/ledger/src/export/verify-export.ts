import { checkCheckpoints, readVkeys } from './check-checkpoints.js';
import { checkRecords } from './check-records.js';
import type { CheckedRecords } from './check-records.js';
import { checkTiles } from './check-tiles.js';
import { ExportFolder } from './export-folder.js';
import type { PrunedFile } from './files.js';
import { LedgerFault } from './finding.js';
import type { Finding } from './finding.js';
import { LeafHashes } from './leaf-hashes.js';

export interface VerifyOptions {
  /** Keys that were obtained from elsewhere, one vkey a line; the folder's own `key` otherwise, which proves less. */
  readonly vkeys?: string;
  /** A signed checkpoint kept from before: the export has to be a continuation of it. */
  readonly trusted?: string;
  readonly progress?: Progress;
}

export type Progress = (phase: 'tiles' | 'records', done: number, total: number) => void;

export interface ExportReport {
  readonly verified: boolean;
  /** Why not. */
  readonly finding?: Finding;
  readonly key?: { readonly from: 'given' | 'export'; readonly names: readonly string[] };
  readonly origin?: string;
  readonly size?: number;
  /** Base64. */
  readonly root?: string;
  readonly checkpoints?: number;
  /** The size of the trusted checkpoint that this export continues. */
  readonly continues?: number;
  readonly records?: CheckedRecords;
  /** Why and until when, where records were pruned. */
  readonly pruning?: PrunedFile;
}

/**
 * Verifies an exported ledger offline, with nothing but the folder and a public key. What it cannot do is in the report:
 * see `describeReport`.
 * @example const report = await verifyExport('ledger', { vkeys: await readFile('consent.vkey', 'utf8') })
 */
export async function verifyExport(root: string, options: VerifyOptions = {}): Promise<ExportReport> {
  let report: ExportReport = { verified: false };
  const progress = options.progress ?? ((): void => undefined);
  try {
    const folder = new ExportFolder(root);
    const vkeys = readVkeys(options.vkeys ?? (await folder.text('key')));
    const names = vkeys.map(({ name, id }) => `${name}+${id.toString('hex')}`);
    report = { ...report, key: { from: options.vkeys === undefined ? 'export' : 'given', names } };
    const signed = await checkCheckpoints(folder, vkeys, options.trusted);
    const { origin, size, root: hash } = signed.longest;
    report = { ...report, origin, size, root: hash.toString('base64'), checkpoints: signed.all.length };
    await checkTiles(folder, signed, progress);
    if (signed.trusted) report = { ...report, continues: signed.trusted.size };
    const pruned = await folder.pruned();
    const records = await checkRecords(folder, new LeafHashes(folder, size), pruned, progress);
    return { ...report, verified: true, records, ...(pruned === undefined ? {} : { pruning: pruned }) };
  } catch (error) {
    if (error instanceof LedgerFault) return { ...report, finding: error.finding };
    throw error;
  }
}
