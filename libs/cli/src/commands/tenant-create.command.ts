import { createTenant } from '@heed/provisioning';
import { Command } from 'commander';
import { CliError } from '../output/cli-error.js';
import { printJson, printLine } from '../output/print.js';
import { printStep } from '../output/print-step.js';
import { provisioningTarget } from '../system/installation.js';
import { readPack, readPackText } from './pack-file.js';
import { example, jsonOption } from './tenant-option.js';

interface CreateOptions {
  readonly pack: string;
  readonly json?: boolean;
}

export function tenantCreateCommand(): Command {
  return new Command('create')
    .description('make a tenant from its policy pack: databases, topics, keys, policy; what is there already stays, so it can be run again')
    .argument('<id>')
    .requiredOption('--pack <file>', 'its policy pack, which also says how strictly the database keeps it apart')
    .addOption(jsonOption())
    .addHelpText('after', example('heed tenant create acme --pack acme.yaml'))
    .action(async (id: string, { pack: file, json }: CreateOptions) => {
      const pack = readPack(file);
      if (pack.tenant.id !== id) throw new CliError(`${file} is the pack of ${pack.tenant.id}, not of ${id}: set its tenant.id, or say "heed tenant create ${pack.tenant.id}".`);
      const { installation, isLocal } = provisioningTarget(readPackText(file));
      const isolation = pack.isolation.value;
      await createTenant(installation, { id, isolation }, printStep(json));
      if (json === true) return printJson({ id, isolation, state: 'active' });
      printLine(`${pack.tenant.name} is here, kept apart by ${isolation === 'login' ? 'a database login of its own' : 'a database role'}. What next:`);
      for (const line of isLocal ? locally(id) : elsewhere(id, file)) printLine(`  ${line}`);
    });
}

const locally = (id: string): string[] => [`heed token --tenant ${id} --roles platform,dpo`, `heed stores --tenant ${id}`, `heed status`];

const elsewhere = (id: string, file: string): string[] => [
  `let your identity provider issue tokens with the claim "tenant": "${id}"`,
  `HEED_ORIGIN=… HEED_TOKEN=… heed pack apply ${file}`,
  `start a store agent of ${id} beside each of its databases`,
];
