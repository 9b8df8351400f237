export * from './client-credentials.js';
export * from './identity.js';
export * from './roles.js';
export * from './tenant-rules.js';
export * from './verifier.js';
export * from './step-up.js';
export * from './step-up-keys.js';
export * from './step-up-verifier.js';
