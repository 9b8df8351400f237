export * from './database.js';
export * from './migrate.js';
export * from './names.js';
export * from './pg-errors.js';
export * from './reminders.js';
export * from './tenants.js';
export * from './unit-of-work.js';
