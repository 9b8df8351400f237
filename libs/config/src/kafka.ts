import { z } from 'zod';
import { ConfigError } from './config-error.js';
import { readPem } from './tls/read-pem.js';
import { tlsVersion } from './tls/tls-version.js';
import type { TlsVersion } from './tls/tls-version.js';

export const list = z.string().transform((text) => text.split(',').map((part) => part.trim()).filter(Boolean));

export const kafkaMechanism = z.enum(['plain', 'scram-sha-256', 'scram-sha-512']);
export type KafkaMechanism = z.output<typeof kafkaMechanism>;

/** What every program that speaks to Kafka reads. */
export const kafkaEnvironment = {
  KAFKA_BROKERS: list,
  /** Whom the program logs in as; without it, nobody in particular. */
  KAFKA_USERNAME: z.string().optional(),
  KAFKA_PASSWORD: z.string().optional(),
  KAFKA_SASL_MECHANISM: kafkaMechanism.default('scram-sha-512'),
  KAFKA_SSL: z.enum(['true', 'false']).default('false'),
  /** Authorities to trust in place of the well-known ones. */
  KAFKA_CA_FILE: z.string().optional(),
  KAFKA_TLS_MIN: tlsVersion.default('1.3'),
  /** A client certificate, where the brokers ask for one: both files, or neither. */
  KAFKA_CERT_FILE: z.string().optional(),
  KAFKA_KEY_FILE: z.string().optional(),
};
export type KafkaEnvironment = z.output<z.ZodObject<typeof kafkaEnvironment>>;

/** How one program reaches Kafka and as whom. */
export interface KafkaSettings {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly sasl?: { readonly mechanism: KafkaMechanism; readonly username: string; readonly password: string };
  /** PEM texts, not files. */
  readonly tls?: { readonly minVersion: TlsVersion; readonly ca?: string; readonly cert?: string; readonly key?: string };
}

/** @throws ConfigError where half of something is set, or a file cannot be read: such a program does not start */
export function kafkaSettings(environment: KafkaEnvironment, clientId: string): KafkaSettings {
  const { KAFKA_BROKERS: brokers, KAFKA_USERNAME: username, KAFKA_PASSWORD: password } = environment;
  both(environment, 'KAFKA_USERNAME', 'KAFKA_PASSWORD');
  return {
    brokers,
    clientId,
    ...(username !== undefined && password !== undefined ? { sasl: { mechanism: environment.KAFKA_SASL_MECHANISM, username, password } } : {}),
    ...(environment.KAFKA_SSL === 'true' ? { tls: tlsOf(environment) } : {}),
  };
}

function tlsOf(environment: KafkaEnvironment): NonNullable<KafkaSettings['tls']> {
  both(environment, 'KAFKA_CERT_FILE', 'KAFKA_KEY_FILE');
  const read = <K extends string>(key: K, name: 'KAFKA_CA_FILE' | 'KAFKA_CERT_FILE' | 'KAFKA_KEY_FILE') => {
    const file = environment[name];
    return file === undefined ? {} : ({ [key]: readPem(name, file) } as Record<K, string>);
  };
  return { minVersion: environment.KAFKA_TLS_MIN, ...read('ca', 'KAFKA_CA_FILE'), ...read('cert', 'KAFKA_CERT_FILE'), ...read('key', 'KAFKA_KEY_FILE') };
}

function both(environment: KafkaEnvironment, one: keyof KafkaEnvironment, other: keyof KafkaEnvironment): void {
  const [set, missing] = environment[one] === undefined ? [other, one] : [one, other];
  if (environment[set] !== undefined && environment[missing] === undefined) {
    throw new ConfigError(`Configuration refused: ${missing}: is missing, ${set} is set`);
  }
}
