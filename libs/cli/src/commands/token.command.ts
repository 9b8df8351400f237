import { Command } from 'commander';
import { printJson, printLine } from '../output/print.js';
import { localToken } from '../system/token.js';
import { example, jsonOption, tenantOption, type TenantOptions } from './tenant-option.js';

export function tokenCommand(): Command {
  return new Command('token')
    .description('print an access token of the local issuer, valid for 15 minutes')
    .addOption(tenantOption())
    .option('-r, --roles <list>', 'comma separated: platform analyst dpo tenant-admin operator auditor', 'platform,dpo')
    .addOption(jsonOption())
    .addHelpText('after', example('curl -H "Authorization: Bearer $(heed token --tenant ajuni)" http://127.0.0.1:4100/v1/purposes'))
    .action(async (options: TenantOptions & { roles: string }) => {
      const roles = options.roles.split(',').map((role) => role.trim()).filter((role) => role !== '');
      const token = await localToken(options.tenant, roles);
      if (options.json === true) printJson({ accessToken: token, tenant: options.tenant, roles });
      else printLine(token);
    });
}
