import { Command, InvalidArgumentError } from 'commander';
import { runDemo } from '../demo/demo.js';
import { printJson, printLine, table } from '../output/print.js';
import { example, jsonOption, tenantOption, type TenantOptions } from './tenant-option.js';

export function demoCommand(): Command {
  return new Command('demo')
    .description('fill the stores with generated people and watch a withdrawal, an erasure and a policy change reach them')
    .addOption(tenantOption())
    .option('--people <count>', 'how many people to generate', parseCount, 3000)
    .addOption(jsonOption())
    .addHelpText('after', example('heed demo', 'heed demo --tenant askasia --people 500'))
    .action(async (options: TenantOptions & { people: number }) => {
      const outcomes = await runDemo({ tenant: options.tenant, people: options.people, aloud: options.json !== true });
      if (options.json === true) return printJson(outcomes);
      printLine();
      const rows = outcomes.map(({ flow, who, what, rows: count, residue, proof, after }) => [flow, who, what, count, residue, proof, after]);
      printLine(table(['said once', 'heard by', 'outcome', 'rows', 'left', 'how it is known', 'after'], rows));
    });
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 10 || count > 100_000) throw new InvalidArgumentError('a number from 10 to 100000');
  return count;
}
