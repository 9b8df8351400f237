import { Command } from 'commander';
import { printJson } from '../output/print.js';
import { connect } from '../system/api.js';
import { showDispatch, watchDispatch, type Dispatch } from './show-dispatch.js';
import { example, jsonOption, tenantOption, type TenantOptions } from './tenant-option.js';

export function dispatchCommand(): Command {
  const show = new Command('show')
    .description('show what each store answered')
    .argument('<id>', 'con_…, dsr_… or ret_…')
    .addOption(tenantOption())
    .option('-w, --watch', 'wait until every store has answered')
    .addOption(jsonOption())
    .addHelpText('after', example('heed dispatch show con_0192f3c4-0000-7000-8000-000000000000 --watch'))
    .action(async (id: string, options: TenantOptions & { watch?: boolean }) => {
      const api = await connect(options.tenant, ['dpo']);
      const dispatch =
        options.watch === true
          ? await watchDispatch(api, id, options.json !== true)
          : await api.get<Dispatch>(`/v1/dispatches/${encodeURIComponent(id)}`);
      if (options.json === true) printJson(dispatch);
      else showDispatch(dispatch);
    });
  return new Command('dispatch')
    .description('dispatches and their targets')
    .addHelpText('after', example('heed dispatch show con_0192f3c4-0000-7000-8000-000000000000 --watch'))
    .addCommand(show);
}
