import { Command } from 'commander';
import { consentsBatchCommand } from './consents-batch.command.js';
import { consentsExportCommand } from './consents-export.command.js';
import { consentsImportCommand } from './consents-import.command.js';
import { example } from './tenant-option.js';

/** Many decisions at once: in from files and out again. */
export function consentsCommand(): Command {
  return new Command('consents')
    .description('many decisions at once: import a CSV file, send NDJSON, export the register')
    .addHelpText('after', example('heed consents import newsletter.csv --map map.yaml --dry-run', 'heed consents export --format csv --to register.csv'))
    .addCommand(consentsImportCommand())
    .addCommand(consentsExportCommand())
    .addCommand(consentsBatchCommand());
}
