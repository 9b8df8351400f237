import { runRecovery } from '@heed/runtime';
import { dsarService } from './dsar.service.js';
import { dsarRecovery } from './recovery/restore.js';

await runRecovery(dsarService, dsarRecovery, process.env);
