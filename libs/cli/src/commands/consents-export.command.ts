import { Command, Option } from 'commander';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { linesIn } from '../consents/result-lines.js';
import { csvLine, RECORD_COLUMNS } from '../consents/record-csv.js';
import { CliError } from '../output/cli-error.js';
import { printRemark } from '../output/print.js';
import { Progress } from '../output/progress.js';
import { connect } from '../system/api.js';
import { example, tenantOption } from './tenant-option.js';

interface ExportOptions {
  readonly tenant: string;
  readonly format: 'csv' | 'ndjson';
  readonly to?: string;
  readonly after?: string;
}

export function consentsExportCommand(): Command {
  return new Command('export')
    .description('write the whole consent register, oldest first; people appear by their refs alone')
    .addOption(new Option('-f, --format <format>', 'how').choices(['csv', 'ndjson']).default('ndjson'))
    .option('--to <file>', 'where to; standard output where left out')
    .option('--after <id>', 'go on behind this record')
    .addOption(tenantOption())
    .addHelpText('after', example('heed consents export --format csv --to register.csv', 'heed consents export | wc -l'))
    .action(exportConsents);
}

/** Tries again so often where the connection breaks off; each goes on behind the last whole record. */
const TRIES = 5;

async function exportConsents({ tenant, format, to, after }: ExportOptions): Promise<void> {
  const api = await connect(tenant, ['dpo']);
  const out: Writable = to === undefined ? process.stdout : createWriteStream(to, { mode: 0o600 });
  const write = async (text: string): Promise<void> => void (out.write(text) || (await once(out, 'drain')));
  const progress = new Progress('records');
  let [last, count] = [after, 0];
  if (format === 'csv' && after === undefined) await write(csvLine(RECORD_COLUMNS));
  for (let tries = 1; ; tries += 1) {
    try {
      for await (const line of linesIn(await api.stream(`/v1/consents/export${last === undefined ? '' : `?after=${last}`}`))) {
        const record = JSON.parse(line) as Readonly<Record<string, unknown>>;
        await write(format === 'csv' ? csvLine(RECORD_COLUMNS.map((column) => record[column])) : `${line}\n`);
        last = String(record['id']);
        progress.tell((count += 1));
      }
      break;
    } catch (error) {
      // What broke off in the middle of a record is no JSON, and comes again whole.
      if (error instanceof CliError || tries === TRIES) throw error instanceof CliError ? error : new CliError(`The export broke off after ${count} records: go on with --after ${last ?? '…'}.`, { cause: error });
    }
  }
  progress.end();
  if (to === undefined) return;
  out.end();
  await finished(out);
  printRemark(`${to} has ${count} records.`);
}
