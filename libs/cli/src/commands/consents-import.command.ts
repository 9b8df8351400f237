import { Command } from 'commander';
import { importFile } from '../consents/import-file.js';
import { ImportReport } from '../consents/import-report.js';
import { readMapping } from '../consents/mapping.js';
import { CliError } from '../output/cli-error.js';
import { printJson, printLine, printRemark } from '../output/print.js';
import { Progress } from '../output/progress.js';
import { connect } from '../system/api.js';
import { example, jsonOption, tenantOption, type TenantOptions } from './tenant-option.js';

interface ImportOptions extends TenantOptions {
  readonly map: string;
  readonly dryRun?: boolean;
  readonly onlyChanges?: boolean;
  readonly report?: string;
}

export function consentsImportCommand(): Command {
  return new Command('import')
    .description('record the decisions that stand in a CSV file; a file that is imported again does nothing twice')
    .argument('<file>', 'the CSV file, UTF-8, with a header')
    .requiredOption('-m, --map <file>', 'which column says what (YAML): see docs/bulk.md')
    .option('-n, --dry-run', 'record nothing: check every row against the policy and say what is wrong')
    .option('--only-changes', 'do not write a decision again that holds already')
    .option('-r, --report <file>', "write each row's outcome, one JSON object a line")
    .addOption(tenantOption())
    .addOption(jsonOption())
    .addHelpText('after', example('heed consents import newsletter.csv --map map.yaml --dry-run', 'heed consents import newsletter.csv --map map.yaml --report outcome.ndjson'))
    .action(importConsents);
}

async function importConsents(file: string, options: ImportOptions): Promise<void> {
  const mapping = readMapping(options.map);
  const dryRun = options.dryRun === true;
  const api = await connect(options.tenant, ['platform']);
  const report = new ImportReport(options.report);
  const progress = new Progress('rows');
  try {
    await importFile(api, { file, mapping, dryRun, onlyChanges: options.onlyChanges === true, report, onProgress: () => progress.tell(report.total) });
  } finally {
    progress.end();
    await report.close();
    if (report.total > 0) show(report, dryRun, options.json === true);
  }
  if (report.failed > 0) throw new CliError(`${report.failed} of ${report.total} decisions ${dryRun ? 'would not be' : 'were not'} recorded.`);
}

function show(report: ImportReport, dryRun: boolean, json: boolean): void {
  if (json) return printJson({ dryRun, ...report.counts, mistakes: report.mistakes });
  for (const { line, why } of report.mistakes) printRemark(`  line ${line}: ${why}`);
  const more = report.failed - report.mistakes.length;
  if (more > 0) printRemark(`  and ${more} more`);
  const counts = Object.entries(report.counts).filter(([, count]) => count > 0);
  printLine(`${dryRun ? 'Checked' : 'Imported'}: ${counts.map(([status, count]) => `${count} ${WORDS[status] ?? status}`).join(', ')}.`);
}

const WORDS: Readonly<Record<string, string>> = {
  recorded: 'recorded', valid: 'would be recorded', duplicate: 'recorded before', skipped: 'without a decision', refused: 'refused', invalid: 'not readable', unknown: 'unknown',
};
