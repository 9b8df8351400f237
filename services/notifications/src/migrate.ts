import { runMigration } from '@heed/runtime';
import { notificationsMigrations } from './migrations.js';

await runMigration('notifications', notificationsMigrations, process.env);
