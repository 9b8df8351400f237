export * from './database-tls.js';
export * from './environment.js';
export { readPem } from './read-pem.js';
export * from './server-certificate.js';
export * from './tls-floor.js';
export * from './tls-version.js';
export * from './trust.js';
