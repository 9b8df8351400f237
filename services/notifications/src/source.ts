/** CloudEvents source of everything this service says. */
export const NOTIFICATIONS = '/heed/notifications';
