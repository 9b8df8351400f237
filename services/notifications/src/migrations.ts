import { persistenceMigrations } from '@heed/persistence';
import type { MigrationSet } from '@heed/persistence';
import { tenantPolicyMigrations } from '@heed/tenant-policy';
import path from 'node:path';

export const notificationsMigrations: readonly MigrationSet[] = [
  ...persistenceMigrations,
  ...tenantPolicyMigrations,
  { name: 'notifications', scope: 'shared', dir: path.join(import.meta.dirname, '../migrations/shared') },
  { name: 'notifications', scope: 'tenant', dir: path.join(import.meta.dirname, '../migrations/tenant') },
];
