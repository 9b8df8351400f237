import { runMigration } from '@heed/runtime';
import { retentionMigrations } from './retention.service.js';

await runMigration('retention', retentionMigrations, process.env);
