import { listTenants } from '@heed/provisioning';
import { Command } from 'commander';
import { printJson, printLine, table } from '../output/print.js';
import { provisioningTarget } from '../system/installation.js';
import { example, jsonOption } from './tenant-option.js';

export function tenantListCommand(): Command {
  return new Command('list')
    .description('every tenant with its state; those too that were dropped, whose ids are not given again')
    .addOption(jsonOption())
    .addHelpText('after', example('heed tenant list'))
    .action(async ({ json }: { json?: boolean }) => {
      const tenants = await listTenants(provisioningTarget().installation);
      if (json === true) return printJson(tenants);
      const rows = tenants.map(({ id, state, isolation, createdAt, dropAfter }) => [id, state, isolation, createdAt.toISOString(), state === 'closing' ? (dropAfter?.toISOString() ?? '') : '']);
      printLine(table(['tenant', 'state', 'isolation', 'since', 'dropped after'], rows));
    });
}
