import type { TestProject } from 'vitest/node';
import { startEmbeddedServers } from './embedded-servers.js';
import { givenServers } from './testing.config.js';

declare module 'vitest' {
  interface ProvidedContext {
    HEED_TEST_POSTGRES_URL: string;
    HEED_TEST_KAFKA: string;
  }
}

/** One broker and one PostgreSQL per run: starting them per file would cost more than the tests. */
export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const given = givenServers();
  if (given.postgres !== undefined && given.kafka !== undefined) {
    project.provide('HEED_TEST_POSTGRES_URL', given.postgres);
    project.provide('HEED_TEST_KAFKA', given.kafka);
    return undefined;
  }
  const servers = await startEmbeddedServers();
  project.provide('HEED_TEST_POSTGRES_URL', servers.postgres.url);
  project.provide('HEED_TEST_KAFKA', servers.kafka.brokers);
  return servers.stop;
}
