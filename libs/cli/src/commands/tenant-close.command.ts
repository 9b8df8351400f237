import { Command } from 'commander';
import { printJson, printLine, printRemark } from '../output/print.js';
import { connect } from '../system/api.js';
import { stepUp } from '../system/step-up.js';
import { example, jsonOption } from './tenant-option.js';

interface CloseOptions {
  readonly cancel?: boolean;
  readonly stepUp?: string;
  readonly json?: boolean;
}

interface TenantState {
  readonly id: string;
  readonly state: 'active' | 'closing';
  readonly dropAfter: string | null;
}

export function tenantCloseCommand(): Command {
  return new Command('close')
    .description('close a tenant: it is served until the days that its policy promises are over, then "heed tenant sweep" drops it')
    .argument('<id>')
    .option('--cancel', 'keep it after all; possible until it is dropped')
    .option('--step-up <token>', 'a step-up of your own, where Heed runs elsewhere')
    .addOption(jsonOption())
    .addHelpText('after', example('heed tenant close acme', 'heed tenant close acme --cancel'))
    .action(async (id: string, options: CloseOptions) => {
      const [act, path] = options.cancel === true ? ['tenant.reopen', '/v1/tenant/reopen'] : ['tenant.close', '/v1/tenant/close'];
      const api = await connect(id, ['tenant-admin']);
      const proof = options.stepUp === undefined ? await stepUp(id, act, id) : undefined;
      if (proof?.label !== undefined) printRemark(proof.label);
      const tenant = await api.act<TenantState>(path, {}, options.stepUp ?? proof?.token ?? '');
      if (options.json === true) return printJson(tenant);
      for (const line of inWords(tenant)) printLine(line);
    });
}

function inWords({ id, state, dropAfter }: TenantState): string[] {
  if (state === 'active') return [`${id} is kept.`];
  return [`${id} is being closed: everything of it is dropped after ${dropAfter ?? ''}, and served until then.`, `To keep it: heed tenant close ${id} --cancel`];
}
