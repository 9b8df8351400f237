import { runMigration } from '@heed/runtime';
import { consentMigrations } from './consent.service.js';

await runMigration('consent', consentMigrations, process.env);
