import type { MigrationSet } from '@heed/persistence';
import path from 'node:path';

/** The tables of data maps and policy versions. */
export const registryMigrations: readonly MigrationSet[] = [
  { name: 'subprocessor-registry', scope: 'service', dir: path.join(import.meta.dirname, '../migrations/service') },
  { name: 'subprocessor-registry', scope: 'tenant', dir: path.join(import.meta.dirname, '../migrations/tenant') },
];
