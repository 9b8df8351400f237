import { join } from 'node:path';
import { kafkaUser } from '@heed/kafka';
import { KEYS_DATABASE, keysLogin } from '@heed/key-store';
import { agentClientId, serviceClientId } from '../issuer/clients.js';
import { issuerClientsFile } from '../issuer/write-clients.js';
import { keysSecret, local, SERVICES, type ServiceName, type SystemContext } from './context.js';
import type { Home } from './home.js';
import { localKek } from './local-kek.js';
import { checkout } from './local.config.js';
import type { PartGroup, Probe } from './part-record.js';

/** One of Heed's own programs: what runs, with what environment, when it counts as ready and what must be there before. */
export interface PartSpec {
  readonly name: string;
  readonly group: PartGroup;
  readonly port?: number;
  readonly script: string;
  readonly env: Readonly<Record<string, string>>;
  readonly probe: Probe;
  /** Parts and jobs that must be done or ready first. */
  readonly after: readonly string[];
}

/** The table of parts. PostgreSQL and Kafka come before them, see `servers.ts`; jobs stand between, see `jobs.ts`. */
export function partSpecs(context: SystemContext): PartSpec[] {
  const support = [issuerPart(context), mailSinkPart(context), mailProcessorPart(context)];
  const services = SERVICES.map((name) => servicePart(context, name));
  const agents = context.tenants.map((tenant) => agentPart(context, tenant.id));
  const others = [...support, ...services, ...agents];
  return [...others, routerPart(context, others.map((part) => part.name))];
}

function servicePart(context: SystemContext, name: ServiceName, port: number = context.ports[name]): PartSpec {
  const database = `heed_${name.replaceAll('-', '_')}`;
  const databaseUrl = new URL(context.postgresUrl);
  databaseUrl.username = database;
  databaseUrl.password = context.secrets.databases[name] ?? '';
  databaseUrl.pathname = `/${database}`;
  const keysUrl = new URL(context.keysPostgresUrl);
  keysUrl.username = keysLogin(KEYS_DATABASE, name);
  keysUrl.password = context.secrets.databases[keysSecret(name)] ?? '';
  keysUrl.pathname = `/${KEYS_DATABASE}`;
  return {
    name,
    group: 'service',
    port,
    script: join(checkout, 'services', name, 'dist', 'main.js'),
    env: {
      ...everyProgram(context, kafkaUser.service(name)),
      ...client(context, serviceClientId(name)),
      HEED_PORT: String(port),
      HEED_HOST: '127.0.0.1',
      HEED_DATABASE_URL: databaseUrl.href,
      HEED_KEYS_DIR: context.home.keys(name),
      ...localKek(context.home),
      HEED_KEYS_DATABASE_URL: keysUrl.href,
      HEED_CONSENT_URL: local(context.ports.consent),
      HEED_REGISTRY_URL: local(context.ports['subprocessor-registry']),
      HEED_ALLOW_SOFTWARE_KEYS: 'true',
      ...(name === 'notifications' ? { SMTP_URL: `smtp://127.0.0.1:${context.ports.smtp}` } : {}),
    },
    probe: ready(port),
    after: ['topics', `migrate-${name}`, 'issuer'],
  };
}

/** A second instance of a service on a port of its own, as a second replica would run. */
export function replicaPart(context: SystemContext, service: ServiceName, name: string, port: number): PartSpec {
  return { ...servicePart(context, service, port), name };
}

/** What a tenant's agent knows of its stores. */
export const agentFile = (home: Home, tenant: string): string => join(home.data('agents'), `${tenant}.yaml`);

export const agentName = (tenant: string): string => `agent-${tenant}`;

export function agentPart(context: SystemContext, tenant: string): PartSpec {
  const name = agentName(tenant);
  return {
    name,
    group: 'agent',
    script: join(checkout, 'services', 'store-agent', 'dist', 'main.js'),
    env: {
      ...everyProgram(context, kafkaUser.agent(tenant)),
      ...client(context, agentClientId(tenant)),
      HEED_AGENT_CONFIG: agentFile(context.home, tenant),
      HEED_KEYS_DIR: context.home.keys(name),
    },
    probe: { kind: 'log', pattern: '"msg":"stores registered"' },
    after: ['sample-stores', 'mail-processor', 'packs'],
  };
}

function issuerPart(context: SystemContext): PartSpec {
  const port = context.ports.issuer;
  return {
    name: 'issuer',
    group: 'support',
    port,
    script: ownScript('issuer', 'main.js'),
    env: {
      ...context.env,
      HEED_ISSUER_PORT: String(port),
      HEED_ISSUER: context.issuer,
      HEED_AUDIENCE: 'heed',
      HEED_KEYS_DIR: context.home.keys('issuer'),
      HEED_ISSUER_CLIENTS: issuerClientsFile(context.home),
    },
    probe: ready(port),
    after: [],
  };
}

function mailSinkPart(context: SystemContext): PartSpec {
  const port = context.ports['mail-sink'];
  return {
    name: 'mail-sink',
    group: 'support',
    port,
    script: ownScript('mail-sink', 'main.js'),
    env: {
      ...context.env,
      HEED_SMTP_PORT: String(context.ports.smtp),
      HEED_PORT: String(port),
      HEED_MAIL_DIR: context.home.data('mail'),
    },
    probe: ready(port),
    after: [],
  };
}

function mailProcessorPart(context: SystemContext): PartSpec {
  const port = context.ports['mail-processor'];
  return {
    name: 'mail-processor',
    group: 'support',
    port,
    script: ownScript('samples', 'mail-processor.main.js'),
    env: {
      ...context.env,
      MAIL_PROCESSOR_PORT: String(port),
      MAIL_PROCESSOR_DB: context.home.data('mail-processor'),
      MAIL_PROCESSOR_SECRETS: join(context.home.keys('mail-processor'), 'webhooks.json'),
    },
    probe: ready(port),
    after: [],
  };
}

function routerPart(context: SystemContext, parts: readonly string[]): PartSpec {
  const port = context.ports.origin;
  return {
    name: 'router',
    group: 'router',
    port,
    script: ownScript('router', 'main.js'),
    env: {
      ...context.env,
      HEED_ROUTER_PORT: String(port),
      HEED_ROUTER_UPSTREAMS: JSON.stringify(Object.fromEntries(SERVICES.map((name) => [name, local(context.ports[name])]))),
      HEED_ROUTER_RUN_DIR: context.home.run(),
      HEED_ROUTER_PARTS: JSON.stringify(parts),
      HEED_ROUTER_MAIL: local(context.ports['mail-sink']),
    },
    probe: { kind: 'http', url: `${local(port)}/healthz` },
    after: [],
  };
}

function everyProgram(context: SystemContext, kafkaName: string): Record<string, string> {
  return {
    ...context.kafka.environmentOf(kafkaName),
    HEED_ORIGIN: context.origin,
    HEED_ISSUER: context.issuer,
    HEED_AUDIENCE: 'heed',
    LOG_LEVEL: context.logLevel,
    KAFKAJS_NO_PARTITIONER_WARNING: '1',
    ...context.env,
  };
}

function client(context: SystemContext, id: string): Record<string, string> {
  return { HEED_CLIENT_ID: id, HEED_CLIENT_SECRET: context.secrets.clients[id] ?? '' };
}

function ready(port: number): Probe {
  return { kind: 'http', url: `${local(port)}/readyz` };
}

function ownScript(...path: string[]): string {
  return join(checkout, 'infra', 'local', 'dist', ...path);
}
