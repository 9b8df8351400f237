import { writeExport } from '@heed/ledger';
import { Command, Option } from 'commander';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CliError } from '../output/cli-error.js';
import { printJson, printLine, printRemark } from '../output/print.js';
import type { Api } from '../system/api.js';
import { readLedger, remoteLedger } from '../system/remote-ledger.js';
import type { LedgerNow } from '../system/remote-ledger.js';
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
      const { now, size } = await exported(api, owner, to);
      if (json === true) return printJson({ origin: now.origin, size, folder: to });
      printLine(`${to} has ${now.origin}, ${size} records. To verify it: heed ledger verify ${to}`);
    });
}

const TRIES = 5;
/** Until the record of a pruning is under a checkpoint. */
const AGAIN_AFTER_MS = 2000;

/** What is pruned while it is being written would look as if somebody had taken it out: such an export is begun again. */
async function exported(api: Api, owner: string, to: string): Promise<{ readonly now: LedgerNow; readonly size: number }> {
  const prunedTo = (ledger: LedgerNow): number => ledger.pruned?.upTo ?? 0;
  for (let tries = 1; ; tries += 1) {
    const now = await readLedger(api, owner);
    const { size, loggedPruning } = await writeExport(to, remoteLedger(api, owner, now), (records, of) => {
      if (records > 0 && records % TELL_EVERY === 0) printRemark(`  ${records} of ${of} records`);
    });
    const isWhole = loggedPruning >= prunedTo(now) && prunedTo(await readLedger(api, owner)) === prunedTo(now);
    if (isWhole) return { now, size };
    for (const name of readdirSync(to)) rmSync(join(to, name), { recursive: true });
    if (tries === TRIES) throw new CliError(`${now.origin} is being pruned just now: export it again in some minutes.`);
    printRemark('  the ledger was pruned meanwhile: the export begins again');
    await sleep(AGAIN_AFTER_MS);
  }
}
