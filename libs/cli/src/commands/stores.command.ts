import { Command } from 'commander';
import { printJson, printLine, table } from '../output/print.js';
import { connect } from '../system/api.js';
import { example, jsonOption, tenantOption, type TenantOptions } from './tenant-option.js';

interface DataStore {
  readonly id: string;
  readonly kind: string;
  readonly title?: string;
  readonly registeredBy?: string;
}

export function storesCommand(): Command {
  return new Command('stores')
    .description("the tenant's data stores and their agents")
    .addOption(tenantOption())
    .addOption(jsonOption())
    .addHelpText('after', example('heed stores --tenant askasia'))
    .action(async (options: TenantOptions) => {
      const api = await connect(options.tenant, ['platform']);
      const { items } = await api.get<{ items: DataStore[] }>('/v1/data-stores?limit=100');
      if (options.json === true) printJson(items);
      else printLine(table(['store', 'kind', 'title', 'registered by'], items.map((store) => [store.id, store.kind, store.title ?? '', store.registeredBy ?? ''])));
    });
}
