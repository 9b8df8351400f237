import { runRecovery } from '@heed/runtime';
import { consentService } from './consent.service.js';
import { consentRecovery } from './recovery/restore.js';

await runRecovery(consentService, consentRecovery, process.env);
