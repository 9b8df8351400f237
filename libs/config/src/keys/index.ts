import { z } from 'zod';

/** An ISO 8601 length of whole days, hours, minutes and seconds, as milliseconds. */
const length = z
  .string()
  .regex(/^P(?=.)(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+S)?)?$/, 'a length of time such as PT15M')
  .transform((text) => {
    const [, days, hours, minutes, seconds] = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(text) ?? [];
    return (((Number(days ?? 0) * 24 + Number(hours ?? 0)) * 60 + Number(minutes ?? 0)) * 60 + Number(seconds ?? 0)) * 1000;
  });

/** Where the keys that wrap all others are: the same for services, migration jobs and the command line. */
export const kekEnvironment = {
  /** `file` is for development and refused in production. */
  HEED_KEK: z.enum(['file', 'pkcs11', 'kms']).default('file'),
  /** file: the folder; default `kek` in HEED_KEYS_DIR. */
  HEED_KEK_DIR: z.string().min(1).optional(),
  /** pkcs11, kms: what names of keys begin with, where several installations share a module. */
  HEED_KEK_PREFIX: z.string().regex(/^[a-z][a-z0-9-]{0,30}$/).default('heed'),
  /** pkcs11: the module's library, the label of its token, and a file with the user's PIN. */
  HEED_KEK_MODULE: z.string().min(1).optional(),
  HEED_KEK_TOKEN: z.string().min(1).optional(),
  HEED_KEK_PIN_FILE: z.string().min(1).optional(),
  /** kms: address of an OpenBao or Vault with the transit engine, where that is mounted, and a file with a token. */
  HEED_KEK_URL: z.url().optional(),
  HEED_KEK_MOUNT: z.string().min(1).default('transit'),
  HEED_KEK_NAMESPACE: z.string().min(1).optional(),
  HEED_KEK_TOKEN_FILE: z.string().min(1).optional(),
  HEED_KEK_CA_FILE: z.string().min(1).optional(),
  HEED_KEK_TIMEOUT_MS: z.coerce.number().int().min(100).max(60_000).default(3000),
  /** What proves the module, where a policy promises one. */
  HEED_KEK_EVIDENCE: z.string().min(1).optional(),
};
export type KekEnvironment = z.output<z.ZodObject<typeof kekEnvironment>>;

/** What a service needs to know of its keys. */
export const keyEnvironment = {
  ...kekEnvironment,
  /** URL of the service's login to the keys database, on a server of its own in production. */
  HEED_KEYS_DATABASE_URL: z.string().min(1).optional(),
  /** How long unwrapped keys serve without the KEK's provider. */
  HEED_KEY_CACHE: length.prefault('PT15M'),
  /** Keys of people held in memory at most. */
  HEED_KEY_CACHE_SIZE: z.coerce.number().int().min(100).max(5_000_000).default(50_000),
};
export type KeyEnvironment = z.output<z.ZodObject<typeof keyEnvironment>>;

/** What a migration job needs to know of keys. */
export const keyMigrationEnvironment = {
  ...kekEnvironment,
  /** Superuser URL of the server with the keys database; default HEED_DATABASE_ADMIN_URL, which production does not accept. */
  HEED_KEYS_DATABASE_ADMIN_URL: z.string().min(1).optional(),
  /** Of the service's login to the keys database; without it the login must be there, and keeps the one it has. */
  HEED_KEYS_DATABASE_PASSWORD: z.string().min(1).optional(),
  /** The database's name, where several installations share a server. */
  HEED_KEYS_DATABASE: z.string().regex(/^[a-z][a-z0-9_]{0,40}$/).default('heed_keys'),
};
export type KeyMigrationEnvironment = z.output<z.ZodObject<typeof keyMigrationEnvironment>>;
