import type { MigrationSet } from '@heed/persistence';
import path from 'node:path';

export type { Act } from './acts.js';
export { acknowledgements } from './acts.js';
export { certificateJob } from './attach-evidence.job.js';
export { certificateProviders } from './certificate-providers.js';
export * from './certificate-register.js';
export { CertificateReader } from './certificate-reader.js';
export { presentCertificate } from './present-certificate.js';

/** The tables of a service that issues certificates. */
export const certificateMigrations: readonly MigrationSet[] = [
  { name: 'certificate-register', scope: 'tenant', dir: path.join(import.meta.dirname, '../migrations/tenant') },
];
