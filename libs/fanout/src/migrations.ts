import type { MigrationSet } from '@heed/persistence';
import path from 'node:path';

/** The tables that every owner of dispatches has. */
export const fanoutMigrations: readonly MigrationSet[] = [
  { name: 'fanout', scope: 'shared', dir: path.join(import.meta.dirname, '../migrations/shared') },
  { name: 'fanout', scope: 'tenant', dir: path.join(import.meta.dirname, '../migrations/tenant') },
];
