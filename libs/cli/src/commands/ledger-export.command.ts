import { writeExport } from '@heed/ledger';
import { Command, Option } from 'commander';
import { existsSync, readdirSync } from 'node:fs';
import { CliError } from '../output/cli-error.js';
import { printJson, printLine, printRemark } from '../output/print.js';
import { readLedger, remoteLedger } from '../system/remote-ledger.js';
import { connectAsReader, ownerOption } from './ledger-options.js';
import type { OwnerOptions } from './ledger-options.js';
import { example, jsonOption, tenantOption } from './tenant-option.js';

const TELL_EVERY = 50_000;

/** The whole of a ledger as files that can be verified without Heed's help. */
export function ledgerExportCommand(): Command {
  return new Command('export')
    .description('writes a ledger into a folder: its signed checkpoints, its tree and its records')
    .addOption(tenantOption())
    .addOption(ownerOption())
    .addOption(new Option('--to <folder>', 'where to; made if it is not there').makeOptionMandatory())
    .addOption(jsonOption())
    .addHelpText('after', example('heed ledger export --owner consent --to ledger-consent', 'heed ledger verify ledger-consent --key consent.key'))
    .action(async ({ tenant, owner, to, json }: OwnerOptions & { to: string }) => {
      if (existsSync(to) && readdirSync(to).length > 0) throw new CliError(`${to} is not empty: an export is written into a folder of its own.`);
      const api = await connectAsReader(tenant);
      const now = await readLedger(api, owner);
      const size = await writeExport(to, remoteLedger(api, owner, now), (records, of) => {
        if (records > 0 && records % TELL_EVERY === 0) printRemark(`  ${records} of ${of} records`);
      });
      if (json === true) return printJson({ origin: now.origin, size, folder: to });
      printLine(`${to} has ${now.origin}, ${size} records. To verify it: heed ledger verify ${to}`);
    });
}
