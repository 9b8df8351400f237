import type { MigrationSet } from '@heed/persistence';
import path from 'node:path';

export * from './policy-store.js';
export * from './policy.consumer.js';

/** The table that a service with a copy of the policies has. */
export const tenantPolicyMigrations: readonly MigrationSet[] = [
  { name: 'tenant-policy', scope: 'tenant', dir: path.join(import.meta.dirname, '../migrations/tenant') },
];
