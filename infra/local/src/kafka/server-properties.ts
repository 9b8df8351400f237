import { listenerSettings, type KafkaSecurity } from './listeners.js';

/**
 * One node that is broker and controller. The short sessions bring a broker killed by SIGKILL back in 4 s instead of
 * 12 s; the small buffers and few threads keep hundreds of topics within 200 MB.
 */
export function serverProperties(options: { dataDir: string; port: number; controllerPort: number; security: KafkaSecurity }): string {
  const settings: Record<string, string | number | boolean> = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${options.controllerPort}`,
    ...listenerSettings(options, options.security),
    'log.dirs': options.dataDir,
    'num.partitions': 1,
    'default.replication.factor': 1,
    'min.insync.replicas': 1,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 5,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 5,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'auto.create.topics.enable': false,
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 1000,
    'broker.session.timeout.ms': 3000,
    'broker.heartbeat.interval.ms': 500,
    'num.network.threads': 2,
    'num.io.threads': 4,
    'num.replica.fetchers': 1,
    'num.recovery.threads.per.data.dir': 2,
    'background.threads': 2,
    'log.cleaner.threads': 1,
    'log.cleaner.dedupe.buffer.size': 2097152,
    'log.index.size.max.bytes': 1048576,
    'log.retention.check.interval.ms': 15_000,
  };
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}
