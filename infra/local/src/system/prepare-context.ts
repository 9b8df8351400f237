import { join } from 'node:path';
import { agentClientId, cliClientId, serviceClientId } from '../issuer/clients.js';
import { issuerClientsFile, writeIssuerClients } from '../issuer/write-clients.js';
import { keysSecret, local, SERVICES, type SystemContext } from './context.js';
import type { Home } from './home.js';
import type { LocalConfig } from './local.config.js';
import { LocalKafka } from './local-kafka.js';
import { assertPortsFree, externalPorts, planPorts } from './port-plan.js';
import { ensureSecrets } from './secrets.js';
import type { LocalTenant } from './tenants.js';
import { writeJson } from './write-json.js';

/** Decides ports and secrets and writes down what the parts read of them; nothing runs yet. */
export async function prepareContext(
  home: Home,
  tenants: readonly LocalTenant[],
  options: LocalConfig & { readonly env?: Readonly<Record<string, string>> },
): Promise<SystemContext> {
  const ports = await planPorts(options.portBase);
  await assertPortsFree(ports, externalPorts(options));
  const ids = tenants.map((tenant) => tenant.id);
  const secrets = ensureSecrets(home, {
    databases: ['postgres', 'postgres-keys', 'samples', ...SERVICES, ...SERVICES.map(keysSecret)],
    clients: [...ids.map(cliClientId), ...ids.map(agentClientId), ...SERVICES.map(serviceClientId)],
    webhooks: ids,
  });
  await writeIssuerClients(issuerClientsFile(home), tenants, secrets.clients);
  writeJson(join(home.keys('mail-processor'), 'webhooks.json'), secrets.webhooks);
  const superuser = (server: 'postgres' | 'postgres-keys'): string =>
    `postgres://postgres:${encodeURIComponent(secrets.databases[server] ?? '')}@127.0.0.1:${ports[server]}/postgres`;
  return {
    home,
    ports,
    secrets,
    tenants,
    origin: local(ports.origin),
    issuer: local(ports.issuer),
    postgresUrl: options.postgresUrl ?? superuser('postgres'),
    keysPostgresUrl: options.keysPostgresUrl ?? superuser('postgres-keys'),
    kafka: new LocalKafka(home, options.kafka?.brokers.join(',') ?? `127.0.0.1:${ports.kafka}`, options.kafkaAuth, options.kafka),
    logLevel: options.logLevel,
    env: options.env ?? {},
  };
}
