import { Command } from 'commander';
import { printJson, printLine, printRemark } from '../output/print.js';
import { stepUp } from '../system/step-up.js';
import { example, jsonOption, tenantOption, type TenantOptions } from './tenant-option.js';

interface StepUpOptions extends TenantOptions {
  readonly act: string;
  readonly resource: string;
}

export function stepUpCommand(): Command {
  return new Command('step-up')
    .description('print a step-up token for one privileged act, valid for 2 minutes, made with the software key of this computer')
    .addOption(tenantOption())
    .requiredOption('--act <act>', 'e.g. request.approve or hold.release')
    .requiredOption('--resource <id>', 'what the act is on')
    .addOption(jsonOption())
    .addHelpText('after', example('heed step-up --act hold.release --resource 0192f3c4-0000-7000-8000-000000000000'))
    .action(async ({ tenant, act, resource, json }: StepUpOptions) => {
      const made = await stepUp(tenant, act, resource);
      if (json === true) return printJson({ ...made, tenant, act, resource });
      if (made.label !== undefined) printRemark(made.label);
      printLine(made.token);
    });
}
