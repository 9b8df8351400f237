import { certificateMigrations } from '@heed/certificate-register';
import { keyShredMigrations } from '@heed/key-store';
import { persistenceMigrations } from '@heed/persistence';
import type { MigrationSet } from '@heed/persistence';
import { tenantPolicyMigrations } from '@heed/tenant-policy';
import path from 'node:path';

export const notificationsMigrations: readonly MigrationSet[] = [
  ...persistenceMigrations,
  ...tenantPolicyMigrations,
  ...keyShredMigrations,
  ...certificateMigrations,
  { name: 'notifications', scope: 'service', dir: path.join(import.meta.dirname, '../migrations/service') },
  { name: 'notifications', scope: 'tenant', dir: path.join(import.meta.dirname, '../migrations/tenant') },
];
