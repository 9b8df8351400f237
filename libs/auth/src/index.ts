export * from './roles.js';
export * from './verifier.js';
export * from './step-up.js';
export * from './step-up-keys.js';
export * from './step-up-verifier.js';
