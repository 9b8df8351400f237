export * from './access-report.js';
export * from './access.module.js';
export * from './access-rules.js';
export * from './revocation.store.js';
