export * from './apply-access.js';
export * from './client-file.js';
export * from './declaration.js';
export * from './secrets.js';
export * from './users.js';
