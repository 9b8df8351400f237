import type { Outcome, TableEvidence } from '@heed/contracts-fanout';
import type { Settlement } from './journal.js';
import type { Verification } from './connector.js';

/** Adds rows that a further chunk touched; what was kept is as the last look saw it. */
export function mergeEvidence(earlier: readonly TableEvidence[], later: readonly TableEvidence[]): TableEvidence[] {
  const before = new Map(earlier.map((t) => [t.table, t]));
  const merged = later.map((t) => ({ ...t, rows: t.rows + (before.get(t.table)?.rows ?? 0) }));
  const seen = new Set(later.map((t) => t.table));
  return [...earlier.filter((t) => !seen.has(t.table)), ...merged];
}

export const rowsOf = (tables: readonly TableEvidence[]): number => tables.reduce((sum, t) => sum + t.rows, 0);
export const residueOf = (tables: readonly TableEvidence[]): number => tables.reduce((sum, t) => sum + t.residue, 0);
const keptOf = (tables: readonly TableEvidence[]): number => tables.reduce((sum, t) => sum + t.kept.reduce((n, k) => n + k.count, 0), 0);

/** What a verification says: `done` with residue is impossible, and who had nothing here was not erased here. */
export function settleVerification(verification: Verification): Settlement {
  const { tables } = verification;
  const residue = residueOf(tables);
  const nothing = rowsOf(tables) === 0 && keptOf(tables) === 0;
  const outcome: Outcome = residue > 0 ? 'failed' : nothing ? 'nothing_found' : 'done';
  return {
    outcome,
    assurance: verification.read ? 'verified' : 'processor_attested',
    tables,
    reason: residue > 0 ? 'residue_found' : null,
  };
}
