import type { ExportReport } from './verify-export.js';

/** What was verified, and what was not, in sentences. */
export function describeReport(report: ExportReport): readonly string[] {
  if (!report.verified) return [`NOT VERIFIED: ${report.finding?.message ?? 'unknown'}`];
  const { verified, withheld, pruned } = report.records ?? { verified: 0, withheld: 0, pruned: 0 };
  const lines = [
    `VERIFIED: ${report.origin}, ${report.size} records, root ${report.root}`,
    `${report.checkpoints} signed checkpoints are of one ledger that was only ever appended to.`,
    `${verified} records are unchanged, complete and in their order.`,
  ];
  if (report.continues !== undefined) lines.push(`It continues the trusted checkpoint of size ${report.continues}.`);
  if (pruned > 0) {
    const { before, by } = report.pruning ?? {};
    const why = `${before === undefined ? '' : `, being from before ${before}`}${by === undefined ? '' : ` (${by})`}`;
    lines.push(`Not verified: what the first ${pruned} records said. They were pruned${why}; that they were there is proven by their hashes.`);
  }
  if (withheld > 0) lines.push(`Not verified: what ${withheld} records are about. They were exported without that; when and of which kind they are is proven.`);
  if (report.continues === undefined) lines.push('Not verified: that others were shown the same ledger. Give a checkpoint obtained elsewhere, or earlier, with --trusted.');
  if (report.key?.from === 'export') lines.push(`Not verified: whose key it is. It came with the export; compare ${report.key.names.join(', ')} with one obtained otherwise (--key).`);
  return lines;
}
