import { sweepTenants } from '@heed/provisioning';
import { Command } from 'commander';
import { printJson, printLine, printRemark } from '../output/print.js';
import { printStep } from '../output/print-step.js';
import { provisioningTarget } from '../system/installation.js';
import { example, jsonOption } from './tenant-option.js';

export function tenantSweepCommand(): Command {
  return new Command('sweep')
    .description('drop every closed tenant whose time has come, and finish what an interrupted sweep began; for a job that runs now and then')
    .addOption(jsonOption())
    .addHelpText('after', example('heed tenant sweep'))
    .action(async ({ json }: { json?: boolean }) => {
      const step = printStep(json);
      const sweep = await sweepTenants(provisioningTarget().installation, new Date(), (tenant, done) => {
        if (done.index === 1) (json === true ? printRemark : printLine)(`${tenant}:`);
        step(done);
      });
      if (json === true) return printJson(sweep);
      for (const id of sweep.dropped) printLine(`${id} is dropped; nothing of it is left.`);
      for (const { id, dropAfter } of sweep.waiting) printLine(`${id} is dropped after ${dropAfter}.`);
      if (sweep.dropped.length + sweep.waiting.length === 0) printLine('No tenant is being closed.');
    });
}
