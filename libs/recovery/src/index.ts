export { markHandled } from './mark-handled.js';
export { recover } from './recover.js';
export type { RecoveryOptions } from './recover.js';
export { Tally } from './tally.js';
export type { Heard, Lost, RecoveryReport, Restore, TenantReport } from './types.js';
