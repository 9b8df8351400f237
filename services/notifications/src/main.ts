import { runService } from '@heed/runtime';
import { notificationsService } from './notifications.service.js';

await runService(notificationsService, process.env);
