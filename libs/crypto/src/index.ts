export * from './field-vault.js';
export * from './envelope.js';
export * from './fields.js';
export * from './keys.js';
export * from './signature.js';
