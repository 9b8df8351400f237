export { createTenant } from './create-tenant.js';
export { dropTenant } from './drop-tenant.js';
export { environmentInstallation, provisioningEnvironment } from './environment-installation.js';
export { listTenants, TENANT_SERVICES, type Installation, type TenantExtra, type TenantService } from './installation.js';
export { runMigrationProgram, type MigrationProgram } from './migration-program.js';
export type { StepDone } from './run-steps.js';
export { sweepTenants, type Sweep } from './sweep.js';
