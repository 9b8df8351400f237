import { runRecovery } from '@heed/runtime';
import { retentionRecovery } from './recovery/restore.js';
import { retentionService } from './retention.service.js';

await runRecovery(retentionService, retentionRecovery, process.env);
