import { Command } from 'commander';
import { printJson, printLine, table } from '../output/print.js';
import type { Api } from '../system/api.js';
import { readLedger } from '../system/remote-ledger.js';
import { ledgerExportCommand } from './ledger-export.command.js';
import { connectAsReader, ownerOption } from './ledger-options.js';
import type { OwnerOptions } from './ledger-options.js';
import { ledgerVerifyCommand } from './ledger-verify.command.js';
import { example, jsonOption, tenantOption } from './tenant-option.js';

/** The tamper-evident log, and what proves that it is one. */
export function ledgerCommand(): Command {
  const ledger = new Command('ledger')
    .description('the tamper-evident ledgers: look at one, export it, verify an export or a certificate offline')
    .addHelpText('after', example('heed ledger export --owner consent --to ledger-consent', 'heed ledger verify ledger-consent'));
  ledger
    .command('show')
    .description('how far a ledger is, and its newest signed checkpoint')
    .addOption(tenantOption())
    .addOption(ownerOption())
    .addOption(jsonOption())
    .addHelpText('after', example('heed ledger show', 'heed ledger show --owner dsar --tenant askasia'))
    .action(async (options: OwnerOptions) => show(await connectAsReader(options.tenant), options));
  ledger
    .command('key')
    .description('the public key of a ledger, one line: give it to whoever is to verify, by another way than the export')
    .addOption(tenantOption())
    .addOption(ownerOption())
    .addHelpText('after', example('heed ledger key --owner consent > consent.key'))
    .action(async ({ tenant, owner }: OwnerOptions) => printLine((await readLedger(await connectAsReader(tenant), owner)).key));
  ledger.addCommand(ledgerExportCommand());
  ledger.addCommand(ledgerVerifyCommand());
  return ledger;
}

async function show(api: Api, { owner, json }: OwnerOptions): Promise<void> {
  const now = await readLedger(api, owner);
  if (json === true) return printJson(now);
  const pruned = now.pruned ? [['pruned', `the first ${now.pruned.upTo} records${now.pruned.by === undefined ? '' : ` (${now.pruned.by})`}`]] : [];
  printLine(table(['ledger', now.origin], [['records', String(now.size)], ['root', now.root], ['key', now.key], ...pruned]));
  printLine();
  printLine(now.checkpoint ?? 'Nothing is signed yet.');
}
