import type { MigrationSet } from '@heed/persistence';
import path from 'node:path';

/** The tables that every owner of dispatches has. */
export const fanoutMigrations: readonly MigrationSet[] = [
  { name: 'fanout', scope: 'service', dir: path.join(import.meta.dirname, '../migrations/service') },
  { name: 'fanout', scope: 'tenant', dir: path.join(import.meta.dirname, '../migrations/tenant') },
];
