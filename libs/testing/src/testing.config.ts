/** Servers that are running already, so that a run can be pointed at them instead of starting its own. */
export interface GivenServers {
  readonly postgres: string | undefined;
  readonly kafka: string | undefined;
}

export function givenServers(): GivenServers {
  return { postgres: process.env['HEED_TEST_POSTGRES_URL'], kafka: process.env['HEED_TEST_KAFKA'] };
}
