export { notificationsMigrations } from './migrations.js';
export { notificationsService } from './notifications.service.js';
export { notificationsRecovery } from './recovery/restore.js';
