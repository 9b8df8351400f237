export type { DataKey, Place } from '@heed/crypto';
export { migrateKeys, type KeyMigration } from './database/migrate-keys.js';
export { KEYS_DATABASE, keysLogin, keySchema } from './database/names.js';
export { openFieldVault, type VaultPlatform } from './open-field-vault.js';
export { openKek, type KekSettings } from './open-kek.js';
export type { BlindIndexes, IndexState } from './ring/tenant-ring.js';
export { FieldVault, type FieldVaultOptions, type SealedItem } from './vault/field-vault.js';
