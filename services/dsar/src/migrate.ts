import { runMigration } from '@heed/runtime';
import { dsarMigrations } from './dsar.service.js';

await runMigration('dsar', dsarMigrations, process.env);
