export * from './roles.js';
export * from './verifier.js';
