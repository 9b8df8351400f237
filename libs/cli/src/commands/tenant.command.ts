import { Command } from 'commander';
import { tenantCloseCommand } from './tenant-close.command.js';
import { tenantCreateCommand } from './tenant-create.command.js';
import { tenantListCommand } from './tenant-list.command.js';
import { tenantSweepCommand } from './tenant-sweep.command.js';
import { example } from './tenant-option.js';

/** From nothing to a tenant that is served, and back to nothing. */
export function tenantCommand(): Command {
  return new Command('tenant')
    .description('tenants: make one, list them, close one, drop those whose time has come')
    .addHelpText('after', example('heed tenant create acme --pack acme.yaml', 'heed tenant close acme'))
    .addCommand(tenantCreateCommand())
    .addCommand(tenantListCommand())
    .addCommand(tenantCloseCommand())
    .addCommand(tenantSweepCommand());
}
