import { SERVICES, serviceProgram } from '@heed/local';
import type { ServiceName } from '@heed/local';
import { Command, Option } from 'commander';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { readCliConfig, readProvisioning } from '../cli.config.js';
import { CliError, UsageError } from '../output/cli-error.js';
import { printJson } from '../output/print.js';
import { runningSystem } from '../system/running-system.js';
import { example, jsonOption } from './tenant-option.js';

interface Options {
  readonly tenant?: readonly string[];
  readonly dryRun?: boolean;
  readonly unsigned?: boolean;
  readonly json?: boolean;
}

/** After a database was restored from an older copy: what the service knew since comes back from Kafka. */
export function recoverCommand(): Command {
  return new Command('recover')
    .description('bring services back whose database was restored from an older copy; those that are not behind are left alone')
    .argument('[services...]', `which: ${SERVICES.join(', ')}; all where none is named`)
    .addOption(new Option('-t, --tenant <id>', 'only this tenant; may be given again').argParser((id: string, before: string[] | undefined) => [...(before ?? []), id]))
    .option('--dry-run', 'say what would be put back and what is gone; change nothing')
    .option('--unsigned', 'also put back what was told beyond the newest checkpoint, and trust every service that may write there')
    .addOption(jsonOption())
    .addHelpText('after', example('heed recover --dry-run', 'heed recover consent dsar', 'heed recover consent --tenant ajuni --json'))
    .action(async (named: readonly string[], options: Options) => {
      const unknown = named.find((name) => !SERVICES.some((service) => service === name));
      if (unknown !== undefined) throw new UsageError(`There is no service ${unknown}; there are ${SERVICES.join(', ')}.`);
      const services = named.length === 0 ? SERVICES : SERVICES.filter((service) => named.includes(service));
      const reports: unknown[] = [];
      const failed: string[] = [];
      for (const service of services) {
        const report = await run(service, options);
        if (report === undefined) failed.push(service);
        else if (report !== '') reports.push(JSON.parse(report));
      }
      if (options.json === true) printJson(reports);
      if (failed.length > 0) throw new CliError(`${failed.join(', ')} could not be recovered: see above. Running this again goes on where it stopped.`);
    });
}

/** @returns what it printed where that is JSON; undefined where it failed */
async function run(service: ServiceName, { tenant, dryRun, unsigned, json }: Options): Promise<string | undefined> {
  const { script, env } = serviceProgram(readCliConfig().home, runningSystem(), service, 'recover.js');
  const flags = Object.entries({ '--dry-run': dryRun, '--unsigned': unsigned, '--json': json }).flatMap(([flag, on]) => (on === true ? [flag] : []));
  const args = [...(tenant ?? []).flatMap((id) => ['--tenant', id]), ...flags];
  const child = spawn(process.execPath, ['--disable-warning=TimeoutNegativeWarning', script, ...args], {
    env: { ...readProvisioning().env, ...env },
    stdio: ['ignore', json === true ? 'pipe' : 'inherit', 'inherit'],
  });
  const [printed, [code]] = await Promise.all([child.stdout ? text(child.stdout) : Promise.resolve(''), once(child, 'close')]);
  return code === 0 ? printed : undefined;
}
