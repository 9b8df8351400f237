export { registryMigrations } from './migrations.js';
export { registryService } from './registry.service.js';
