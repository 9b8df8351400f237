export { notificationsMigrations } from './migrations.js';
export { notificationsService } from './notifications.service.js';
