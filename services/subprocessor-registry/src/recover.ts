import { runRecovery } from '@heed/runtime';
import { registryRecovery } from './recovery/restore.js';
import { registryService } from './registry.service.js';

await runRecovery(registryService, registryRecovery, process.env);
