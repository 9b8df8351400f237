import { persistenceMigrations } from '@heed/persistence';
import { runMigration } from '@heed/runtime';
import { registryMigrations } from './migrations.js';

await runMigration('subprocessor-registry', [...persistenceMigrations, ...registryMigrations], process.env);
