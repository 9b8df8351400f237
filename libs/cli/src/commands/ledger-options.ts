import { TENANT_SERVICES } from '@heed/provisioning';
import { Option } from 'commander';
import { connect } from '../system/api.js';
import type { Api } from '../system/api.js';
import type { TenantOptions } from './tenant-option.js';

export interface OwnerOptions extends TenantOptions {
  readonly owner: string;
}

/** Which service keeps the ledger that is meant. */
export const ownerOption = (): Option => new Option('-o, --owner <service>', 'the service whose ledger it is').choices(TENANT_SERVICES).default('consent');

/** Whoever may read a ledger may verify it; auditors need no more than this role. */
export const connectAsReader = (tenant: string): Promise<Api> => connect(tenant, ['auditor']);
