import { PEOPLE_ROLES } from '@heed/local';
import { Command, InvalidArgumentError } from 'commander';
import { printJson, printLine } from '../output/print.js';
import { localToken } from '../system/token.js';
import { example, jsonOption, tenantOption, type TenantOptions } from './tenant-option.js';

export function tokenCommand(): Command {
  return new Command('token')
    .description('print an access token of the local issuer, valid for 15 minutes')
    .addOption(tenantOption())
    .option('-r, --roles <list>', `comma separated: ${PEOPLE_ROLES.join(' ')}`, parseRoles, ['platform', 'dpo'])
    .addOption(jsonOption())
    .addHelpText('after', example('curl -H "Authorization: Bearer $(heed token --tenant ajuni)" http://127.0.0.1:4100/v1/purposes'))
    .action(async (options: TenantOptions & { roles: readonly string[] }) => {
      const token = await localToken(options.tenant, options.roles);
      if (options.json === true) printJson({ accessToken: token, tenant: options.tenant, roles: options.roles });
      else printLine(token);
    });
}

/** The issuer leaves out what it does not know, and a token without roles fails much later. */
function parseRoles(text: string): string[] {
  const roles = text.split(',').map((role) => role.trim()).filter((role) => role !== '');
  const unknown = roles.find((role) => !PEOPLE_ROLES.some((known) => known === role));
  if (unknown !== undefined || roles.length === 0) {
    throw new InvalidArgumentError(`${unknown === undefined ? 'No role is named' : `There is no role "${unknown}"`}; there are ${PEOPLE_ROLES.join(', ')}.`);
  }
  return roles;
}
