import { z } from 'zod';
import { ConfigError } from './config-error.js';
import { kafkaEnvironment, list } from './kafka.js';
import { keyEnvironment, keyMigrationEnvironment } from './keys/index.js';
import { databaseTlsEnvironment, listenerTlsEnvironment } from './tls/index.js';

export * from './kafka.js';
export * from './keys/index.js';
export * from './tls/index.js';
export { ConfigError };

/**
 * Reads an environment through a schema once, at boot; every mistake is named in one line.
 * @example loadConfig(z.object({ PORT: port }), process.env)
 */
export function loadConfig<S extends z.ZodType>(schema: S, env: Readonly<Record<string, string | undefined>>): z.output<S> {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const result = schema.safeParse(present);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `${issue.path.join('.') || 'environment'}: ${issue.message}`);
  throw new ConfigError(`Configuration refused: ${problems.join('; ')}`);
}

export const port = z.coerce.number().int().min(0).max(65535);
export const flag = z.enum(['true', 'false']).default('false').transform((text) => text === 'true');

/** Calls a second, and after a colon how many at once (default: twice as many); `0` is no limit. @example '2000:4000' */
export const rateLimit = z
  .string()
  .regex(/^[0-9]{1,7}(:[1-9][0-9]{0,7})?$/, 'calls a second, and after a colon how many at once, e.g. 2000:4000; 0 for no limit')
  .transform((text) => {
    const [perSecond = 0, burst = 2 * perSecond] = text.split(':').map(Number);
    return perSecond === 0 ? undefined : { perSecond, burst };
  });

/** What every service of Heed needs to know. */
export const serviceEnvironment = z.object({
  HEED_PORT: port,
  HEED_HOST: z.string().default('127.0.0.1'),
  HEED_DATABASE_URL: z.string().min(1),
  HEED_DATABASE_POOL: z.coerce.number().int().min(2).max(100).default(10),
  ...databaseTlsEnvironment,
  ...listenerTlsEnvironment,
  ...kafkaEnvironment,
  HEED_TOPIC_PREFIX: z.string().default(''),
  HEED_ORIGIN: z.url(),
  HEED_ISSUER: z.url(),
  HEED_AUDIENCE: z.string().default('heed'),
  HEED_KEYS_DIR: z.string().min(1),
  ...keyEnvironment,
  HEED_CLIENT_ID: z.string().min(1),
  HEED_CLIENT_SECRET: z.string().min(1),
  /** The registry's own address: where the public keys of step-ups are read. Needed where privileged acts are served. */
  HEED_REGISTRY_URL: z.url().optional(),
  /** Lets the software key in as a step-up, on one's own computer; never in production. */
  HEED_ALLOW_SOFTWARE_KEYS: flag,
  /** Calls of one token subject, and calls from one address without a valid token; each replica counts for itself. */
  HEED_RATE_LIMIT_TOKEN: rateLimit.prefault('2000:4000'),
  HEED_RATE_LIMIT_ADDRESS: rateLimit.prefault('20:100'),
  /** Proxies whose `X-Forwarded-For` is believed: addresses and networks, or `loopback`; else everybody behind one counts as one address. */
  HEED_TRUSTED_PROXIES: list.prefault('loopback'),
  /** Makes pseudonyms of token subjects that are email addresses; the same in all services, and secret. */
  HEED_SUBJECT_KEY: z.string().min(32).optional(),
  /** How often it tells who called, in milliseconds. */
  HEED_ACCESS_REPORT_EVERY_MS: z.coerce.number().int().min(20).max(60_000).default(5000),
  /** Which plan of its policy's `audit` a tenant has, e.g. `{"askasia":"enterprise"}`: how long its ledgers keep records. Default: the policy's own. */
  HEED_AUDIT_PLANS: z
    .string()
    .default('{}')
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue({ code: 'custom', message: 'a JSON object of tenants and their plans' });
        return z.NEVER;
      }
    })
    .pipe(z.record(z.string(), z.string())),
  HEED_FAILPOINT: z.string().optional(),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).default('info'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url().optional(),
  NODE_ENV: z.string().default('development'),
});
export type ServiceEnvironment = z.output<typeof serviceEnvironment>;

/** What the migration job of a service needs to know. */
export const migrationEnvironment = z.object({
  HEED_DATABASE_ADMIN_URL: z.string().min(1),
  /** Of the service's login; without it the login must be there, and keeps the one it has. */
  HEED_DATABASE_PASSWORD: z.string().min(1).optional(),
  ...databaseTlsEnvironment,
  /** Added to the tenants that the database knows. */
  HEED_TENANTS: z
    .string()
    .default('[]')
    .transform((text): unknown => JSON.parse(text))
    .pipe(z.array(z.object({ id: z.string(), isolation: z.enum(['role', 'login']) }))),
  HEED_KEYS_DIR: z.string().min(1),
  ...keyMigrationEnvironment,
  /** `contract` also takes away what the version before used: when no instance of it runs any more. */
  HEED_MIGRATE_PHASE: z.enum(['expand', 'contract']).default('expand'),
  /** Tenants worked on at the same time. */
  HEED_MIGRATE_PARALLEL: z.coerce.number().int().min(1).max(32).default(2),
  HEED_FAILPOINT: z.string().optional(),
  NODE_ENV: z.string().default('development'),
});
