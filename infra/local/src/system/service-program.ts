import { join } from 'node:path';
import { kafkaUser } from '@heed/kafka';
import { serviceClientId } from '../issuer/clients.js';
import { type ServiceName } from './context.js';
import type { Home } from './home.js';
import { postgresAdminUrl, serviceKeysUrl, systemKafka } from './inspect.js';
import { localKek } from './local-kek.js';
import { checkout } from './local.config.js';
import { assertBuilt } from './node-part.js';
import { readSecrets } from './secrets.js';
import type { SystemRecord } from './system-record.js';

export interface ServiceProgram {
  readonly script: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * A program of a service beside the running one, with what it takes to reach the same database, keys and Kafka. It serves
 * nobody and calls no other service.
 * @example serviceProgram(home, system, 'consent', 'recover.js')
 */
export function serviceProgram(home: Home, system: SystemRecord, service: ServiceName, name: string): ServiceProgram {
  const script = join(checkout, 'services', service, 'dist', name);
  assertBuilt(script);
  const secrets = readSecrets(home);
  const database = `heed_${service.replaceAll('-', '_')}`;
  const url = new URL(postgresAdminUrl(home, system));
  [url.username, url.password, url.pathname] = [database, secrets?.databases[service] ?? '', `/${database}`];
  const id = serviceClientId(service);
  return {
    script,
    env: {
      ...systemKafka(home, system).environmentOf(kafkaUser.service(service)),
      ...localKek(home),
      HEED_ORIGIN: system.origin,
      HEED_ISSUER: system.issuer,
      HEED_AUDIENCE: 'heed',
      HEED_PORT: '0',
      HEED_DATABASE_URL: url.href,
      HEED_KEYS_DIR: home.keys(service),
      HEED_KEYS_DATABASE_URL: serviceKeysUrl(home, system, service),
      HEED_CLIENT_ID: id,
      HEED_CLIENT_SECRET: secrets?.clients[id] ?? '',
      HEED_CONSENT_URL: system.origin,
      HEED_REGISTRY_URL: system.origin,
      HEED_ALLOW_SOFTWARE_KEYS: 'true',
      SMTP_URL: 'smtp://127.0.0.1:1',
      LOG_LEVEL: 'warn',
      KAFKAJS_NO_PARTITIONER_WARNING: '1',
    },
  };
}
