import { serviceEnvironment, ConfigError, databaseTls, loadConfig } from '@heed/config';
import type { ServiceEnvironment } from '@heed/config';
import type { FetchStepUpKeys } from '@heed/auth';
import { createHttpService, describeApi } from '@heed/http';
import type { OpenApiDocument } from '@heed/http';
import { armFailpoint, systemClock } from '@heed/kernel';
import type { Clock, Gate } from '@heed/kernel';
import { KafkaTransport, Publisher } from '@heed/kafka';
import { makeLogger, startTracing, stopTracing } from '@heed/observability';
import { Outbox, Relay } from '@heed/outbox';
import { Database, SchemaCheck, UnitOfWork } from '@heed/persistence';
import type { MigrationSet } from '@heed/persistence';
import type { DynamicModule, INestApplication } from '@nestjs/common';
import type { z } from 'zod';
import { refuseSoftwareKeysInProduction, stepUpsOf } from './step-ups.js';
import { AccessPart } from './access-part.js';
import { Background } from './background.js';
import { fingerprintKey } from './fingerprint-key.js';
import type { Job } from './jobs.js';
import { KafkaAccess } from './kafka-access.js';
import { LedgerPart } from './ledger-part.js';
import type { Platform } from './platform.module.js';
import { SchemaGate } from './schema-gate.js';
import { ServiceGate } from './service-gate.js';
import { Transport, trustEnvironment } from './transport.js';
import { setFlagsFromString } from 'node:v8';

export interface ServiceDefinition<S extends z.ZodType<ServiceEnvironment>> {
  /** Name on the command line, in topics and in roles, e.g. `subprocessor-registry`. */
  readonly service: string;
  /** What its OpenAPI document says of it. */
  readonly api: { readonly title: string; readonly description: string };
  /** See `HttpServiceOptions.mergedDocument`. */
  readonly mergedDocument?: () => Promise<string>;
  readonly environment: S;
  /** All it works with, those of libraries too: it serves nothing while its database lacks one of them. */
  readonly migrations: readonly MigrationSet[];
  /** The composition root. */
  readonly module: (platform: Platform<z.output<S>>) => DynamicModule;
  /** Fills `{owner}` in the topics this service consumes. */
  readonly owner?: string;
  /** See `TransportOptions.strict`. */
  readonly strict?: Readonly<Record<string, readonly string[]>>;
  readonly seal?: (platform: Platform<z.output<S>>) => Promise<(value: Buffer, tenant: string) => Promise<Buffer>>;
  readonly jobs?: (app: INestApplication, platform: Platform<z.output<S>>) => readonly Job[];
  /** Where step-ups are verified by; the registry, who signs them, reads its own keys. Default: the registry at `HEED_REGISTRY_URL`. */
  readonly stepUpKeys?: (platform: Platform<z.output<S>>) => FetchStepUpKeys;
  /** What else must be as it should be before it serves; looked at after the schema and the ledgers. */
  readonly gates?: (platform: Platform<z.output<S>>) => readonly Gate[];
  readonly clock?: Clock;
}

export interface RunningService {
  readonly port: number;
  readonly app: INestApplication;
  stop(): Promise<void>;
}

/** A service's OpenAPI document, without starting it: composing the modules calls none of the factories that use the platform. */
export function describeService<S extends z.ZodType<ServiceEnvironment>>(definition: ServiceDefinition<S>): OpenApiDocument {
  const nothing = { environment: {} } as Platform<z.output<S>>;
  return describeApi({ service: definition.service, ...definition.api }, LedgerPart.describe(definition.module(nothing)));
}

/** Starts a service: configuration, database, outbox relay, consumers, HTTP, jobs. Used by `main.ts` and by tests. */
export async function startService<S extends z.ZodType<ServiceEnvironment>>(
  definition: ServiceDefinition<S>,
  env: Readonly<Record<string, string | undefined>>,
): Promise<RunningService> {
  const environment = loadConfig(definition.environment, env);
  refuseSoftwareKeysInProduction(environment);
  armFailpoint(environment.HEED_FAILPOINT, environment.NODE_ENV);
  startTracing(definition.service, environment.OTEL_EXPORTER_OTLP_ENDPOINT);
  const clock = definition.clock ?? systemClock;
  const logger = makeLogger(definition.service, environment.LOG_LEVEL);
  const secured = new Transport(environment);
  const database = new Database({
    url: environment.HEED_DATABASE_URL,
    keysDir: environment.HEED_KEYS_DIR,
    clock,
    poolSize: environment.HEED_DATABASE_POOL,
    ssl: databaseTls(environment, environment.HEED_DATABASE_URL, secured.floor),
  });
  const bus = new KafkaAccess(environment, definition.service, logger, secured.floor);
  const kafka = bus.client;
  const publisher = new Publisher(kafka);
  const background = new Background(() => new Relay({ database, publisher, logger }));
  const outbox = new Outbox({ topicPrefix: environment.HEED_TOPIC_PREFIX, poke: background.poke });
  const ledgers = await LedgerPart.open(definition.service, environment, () => gate.poke());
  const unitOfWork = new UnitOfWork(database, ledgers.poke);
  const platform: Platform<z.output<S>> = { environment, clock, logger, database, unitOfWork, outbox, kafka, ledger: ledgers.ledger };
  const access = new AccessPart(definition.service, platform);
  const seal = await definition.seal?.(platform);
  const transport = new KafkaTransport({
    kafka,
    service: definition.service,
    topicPrefix: environment.HEED_TOPIC_PREFIX,
    database,
    unitOfWork,
    logger,
    ...(definition.owner ? { owner: definition.owner } : {}),
    ...(definition.strict ? { strict: definition.strict } : {}),
    ...(seal ? { seal } : {}),
  });
  let stopping = false;
  const app = await createHttpService({
    api: { service: definition.service, ...definition.api },
    mergedDocument: await definition.mergedDocument?.(),
    module: access.around(ledgers.around(definition.module(platform), platform)),
    ...access.http,
    issuer: environment.HEED_ISSUER,
    audience: environment.HEED_AUDIENCE,
    clock,
    logger,
    fingerprintKey: await fingerprintKey(environment.HEED_KEYS_DIR),
    stepUps: stepUpsOf(environment, definition.stepUpKeys?.(platform)),
    tls: secured.certificate?.options,
    closed: () => gate.refusal,
    notReady: async () => {
      if (gate.closed !== undefined) return [gate.closed, ...bus.troubles];
      const missing = await database.query('SELECT 1 FROM heed.tenant LIMIT 1').then(
        () => [],
        () => ['database'],
      );
      return [...missing, ...bus.missing(transport.ready), ...(stopping ? ['stopping'] : [])];
    },
  });
  app.connectMicroservice({ strategy: transport }, { inheritAppConfig: false });
  await app.listen(environment.HEED_PORT, environment.HEED_HOST);
  const release = secured.serve(app.getHttpServer(), logger);
  const jobs = (): readonly Job[] => [...secured.jobs(database), ...access.jobs, ...ledgers.jobs(platform), ...(definition.jobs?.(app, platform) ?? [])];
  const migrate = `node services/${definition.service}/dist/migrate.js`;
  const ledgerGate = ledgers.gate(platform);
  const ledger = { start: () => ledgers.start(platform), stop: () => ledgers.stop() };
  const gate = new ServiceGate({
    gates: [new SchemaGate(new SchemaCheck(database, definition.migrations), migrate), ledgerGate, ...(definition.gates?.(platform) ?? [])],
    open: async () => background.start({ transport, ledger, jobs, logger }),
    close: () => background.stop({ transport, ledger }),
    logger,
  });
  await gate.start();
  const { port } = new URL(await app.getUrl());
  logger.info({ port: Number(port) }, 'listening');

  return {
    port: Number(port),
    app,
    stop: async () => {
      stopping = true;
      release();
      await ledgerGate.stop();
      await gate.stop();
      await background.stop({ transport, ledger }, () => app.close().then(() => access.end())); // HTTP drains
      await publisher.disconnect().catch(() => undefined);
      await database.close();
      await stopTracing();
    },
  };
}

/**
 * A heap grows by two fifths of what is in use before garbage is looked for, not by as much again as the machine has room for: a long
 * upload takes hardly more memory than a short one, at the same speed.
 */
const HEAP = '--heap-growing-percent=40';

/** What a `main.ts` calls: starts, and drains on SIGTERM or SIGINT. A second signal ends at once. */
export async function runService<S extends z.ZodType<ServiceEnvironment>>(definition: ServiceDefinition<S>, env: NodeJS.ProcessEnv): Promise<void> {
  try {
    setFlagsFromString(HEAP);
    trustEnvironment(env);
    const running = await startService(definition, env);
    let signalled = false;
    const end = (): void => {
      if (signalled) process.exit(1);
      signalled = true;
      running.stop().then(
        () => process.exit(0),
        () => process.exit(1),
      );
    };
    process.on('SIGTERM', end);
    process.on('SIGINT', end);
  } catch (error) {
    const line = error instanceof ConfigError ? error.message : error instanceof Error ? `${error.name}: ${error.message}` : 'unknown error';
    process.stderr.write(`heed ${definition.service} cannot start: ${line}\n`);
    process.exit(1);
  }
}

export { serviceEnvironment };
