import { inject } from 'vitest';

export interface TestServers {
  /** Superuser URL of the run's PostgreSQL. */
  readonly postgresUrl: string;
  /** `host:port` of the run's broker. */
  readonly brokers: string;
}

/** The servers that the run's global setup started. */
export function testServers(): TestServers {
  return { postgresUrl: inject('HEED_TEST_POSTGRES_URL'), brokers: inject('HEED_TEST_KAFKA') };
}
