import { checkHost } from '@heed/local';
import { Command } from 'commander';
import { CliError } from '../output/cli-error.js';
import { printJson, printLine } from '../output/print.js';
import { example, jsonOption } from './tenant-option.js';

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('look whether this computer can run Heed: Node, Java, Maven, ports, disk, folder')
    .addOption(jsonOption())
    .addHelpText('after', example('heed doctor'))
    .action(async (options: { json?: boolean }) => {
      const findings = await checkHost();
      if (options.json === true) printJson(findings);
      else for (const finding of findings) printLine(`${finding.ok ? '✓' : '✗'} ${finding.what.padEnd(12)} ${finding.line}`);
      const wrong = findings.filter((finding) => !finding.ok);
      if (wrong.length > 0) throw new CliError(`${wrong.length} of ${findings.length} are not as they should be.`);
    });
}
