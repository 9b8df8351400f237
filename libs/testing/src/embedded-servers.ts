import { mkdtemp, rm, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKafka, startPostgres, type EmbeddedKafka, type EmbeddedPostgres } from '@heed/local';

export interface EmbeddedServers {
  readonly postgres: EmbeddedPostgres;
  readonly kafka: EmbeddedKafka;
  /** Ends both and deletes their folder. */
  stop(): Promise<void>;
}

/**
 * A PostgreSQL and a Kafka of one's own in a throw-away folder, for specs that kill or restart a server. Other specs
 * share the run's servers: see `testServers`.
 */
export async function startEmbeddedServers(): Promise<EmbeddedServers> {
  const folder = await mkdtemp(join(tmpdir(), 'heed-test-'));
  await chmod(folder, 0o755);
  const removeFolder = (): Promise<void> => rm(folder, { recursive: true, force: true });
  const [postgres, kafka] = await Promise.allSettled([
    startPostgres({ dir: join(folder, 'postgres'), port: 0, throwAway: true }),
    startKafka({ dir: join(folder, 'kafka'), port: 0, controllerPort: 0 }),
  ]);
  const stop = async (): Promise<void> => {
    const running = [postgres, kafka].flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
    await Promise.all(running.map((server) => server.stop()));
    await removeFolder();
  };
  if (postgres.status === 'fulfilled' && kafka.status === 'fulfilled') {
    return { postgres: postgres.value, kafka: kafka.value, stop };
  }
  await stop();
  throw postgres.status === 'rejected' ? postgres.reason : kafka.status === 'rejected' ? kafka.reason : new Error('no server');
}

// For specs of libraries that the embedded start itself is built upon, which may not import it.
export { startKafka, startPostgres, type EmbeddedKafka, type EmbeddedPostgres, type KafkaSecurity } from '@heed/local';
