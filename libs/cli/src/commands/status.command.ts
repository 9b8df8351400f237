import { Command } from 'commander';
import { CliError } from '../output/cli-error.js';
import { printJson, printLine, table } from '../output/print.js';
import { systemStatus } from '../system/status.js';
import { example, jsonOption } from './tenant-option.js';

export function statusCommand(): Command {
  return new Command('status')
    .description('what runs, where, and how it is')
    .addOption(jsonOption())
    .addHelpText('after', example('heed status', 'heed status --json | jq -r .origin'))
    .action(async (options: { json?: boolean }) => {
      const status = await systemStatus();
      if (options.json === true) return printJson(status);
      printLine(`origin    ${status.origin}`);
      printLine(`kafka     ${status.kafka}`);
      printLine(`postgres  ${withoutPassword(status.postgres)}`);
      printLine(`keys      ${withoutPassword(status.keysPostgres)}`);
      printLine();
      const parts = status.parts.map((part) => [part.name, part.port === null ? '' : String(part.port), part.pid === null ? '' : String(part.pid), part.health]);
      printLine(table(['part', 'port', 'pid', 'health'], parts));
      printLine();
      const tenants = status.tenants.map((tenant) => [tenant.id, String(tenant.purposes.length), tenant.dataStores.map((store) => store.id).join(', ')]);
      printLine(table(['tenant', 'purposes', 'data stores'], tenants));
      const down = status.parts.filter((part) => part.health !== 'ready');
      if (down.length > 0) throw new CliError(`not ready: ${down.map((part) => part.name).join(', ')}`);
    });
}

function withoutPassword(url: string): string {
  const shown = new URL(url);
  shown.password = '';
  return shown.href;
}
