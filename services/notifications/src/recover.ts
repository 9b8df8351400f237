import { runRecovery } from '@heed/runtime';
import { notificationsService } from './notifications.service.js';
import { notificationsRecovery } from './recovery/restore.js';

await runRecovery(notificationsService, notificationsRecovery, process.env);
