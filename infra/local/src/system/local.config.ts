import { join, resolve } from 'node:path';
import { ConfigError, kafkaEnvironment, kafkaSettings, loadConfig, type KafkaSettings } from '@heed/config';
import { z } from 'zod';
import { isRoot } from '../process/host.config.js';
import { StartError } from '../process/start-error.js';
import type { KafkaAuth } from './local-kafka.js';

const present = (schema: z.ZodType<string>): z.ZodType<string | undefined> =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional());

const environment = z.object({
  HEED_HOME: present(z.string()),
  HEED_PORT_BASE: z.coerce.number().int().min(0).max(65_000).default(4100),
  KAFKA_BROKERS: present(z.string()),
  HEED_KAFKA_AUTH: z.enum(['none', 'scram']).default('none'),
  HEED_POSTGRES_URL: present(z.string()),
  HEED_KEYS_POSTGRES_URL: present(z.string()),
  LOG_LEVEL: z.string().default('info'),
  HEED_MIN_FREE_MB: z.coerce.number().int().min(0).default(400),
});

export interface LocalConfig {
  /** Everything that lasts: databases, logs, keys, mail. */
  readonly home: string;
  /** 0 picks free ports. */
  readonly portBase: number;
  /** A Kafka of one's own instead of the embedded one. */
  readonly kafka: KafkaSettings | undefined;
  /** Whether programs log in to Kafka, each as a user of its own. */
  readonly kafkaAuth: KafkaAuth;
  /** Superuser URL of a PostgreSQL of one's own instead of the embedded one. */
  readonly postgresUrl: string | undefined;
  /** The same for the server of the keys database: another one, so that a copy of either is no copy of both. */
  readonly keysPostgresUrl: string | undefined;
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
    kafka: parsed.data.KAFKA_BROKERS === undefined ? undefined : ownKafka(env),
    kafkaAuth: parsed.data.HEED_KAFKA_AUTH,
    postgresUrl: parsed.data.HEED_POSTGRES_URL,
    keysPostgresUrl: parsed.data.HEED_KEYS_POSTGRES_URL,
    logLevel: parsed.data.LOG_LEVEL,
    minFreeMb: parsed.data.HEED_MIN_FREE_MB,
  };
}

/** As the environment says, but for what is given here. */
export function localConfigWith(env: Readonly<Record<string, string>>): LocalConfig {
  return readLocalConfig({ ...process.env, ...env });
}

function ownKafka(env: NodeJS.ProcessEnv): KafkaSettings {
  try {
    return kafkaSettings(loadConfig(z.object(kafkaEnvironment), env), 'heed-start');
  } catch (error) {
    if (error instanceof ConfigError) throw new StartError('home_unusable', `${error.message}.`);
    throw error;
  }
}
