export { registryMigrations } from './migrations.js';
export { registryService } from './registry.service.js';
export { issueOperatorCode, type OperatorCode } from './step-up/operator-code.js';
export { registryRecovery } from './recovery/restore.js';
