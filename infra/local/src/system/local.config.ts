import { join, resolve } from 'node:path';
import { z } from 'zod';
import { isRoot } from '../process/host.config.js';
import { StartError } from '../process/start-error.js';

const present = (schema: z.ZodType<string>): z.ZodType<string | undefined> =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional());

const environment = z.object({
  HEED_HOME: present(z.string()),
  HEED_PORT_BASE: z.coerce.number().int().min(0).max(65_000).default(4100),
  KAFKA_BROKERS: present(z.string()),
  HEED_POSTGRES_URL: present(z.string()),
  LOG_LEVEL: z.string().default('info'),
  HEED_MIN_FREE_MB: z.coerce.number().int().min(0).default(400),
});

export interface LocalConfig {
  /** Everything that lasts: databases, logs, keys, mail. */
  readonly home: string;
  /** 0 picks free ports. */
  readonly portBase: number;
  /** A Kafka of one's own instead of the embedded one. */
  readonly kafkaBrokers: string | undefined;
  /** Superuser URL of a PostgreSQL of one's own instead of the embedded one. */
  readonly postgresUrl: string | undefined;
  readonly logLevel: string;
  readonly minFreeMb: number;
}

/** The checkout this file was built in. */
export const checkout = resolve(import.meta.dirname, '..', '..', '..', '..');

export function readLocalConfig(env: NodeJS.ProcessEnv = process.env): LocalConfig {
  const parsed = environment.safeParse(env);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new StartError('home_unusable', `${issue?.path.join('.') ?? 'The environment'} cannot be read: ${issue?.message ?? ''}.`);
  }
  const home = parsed.data.HEED_HOME ?? (isRoot() ? '/var/lib/heed' : join(checkout, '.heed'));
  return {
    home: resolve(home),
    portBase: parsed.data.HEED_PORT_BASE,
    kafkaBrokers: parsed.data.KAFKA_BROKERS,
    postgresUrl: parsed.data.HEED_POSTGRES_URL,
    logLevel: parsed.data.LOG_LEVEL,
    minFreeMb: parsed.data.HEED_MIN_FREE_MB,
  };
}
